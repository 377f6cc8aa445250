package places

import (
	"strings"
)

const (
	sureAt   = 0.85 // a name this near is taken,
	ahead    = 0.10 // if the next is this far behind
	nearAt   = 0.70 // a name this near is worth a question
	mostRead = 2000 // runes of a text we look at; map links are long
)

// Read turns what was sent into a place. Tried in order: pin, map link, coordinates, postcode, words.
func (x *Index) Read(in Input) Reading {
	if in.HasPoint {
		return x.point(Place{Lat: in.Lat, Lon: in.Lon, Metres: in.Metres, How: "pin", Label: in.Label, Street: in.Label})
	}
	text := cut(in.Text)
	if r, _, _, ok := x.exactly(text); ok && in.Kind == "" {
		return r
	}
	if in.Kind == "" {
		if r, ok := x.half(text, in); ok {
			return r
		}
	}
	return x.words(text, in)
}

// exactly reads what leaves no doubt about its meaning: a link, coordinates, a full postcode.
func (x *Index) exactly(text string) (r Reading, start, end int, ok bool) {
	if l, start, end, ok := findLink(text); ok {
		if r, ok := x.link(l); ok {
			return r, start, end, true
		}
	}
	if lat, lon, start, end, ok := x.coordinates(text); ok {
		return x.point(Place{Lat: lat, Lon: lon, Metres: 20, How: "coordinates"}), start, end, true
	}
	if code, start, end, ok := x.postcode(text); ok {
		n, known := x.full[code]
		if !known {
			return Reading{}, start, end, false
		}
		p := x.rows[n].Place
		if street, ok := x.streetOf(text[:start] + " " + text[end:]); ok {
			street.Postcode, street.Lat, street.Lon, street.Metres = p.Postcode, p.Lat, p.Lon, p.Metres
			p = street
		}
		return x.inside(sure(p)), start, end, true
	}
	return Reading{}, 0, 0, false
}

// half reads an outward code, or a full one we have no point for: alone it asks for more, beside words it says whereabouts.
func (x *Index) half(text string, in Input) (Reading, bool) {
	area, rest, ok := x.outwardIn(text)
	if !ok {
		return Reading{}, false
	}
	if len(words(rest)) == 0 {
		return Reading{How: "outward"}, true
	}
	in.Near = &x.rows[area].Place
	r := x.words(rest, in)
	if r.Sure || len(r.Places) < 2 {
		return r, len(r.Places) > 0
	}
	var close []Place // the postcode chooses among those of one name
	for _, p := range r.Places {
		if Haversine(p.Lat, p.Lon, in.Near.Lat, in.Near.Lon) < 2500 {
			close = append(close, p)
		}
	}
	if len(close) == 1 {
		return sure(close[0]), true
	}
	return r, true
}

// point is a place given by its point: kept as it is, never moved.
func (x *Index) point(p Place) Reading {
	p.Owner, _ = find(x.owners, p.Lat, p.Lon)
	p.Ward = x.wardAt(p.Lat, p.Lon)
	return x.inside(sure(p))
}

// wardAt is the ward drawn there; without a drawing that of the nearest thing we know, within 600 m.
func (x *Index) wardAt(lat, lon float64) string {
	if len(x.wards) > 0 {
		w, _ := find(x.wards, lat, lon)
		return w
	}
	ward, nearest := "", 600.0
	for i := range x.rows {
		r := &x.rows[i]
		if r.Ward == "" || r.Lat-lat > 0.01 || lat-r.Lat > 0.01 {
			continue
		}
		if far := Haversine(lat, lon, r.Lat, r.Lon); far < nearest {
			ward, nearest = r.Ward, far
		}
	}
	return ward
}

func (x *Index) inside(r Reading) Reading {
	if len(r.Places) == 1 && r.Places[0].HasPoint() && !x.Inside(r.Places[0].Lat, r.Places[0].Lon) {
		r.Sure, r.Outside = false, true
	}
	return r
}

// words reads a name, with or without a house number; or else a name inside a longer text; or a corner of two streets.
func (x *Index) words(text string, in Input) Reading {
	number, q := houseNumber(words(text))
	q = spell(q)
	if len(q) == 0 || len(q) > 40 {
		return Reading{}
	}
	r := Reading{}
	if len(q) <= 10 {
		r = x.decide(x.rank(q, only(in.Kind), in.Near), number)
		if r.Sure || len(q) <= x.shortest() && len(r.Places) > 0 {
			return x.inside(r)
		}
	}
	if in.Kind == "" {
		if p, ok := x.corner(text); ok {
			return x.inside(sure(p))
		}
	}
	if found, _, _ := x.findWords(text, in, nil, nil); found.Sure {
		found.Rest = ""
		return found
	}
	return r
}

// shortest is the length of a text that cannot hold a name and something else.
func (x *Index) shortest() int { return 1 }

// decide takes the best, asks about two to four, or asks for more.
func (x *Index) decide(all []match, number string) Reading {
	if len(all) == 0 || all[0].score < nearAt {
		return Reading{}
	}
	best := all[0]
	exact := 0
	for _, m := range all {
		if m.exact {
			exact++
		}
	}
	alone := len(all) == 1 || all[1].score <= best.score-ahead
	if best.score >= sureAt && (alone || best.exact && exact == 1) && !(exact > 1) {
		return sure(x.place(best.row, number, false))
	}
	var close []Place
	for _, m := range all {
		if m.score >= nearAt && m.score > best.score-ahead && (exact == 0 || m.exact) {
			close = append(close, x.place(m.row, number, true))
		}
	}
	if len(close) > 4 {
		return Reading{How: "many"}
	}
	return Reading{Places: close, How: close[0].How}
}

// place is a row as an answer: streets with the house number; with its ward where one must choose.
func (x *Index) place(n int32, number string, choose bool) Place {
	r := &x.rows[n]
	p := r.Place
	if choose && r.Ward != "" && !strings.Contains(p.Label, ",") {
		p.Label = r.name + ", " + r.Ward
	}
	if number != "" && r.kind == kindStreet {
		p.Label, p.How = number+" "+p.Label, "address"
	}
	return p
}

// streetOf is the one street a text surely names.
func (x *Index) streetOf(text string) (Place, bool) {
	number, q := houseNumber(words(text))
	if len(q) == 0 || len(q) > 10 {
		return Place{}, false
	}
	r := x.decide(x.rank(spell(q), only(kindStreet), nil), number)
	if !r.Sure {
		return Place{}, false
	}
	return r.Places[0], true
}

func only(kind string) func(*row) bool {
	if kind == "" {
		return nil
	}
	return func(r *row) bool { return r.kind == kind }
}

// houseNumber takes "12", "12a" or "12-14" off the front or the back of a street.
func houseNumber(q []string) (string, []string) {
	switch {
	case len(q) > 2 && isNumber(q[0]) && isNumber(q[1]):
		return strings.ToUpper(q[0]) + "-" + strings.ToUpper(q[1]), q[2:]
	case len(q) > 2 && isNumber(q[0]) && len(q[1]) == 1 && q[1] >= "a" && q[1] <= "h":
		return q[0] + strings.ToUpper(q[1]), q[2:]
	case len(q) > 1 && isNumber(q[0]):
		return strings.ToUpper(q[0]), q[1:]
	case len(q) > 1 && isNumber(q[len(q)-1]):
		return strings.ToUpper(q[len(q)-1]), q[:len(q)-1]
	}
	return "", q
}

// isNumber knows "7", "1204" and "12b".
func isNumber(w string) bool {
	digits := 0
	for digits < len(w) && w[digits] >= '0' && w[digits] <= '9' {
		digits++
	}
	return digits > 0 && digits <= 4 && (len(w) == digits || len(w) == digits+1 && w[digits] >= 'a' && w[digits] <= 'z')
}

func cut(text string) string {
	n := 0
	for i := range text {
		if n++; n > mostRead {
			return text[:i]
		}
	}
	return text
}
