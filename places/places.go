// Package places turns what a resident says about where into a point: a pin, a map link, coordinates, a postcode, a street with a
// number, a landmark or a park, with typing mistakes. It knows the council's boundary and its gazetteer.
//
// Reading is pure: an Index is built once and never changes. The package refuses to know languages (the words around a place are
// given to it), channels, databases and the network.
package places

import "math"

// Place is somewhere, with or without a point.
type Place struct {
	ID       string  // of its row: "cannon_hill_park"; empty for pins and coordinates
	Lat, Lon float64 // WGS84; both 0: no point
	Metres   float64 // how far the thing may be from the point; 0 unknown
	How      string  // pin, link, coordinates, postcode, address, street, corner, landmark, park, words
	Label    string  // "12 Stratford Road, Sparkhill"
	Street   string  // the label without house number: "Stratford Road, Sparkhill"
	Ward     string
	Postcode string
	Owner    string // whose it is when not ours: a key of the council's list
}

// HasPoint tells whether the place can be put on a map.
func (p Place) HasPoint() bool { return p.Lat != 0 || p.Lon != 0 }

// Input is what was sent.
type Input struct {
	Text     string
	Lat, Lon float64
	HasPoint bool
	Metres   float64 // how exact the phone says its pin is
	Label    string  // the name a phone gave its pin
	Near     *Place  // a hint: the park chosen before
	Kind     string  // only this kind, such as park; "" any
}

// Reading is what came of it: one place and Sure; 2 to 4 to choose from; none. One that is not Sure wants a yes.
type Reading struct {
	Places  []Place
	Sure    bool
	Outside bool   // a point was found, beyond the boundary; it is in Places
	How     string // the place's How, or why there is none: many (more than 4), outward (half a postcode), short_link, "" (nothing)
	Rest    string // the text without the place's words, from FindIn
}

// Sure is the reading of one place.
func sure(p Place) Reading { return Reading{Places: []Place{p}, Sure: true, How: p.How} }

// Haversine is the distance between two points in metres.
func Haversine(aLat, aLon, bLat, bLon float64) float64 {
	const radius, rad = 6371008.8, math.Pi / 180
	dLat, dLon := (bLat-aLat)*rad/2, (bLon-aLon)*rad/2
	h := math.Sin(dLat)*math.Sin(dLat) + math.Cos(aLat*rad)*math.Cos(bLat*rad)*math.Sin(dLon)*math.Sin(dLon)
	return 2 * radius * math.Asin(math.Sqrt(min(h, 1)))
}
