package understand

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// before is what residents write in front of the number of a choice, folded, in the languages we know: "no 1", "opcja 1".
var before = []string{
	"option", "number", "no", "nr", "num", "choice", "answer", "reply", "numer", "opcja", "punkt", "nomer", "numar", "numarul", "optiunea",
	"lambar", "lambarka", "نمبر", "رقم", "ਨੰਬਰ", "নম্বর", "নাম্বার",
}

// Number reads a message that is the number of a choice, already folded: "1", "no 1", "option 1", "one". Words are the language's own
// "one", "two", …, folded. It is no number when more stands beside it ("12 stratford road").
func Number(folded string, words []string) (int, bool) {
	for i, w := range words {
		if w == folded {
			return i + 1, true
		}
	}
	if first, rest, two := strings.Cut(folded, " "); two && slices.Contains(before, first) {
		for i, w := range words {
			if w == rest {
				return i + 1, true
			}
		}
		folded = rest
	}
	if len(folded) == 0 || len(folded) > 4 {
		return 0, false
	}
	n := 0
	for _, c := range []byte(folded) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// Distance is the Damerau–Levenshtein distance of two words (insert, delete, replace, swap neighbours), or limit+1 when it is more.
func Distance(a, b string, limit int) int {
	if a == b {
		return 0
	}
	if d := utf8.RuneCountInString(a) - utf8.RuneCountInString(b); d > limit || -d > limit {
		return limit + 1
	}
	var runes [2][longWord]rune
	var rows [3][longWord + 1]int
	x, y := appendRunes(runes[0][:0], a), appendRunes(runes[1][:0], b)
	prev, row, next := rows[0][:], rows[1][:], rows[2][:]
	if len(y) > longWord {
		prev, row, next = make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	}
	prev, row, next = prev[:len(y)+1], row[:len(y)+1], next[:len(y)+1]
	for j := range row {
		row[j] = j
	}
	for i := range x {
		next[0] = i + 1
		best := next[0]
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				next[j+1] = min(next[j+1], prev[j-1]+1)
			}
			best = min(best, next[j+1])
		}
		if best > limit {
			return limit + 1
		}
		prev, row, next = row, next, prev
	}
	return min(row[len(y)], limit+1)
}

// longWord is how many letters are compared without asking for memory.
const longWord = 48

func appendRunes(to []rune, s string) []rune {
	for _, r := range s {
		to = append(to, r)
	}
	return to
}

// Forgiven is how many typing errors a word of this length is forgiven: none under 4 letters, 1 to 7, 2 above.
func Forgiven(word string) int {
	switch n := utf8.RuneCountInString(word); {
	case n < 4:
		return 0
	case n <= 7:
		return 1
	}
	return 2
}

// Near tells whether a typed word may stand for the meant one.
func Near(typed, meant string) (distance int, ok bool) {
	limit := Forgiven(meant)
	d := Distance(typed, meant, limit)
	return d, d <= limit
}

// Has tells whether a folded text has the folded words of phrase in it, whole and in order.
func Has(folded, phrase string) bool { return IndexWords(folded, phrase) >= 0 }

// IndexWords is where the folded words of phrase begin in a folded text, whole and in order, or -1.
func IndexWords(folded, phrase string) int {
	if phrase == "" || len(phrase) > len(folded) {
		return -1
	}
	for from := 0; ; {
		i := strings.Index(folded[from:], phrase)
		if i < 0 {
			return -1
		}
		i += from
		end := i + len(phrase)
		if (i == 0 || folded[i-1] == ' ') && (end == len(folded) || folded[end] == ' ') {
			return i
		}
		from = i + 1
	}
}
