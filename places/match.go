package places

import (
	"slices"
)

// shortlist is how many names found by their letters are compared word by word.
const shortlist = 12

// trigram is three letters of a padded word.
type trigram struct {
	key     uint64
	generic bool
}

func (t trigram) share() float32 {
	if t.generic {
		return 1.0 / 3
	}
	return 1
}

// trigrams of every word, each once, padded so that beginnings count: "  b", " bi", "bir" … "rd ".
func trigrams(words []string) []trigram {
	all := make([]trigram, 0, 32)
	for _, w := range words {
		a, b := uint64(' '), uint64(' ')
		for _, r := range w {
			all = append(all, trigram{a<<42 | b<<21 | uint64(r), generic[w]})
			a, b = b, uint64(r)
		}
		all = append(all, trigram{a<<42 | b<<21 | ' ', generic[w]})
	}
	slices.SortFunc(all, func(a, b trigram) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		case a.generic == b.generic:
			return 0
		case a.generic:
			return 1
		}
		return -1
	})
	return slices.CompactFunc(all, func(a, b trigram) bool { return a.key == b.key })
}

// marks is room for counting, used again and again.
type marks struct {
	score   []float32
	touched []int32
}

// match is one row and how well a text fits it, 0 to 1. Exact: the whole name stands in the text, rightly spelled, and nothing else.
type match struct {
	row   int32
	score float64
	exact bool
}

// rank finds the rows whose names are nearest to the words, best first, each row once.
func (x *Index) rank(q []string, keep func(*row) bool, near *Place) []match {
	if len(q) == 0 {
		return nil
	}
	m := x.scratch.Get().(*marks)
	defer x.scratch.Put(m)
	var whole float32
	for _, t := range trigrams(q) {
		share := t.share()
		rarity, known := x.rarity[t.key]
		if !known {
			rarity = 3
		}
		whole += rarity * share
		for _, e := range x.postings[t.key] {
			if m.score[e] == 0 {
				m.touched = append(m.touched, e)
			}
			m.score[e] += rarity * share
		}
	}
	type candidate struct {
		e    int32
		dice float32
	}
	var top [shortlist]candidate
	n := 0
	for _, e := range m.touched {
		c := candidate{e, m.score[e] / (whole + x.entries[e].weight)}
		m.score[e] = 0
		if n == shortlist && c.dice <= top[n-1].dice || keep != nil && !keep(&x.rows[x.entries[e].row]) {
			continue
		}
		if n < shortlist {
			n++
		}
		i := n - 1
		for ; i > 0 && top[i-1].dice < c.dice; i-- {
			top[i] = top[i-1]
		}
		top[i] = c
	}
	m.touched = m.touched[:0]
	best := map[int32]match{}
	line := joined(q)
	for _, c := range top[:n] {
		found := x.compare(q, line, c.e, near)
		if b, ok := best[found.row]; !ok || found.score > b.score {
			best[found.row] = found
		}
	}
	for _, e := range x.exact[line] { // names many rows share may not all be on the shortlist
		if r := x.entries[e].row; keep == nil || keep(&x.rows[r]) {
			best[r] = x.compare(q, line, e, near)
		}
	}
	x.withWard(q, keep, near, best)
	all := make([]match, 0, len(best))
	for _, found := range best {
		all = append(all, found)
	}
	slices.SortFunc(all, func(a, b match) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return int(a.row - b.row)
	})
	return all
}

// withWard adds the rows of a common name whose ward stands beside it: "high street kings heath".
func (x *Index) withWard(q []string, keep func(*row) bool, near *Place, best map[int32]match) {
	if len(q) > 8 {
		return
	}
	for n := 1; n < len(q); n++ {
		for _, part := range [2][]string{q[:n], q[n:]} {
			for _, e := range x.exact[joined(part)] {
				r := x.entries[e].row
				if keep != nil && !keep(&x.rows[r]) || x.rows[r].Ward == "" {
					continue
				}
				if m := x.compare(q, joined(q), e, near); m.score >= nearAt && m.score > best[r].score {
					best[r] = m
				}
			}
		}
	}
}

// compare weighs one name: how much of the text it explains, how much of it the text holds, and the letters as a whole.
func (x *Index) compare(q []string, line string, n int32, near *Place) match {
	e := &x.entries[n]
	r := &x.rows[e.row]
	ward := words(r.Ward)
	var asked, found, all, held float64
	exact := true
	for _, w := range q {
		weight := x.weight(w)
		asked += weight
		s := nearest(w, e.words)
		if s < 1 {
			if t := nearest(w, ward); t > 0.8 && t > s {
				s = t
			}
		}
		if s < 1 {
			exact = false
		}
		found += weight * s
	}
	for _, w := range e.words {
		weight := x.weight(w)
		all += weight
		s := nearest(w, q)
		if s < 1 {
			exact = false
		}
		held += weight * s
	}
	precision, recall := found/asked, held/all
	score := 0.0
	if precision+recall > 0 {
		score = 2 * precision * recall / (precision + recall)
	}
	score = max(score*0.97, alike(line, e.text))
	if exact {
		score = 1
	}
	if near != nil && near.HasPoint() {
		far := Haversine(near.Lat, near.Lon, r.Lat, r.Lon)
		score += 0.05 * max(0, 1-far/5000) // breaks ties, decides nothing
	}
	return match{e.row, score, exact}
}

// weight of a word: rare ones count for more. Words no name has count as rare, short ones for a third.
func (x *Index) weight(w string) float64 {
	if weight, ok := x.common[w]; ok {
		return float64(weight)
	}
	if len(w) <= 3 {
		return 1.5
	}
	return 5
}

func nearest(w string, in []string) float64 {
	best := 0.0
	for _, o := range in {
		if o == w {
			return 1
		}
		if s := alike(w, o); s > best {
			best = s
		}
	}
	if best < 0.5 {
		return 0
	}
	return best
}

// alike is 1 less the Damerau–Levenshtein distance by the longer one's length: one letter missed, added, changed, or two swapped.
func alike(a, b string) float64 {
	if a == b {
		return 1
	}
	var bufA, bufB [64]rune
	ra, rb := runes(bufA[:0], a), runes(bufB[:0], b)
	longer := max(len(ra), len(rb))
	if longer == 0 || min(len(ra), len(rb))*2 < longer {
		return 0
	}
	return 1 - float64(distance(ra, rb))/float64(longer)
}

func runes(into []rune, s string) []rune {
	for _, r := range s {
		if len(into) == cap(into) {
			break // a name is not that long
		}
		into = append(into, r)
	}
	return into
}

func distance(a, b []rune) int {
	var room [3][65]int
	older, old, now := room[0][:len(b)+1], room[1][:len(b)+1], room[2][:len(b)+1]
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(old[j]+1, now[j-1]+1, old[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, older[j-2]+1)
			}
			now[j] = d
		}
		older, old, now = old, now, older
	}
	return old[len(b)]
}

func joined(q []string) string {
	n := 0
	for _, w := range q {
		n += len(w) + 1
	}
	b := make([]byte, 0, n)
	for i, w := range q {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, w...)
	}
	return string(b)
}
