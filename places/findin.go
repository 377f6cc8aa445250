package places

import (
	"strings"
)

// FindIn looks for a place inside a sentence: "big pothole outside 12 Stratford Road". before and after are the language's place
// words ("outside", "کے سامنے"). Only sure ones are found. start and end are where its words stand in text; Rest is the sentence
// without them.
func (x *Index) FindIn(text string, before, after []string) (r Reading, start, end int) {
	seen := cut(text)
	if r, start, end, ok := x.exactly(seen); ok {
		r.Rest = without(text, start, end)
		return r, start, end
	}
	return x.findWords(seen, Input{}, before, after)
}

// span is a stretch of tokens that may be a place; loose ones may have typing mistakes.
type span struct {
	from, to int
	loose    bool
}

func (x *Index) findWords(text string, in Input, before, after []string) (Reading, int, int) {
	all := tokens(text)
	if len(all) > 80 {
		all = all[:80]
	}
	type hit struct {
		Reading
		span
		score float64
	}
	best := hit{}
	for _, s := range x.spans(all, before, after) {
		q := make([]string, 0, 6)
		for _, t := range all[s.from:s.to] {
			q = append(q, t.word)
		}
		number, q := houseNumber(q)
		if len(q) == 0 || len(q) == 1 && generic[q[0]] {
			continue
		}
		q = spell(q)
		if !s.loose && len(x.exact[joined(q)]) == 0 {
			continue
		}
		if number != "" && !x.street(q) && s.loose && len(q) < 2 {
			continue
		}
		found := x.rank(q, only(in.Kind), in.Near)
		r := x.decide(found, number)
		if !r.Sure || number != "" && r.Places[0].How != "address" {
			continue
		}
		// the better fit wins, then the one that explains more words
		score := found[0].score + 0.04*float64(s.to-s.from)
		if found[0].score < sureAt+0.03 && s.loose && len(q) > 1 {
			score -= 0.05
		}
		if score > best.score {
			best = hit{r, s, score}
		}
	}
	if !best.Sure {
		return Reading{}, 0, 0
	}
	start, end := all[best.from].start, all[best.to-1].end
	first, last := best.from, best.to-1
	first -= endsWith(all[:first], before)
	last += startsWith(all[last+1:], after)
	r := x.inside(best.Reading)
	r.Rest = without(text, all[first].start, all[last].end)
	return r, start, end
}

// spans are the stretches worth looking at: after and before place words and from a house number on with mistakes, all others only
// when spelled rightly. The number of loose ones is bounded, so that no text takes long.
func (x *Index) spans(all []token, before, after []string) []span {
	var out []span
	loose := 0
	add := func(from, to int, mistakes bool) {
		if from < 0 || to > len(all) || from >= to {
			return
		}
		if mistakes {
			if loose++; loose > 60 {
				return
			}
		}
		out = append(out, span{from, to, mistakes})
	}
	for i := range all {
		numbered := isNumber(all[i].word)
		placed := endsWith(all[:i], before) > 0
		for n := 1; n <= 6; n++ {
			add(i, i+n, n > 1 && (numbered || placed))
		}
		if startsWith(all[i:], after) > 0 {
			for n := 2; n <= 6; n++ {
				add(i-n, i, true)
			}
		}
	}
	return out
}

// street tells whether the last word says that it is one.
func (x *Index) street(q []string) bool { return generic[q[len(q)-1]] }

// endsWith counts the words of the longest place word that ends there.
func endsWith(all []token, marks []string) int {
	most := 0
	for _, m := range marks {
		w := words(m)
		if n := len(w); n > most && n <= len(all) && same(all[len(all)-n:], w) {
			most = n
		}
	}
	return most
}

// startsWith counts the words of the longest place word that starts there.
func startsWith(all []token, marks []string) int {
	most := 0
	for _, m := range marks {
		w := words(m)
		if n := len(w); n > most && n <= len(all) && same(all[:n], w) {
			most = n
		}
	}
	return most
}

func same(all []token, w []string) bool {
	for i := range w {
		if all[i].word != w[i] {
			return false
		}
	}
	return true
}

func without(text string, start, end int) string {
	return strings.TrimSpace(strings.TrimSpace(text[:start]) + " " + strings.TrimSpace(text[end:]))
}

// corner is where two streets meet, both rightly named: "Stratford Road / Warwick Road". A gazetteer has no crossings: the point is
// the middle between them, as rough as they are apart.
func (x *Index) corner(text string) (Place, bool) {
	all := tokens(text)
	var two []Place
	end := 0
	for i := 0; i < len(all) && i < 40 && len(two) < 3; i++ {
		if i < end {
			continue
		}
		for n := 5; n > 1; n-- {
			if i+n > len(all) {
				continue
			}
			q := make([]string, 0, 5)
			for _, t := range all[i : i+n] {
				q = append(q, t.word)
			}
			found := x.exact[joined(spell(q))]
			if len(found) == 1 && x.rows[x.entries[found[0]].row].kind == kindStreet {
				two = append(two, x.rows[x.entries[found[0]].row].Place)
				end = i + n
				break
			}
		}
	}
	if len(two) != 2 || two[0].ID == two[1].ID {
		return Place{}, false
	}
	a, b := two[0], two[1]
	far := Haversine(a.Lat, a.Lon, b.Lat, b.Lon)
	if far > 4000 {
		return Place{}, false
	}
	name, _, _ := strings.Cut(a.Label, ",")
	p := Place{Lat: (a.Lat + b.Lat) / 2, Lon: (a.Lon + b.Lon) / 2, Metres: far/2 + 300, How: "corner", Label: name + " / " + b.Label, Ward: b.Ward}
	p.Street = p.Label
	return p, true
}
