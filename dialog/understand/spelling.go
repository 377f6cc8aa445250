package understand

import (
	"strings"
	"unicode/utf8"
)

// spelling puts typing errors right: a word that training never saw becomes the most frequent known word near it. Known words are
// filed under themselves and under every form with one letter left out, so that one look-up for each form finds what is near.
type spelling struct {
	words []string
	known map[string]int32
	filed map[uint32]int32 // hash of a form → word
	count []int32
}

func newSpelling() *spelling {
	return &spelling{known: map[string]int32{}, filed: map[uint32]int32{}}
}

// learn counts the words of a folded text.
func (s *spelling) learn(folded string) {
	for w := range strings.SplitSeq(folded, " ") {
		i, there := s.known[w]
		if !there {
			i = int32(len(s.words))
			s.known[w] = i
			s.words = append(s.words, w)
			s.count = append(s.count, 0)
		}
		s.count[i]++
	}
}

// file makes what was learned ready for mend.
func (s *spelling) file() {
	for i, w := range s.words {
		if Forgiven(w) == 0 || !wordy(w) {
			continue
		}
		forms(w, func(h uint32) {
			if old, there := s.filed[h]; !there || s.count[old] < s.count[i] {
				s.filed[h] = int32(i)
			}
		})
	}
}

// forms calls f for the hash of a word and of each way to leave one letter out.
func forms(w string, f func(uint32)) {
	f(scatter(3, w))
	for at := 0; at < len(w); {
		_, size := utf8.DecodeRuneInString(w[at:])
		f(scatter(scatter(3, w[:at]), w[at+size:]))
		at += size
	}
}

// scatter hashes a string so that a word hashed in two parts is hashed as the whole.
func scatter(h uint32, s string) uint32 {
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// wordy tells that a word has no digit: house numbers and postcodes are never put right.
func wordy(w string) bool { return !strings.ContainsAny(w, "0123456789") }

// mend returns the text with each unknown word replaced by the nearest known one, if there is one near.
func (s *spelling) mend(folded string) string {
	var out []byte
	from, copied := 0, 0
	for from < len(folded) {
		to := strings.IndexByte(folded[from:], ' ')
		if to < 0 {
			to = len(folded)
		} else {
			to += from
		}
		if better := s.nearest(folded[from:to]); better != "" {
			out = append(append(out, folded[copied:from]...), better...)
			copied = to
		}
		from = to + 1
	}
	if copied == 0 {
		return folded
	}
	return string(append(out, folded[copied:]...))
}

func (s *spelling) nearest(w string) string {
	if _, there := s.known[w]; there || len(w) > 64 || Forgiven(w) == 0 || !wordy(w) {
		return ""
	}
	best, least := int32(-1), 3
	forms(w, func(h uint32) {
		i, there := s.filed[h]
		if !there || i == best {
			return
		}
		d, ok := Near(w, s.words[i])
		if ok && (d < least || d == least && s.count[i] > s.count[best]) {
			best, least = i, d
		}
	})
	if best < 0 {
		return ""
	}
	return s.words[best]
}
