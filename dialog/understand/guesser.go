package understand

import (
	"math"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Texter is a Phrasebook that also hands out everything a language says: the guesser learns from that too.
type Texter interface {
	// Texts are the messages of a language, as they would be said, in any fixed order.
	Texts(tag string) []string
}

// Guesser tells languages apart: by script first, then by the 1 to 4 letter pieces of words. It learns from the project's own
// words and messages, so that a new folder in locales teaches it. It never changes and is safe for use at once.
type Guesser struct {
	tags    []string
	scripts []script
	likely  []float32 // pieces × tags: the logarithm of how often a piece stands in a language
}

// script is a script some language is written in, and which.
type script struct {
	table *unicode.RangeTable
	tags  []int
}

const (
	pieces   = 1 << 16
	longest  = 4    // letters in a piece
	leastSay = 3    // words
	halve    = 0.30 // pieces overlap: four of them tell about as much as one letter
	rare     = 0.05 // how often a piece that a language never showed may be met
	writes   = 0.15 // the share of a language's letters that makes a script its own
)

// NewGuesser learns every language of the book.
func NewGuesser(book Phrasebook) *Guesser {
	texts := map[string][]string{}
	for _, tag := range book.Tags() {
		for _, key := range book.Keys(tag, "") {
			texts[tag] = append(texts[tag], book.Words(tag, key)...)
		}
		if all, ok := book.(Texter); ok {
			texts[tag] = append(texts[tag], all.Texts(tag)...)
		}
	}
	return LearnLanguages(texts)
}

// LearnLanguages learns languages from texts by tag.
func LearnLanguages(texts map[string][]string) *Guesser {
	g := &Guesser{}
	for tag := range texts {
		g.tags = append(g.tags, tag)
	}
	sort.Strings(g.tags)
	n := len(g.tags)
	g.likely = make([]float32, pieces*n)
	totals := make([]float64, n)
	letters := make([]map[rune]int, n)
	for t, tag := range g.tags {
		letters[t] = map[rune]int{}
		for _, text := range texts[tag] {
			raw := strings.ToLower(text)
			count := func(at uint32) { g.likely[int(at)*n+t]++; totals[t]++ }
			eachPiece(raw, count)
			if folded := Fold(text); folded != raw {
				eachPiece(folded, count) // people leave accents out
			}
			for _, r := range raw {
				if unicode.IsLetter(r) {
					letters[t][r]++
				}
			}
		}
	}
	for i := range g.likely {
		t := i % n
		g.likely[i] = float32(math.Log((float64(g.likely[i]) + rare) / (totals[t] + rare*pieces)))
	}
	g.scripts = scripts(letters)
	return g
}

// scripts finds which scripts the languages are written in.
func scripts(letters []map[rune]int) []script {
	var all []script
	for name, table := range unicode.Scripts {
		if name == "Common" || name == "Inherited" {
			continue
		}
		s := script{table: table}
		for t, counts := range letters {
			in, of := 0, 0
			for r, n := range counts {
				of += n
				if unicode.Is(table, r) {
					in += n
				}
			}
			if share(in, of) >= writes {
				s.tags = append(s.tags, t)
			}
		}
		if len(s.tags) > 0 {
			all = append(all, s)
		}
	}
	sort.Slice(all, func(i, j int) bool { return len(all[i].tags) > len(all[j].tags) })
	return all
}

// eachPiece calls f with the bucket of each 1 to 4 letter piece of each word, its edges marked.
func eachPiece(text string, f func(at uint32)) {
	var word [32]rune
	n := 0
	flush := func() {
		for from := -1; from <= n-1; from++ {
			h := uint32(11)
			for i := from; i < from+longest && i <= n; i++ {
				switch {
				case i < 0:
					h = mix(h, '^')
				case i == n:
					h = mix(h, '$')
				default:
					h = mix(h, uint32(word[i]))
				}
				if i > from || i >= 0 {
					f(h % pieces)
				}
			}
		}
		n = 0
	}
	for _, r := range text {
		switch {
		case (unicode.IsLetter(r) || unicode.IsMark(r)) && n < len(word):
			word[n] = r
			n++
		case r == '\'' || r == '’' || unicode.Is(unicode.Cf, r):
		case n > 0:
			flush()
		}
	}
	if n > 0 {
		flush()
	}
}

// Guess tells which language a text is in, as it was written (not folded), and how sure that is. Under three words, or in a script
// nobody here writes, it guesses nothing: "".
func (g *Guesser) Guess(text string) (tag string, sure float64) {
	if len(text) > 2000 {
		text = text[:2000]
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "")
	}
	candidates := g.candidates(text)
	if len(candidates) == 0 {
		return "", 0
	}
	n := len(g.tags)
	score := make([]float64, len(candidates))
	eachPiece(strings.ToLower(text), func(at uint32) {
		for c, t := range candidates {
			score[c] += float64(g.likely[int(at)*n+t])
		}
	})
	best, sum := 0, 0.0
	for c := range score {
		if score[c] > score[best] {
			best = c
		}
	}
	for c := range score {
		sum += math.Exp((score[c] - score[best]) * halve)
	}
	return g.tags[candidates[best]], 1 / sum
}

// candidates are the languages written in the script of most letters; none for fewer than three words.
func (g *Guesser) candidates(text string) []int {
	counts := make([]int, len(g.scripts))
	letters, words, inside := 0, 0, false
	for _, r := range text {
		if !unicode.IsLetter(r) {
			inside = inside && (unicode.IsMark(r) || r == '\'' || r == '’' || unicode.Is(unicode.Cf, r))
			continue
		}
		if !inside {
			words++
			inside = true
		}
		letters++
		for s := range g.scripts {
			if unicode.Is(g.scripts[s].table, r) {
				counts[s]++
				break
			}
		}
	}
	if words < leastSay {
		return nil
	}
	most := slices.Max(append(counts, 0))
	if most*3 < letters*2 { // a mixture
		return nil
	}
	return g.scripts[slices.Index(counts, most)].tags
}
