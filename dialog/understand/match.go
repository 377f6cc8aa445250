package understand

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Number reads a message that is the number of a choice, already folded: "1", "no 1", "option 1", "one". It is no number when more
// stands beside it ("12 stratford road").
func Number(folded string, words []string) (int, bool) {
	for i, w := range words { // the language's own "one", "two", …
		if w == folded {
			return i + 1, true
		}
	}
	for _, before := range []string{"option ", "number ", "no ", "nr ", "nomer "} {
		folded = strings.TrimPrefix(folded, before)
	}
	if len(folded) == 0 || len(folded) > 4 {
		return 0, false
	}
	n, err := strconv.Atoi(folded)
	return n, err == nil && n >= 0
}

// Distance is the Damerau–Levenshtein distance of two words (insert, delete, replace, swap neighbours), or limit+1 when it is more.
func Distance(a, b string, limit int) int {
	if a == b {
		return 0
	}
	if d := utf8.RuneCountInString(a) - utf8.RuneCountInString(b); d > limit || -d > limit {
		return limit + 1
	}
	x, y := []rune(a), []rune(b)
	prev, row, next := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
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

// NearPhrase is Near for a phrase: as many words, each near its own.
func NearPhrase(typed, meant string) (distance int, ok bool) {
	if typed == meant {
		return 0, true
	}
	if d := len(typed) - len(meant); d > 8 || d < -8 {
		return 0, false
	}
	for typed != "" || meant != "" {
		var t, m string
		t, typed, _ = strings.Cut(typed, " ")
		m, meant, _ = strings.Cut(meant, " ")
		if t == "" || m == "" {
			return 0, false
		}
		d, ok := Near(t, m)
		if !ok {
			return 0, false
		}
		distance += d
	}
	return distance, true
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
