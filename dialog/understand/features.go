package understand

import (
	"math"
	"slices"
	"unicode/utf8"
)

// Sentences become sparse vectors: words and word pairs in the first half of the buckets, the 3 to 5 letter pieces of words in the
// second, each weighted by rarity. Which bucket, a hash tells.
const (
	buckets     = 1 << 17
	wordBuckets = buckets / 2
)

// vector is the features of a text, without repeats, ascending; values have length one. Buffers are reused.
type vector struct {
	at    []uint32
	value []float32
	ends  []int
}

// read finds the features of a folded text.
func (v *vector) read(folded string) {
	v.at = v.at[:0]
	if len(folded) > 2000 { // nobody's report is longer before it says what it is about
		folded = folded[:2000]
	}
	before := uint32(0)
	for from := 0; from < len(folded); {
		to := from
		for to < len(folded) && folded[to] != ' ' {
			to++
		}
		if word := folded[from:to]; word != "" {
			whole := hash(1, word)
			v.at = append(v.at, whole%wordBuckets)
			if before != 0 {
				v.at = append(v.at, mix(before, whole)%wordBuckets)
			}
			before = whole
			v.pieces(word)
		}
		from = to + 1
	}
	slices.Sort(v.at)
	v.at = slices.Compact(v.at)
}

// pieces are the 3 to 5 letter pieces of a word with its edges marked.
func (v *vector) pieces(word string) {
	v.ends = append(v.ends[:0], 0)
	for i := 0; i < len(word); {
		_, size := utf8.DecodeRuneInString(word[i:])
		i += size
		v.ends = append(v.ends, i)
	}
	n := len(v.ends) - 1 // letters
	for from := -1; from <= n-2; from++ {
		h := uint32(7)
		for i := from; i < from+5 && i <= n; i++ {
			switch {
			case i < 0:
				h = mix(h, '^')
			case i == n:
				h = mix(h, '$')
			default:
				h = hash(h, word[v.ends[i]:v.ends[i+1]])
			}
			if i >= from+2 {
				v.at = append(v.at, wordBuckets+h%wordBuckets)
			}
		}
	}
}

// weigh gives each feature its weight: its rarity, words more than pieces. What training never saw counts in the length, so that a
// sentence of strange words is less sure.
func (v *vector) weigh(rarity []float32, unseen float32) {
	v.value = v.value[:0]
	norm := 0.0
	for _, f := range v.at {
		w := rarity[f]
		if w == 0 {
			w = unseen
		}
		if f < wordBuckets {
			w *= wordWeight
		}
		norm += float64(w) * float64(w)
		v.value = append(v.value, w)
	}
	if norm == 0 {
		return
	}
	scale := float32(1 / math.Sqrt(norm))
	for i := range v.value {
		v.value[i] *= scale
	}
}

// hash takes in a string; it may go on from another's.
func hash(h uint32, s string) uint32 {
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return mix(h, 0x9e37)
}

func mix(a, b uint32) uint32 {
	h := (a ^ b*0x85ebca6b) * 0x9e3779b1
	return h ^ h>>15
}
