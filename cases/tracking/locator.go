package tracking

import (
	"fmt"
	"math"
	"strings"

	"concierge/cases"
	"concierge/internal/phrase"
)

// locator is our own small map: the council's boundary and a dot. No other site hears of the reader.
type locator struct {
	Label         string
	Width, Height float64
	Outline       string // an SVG path
	X, Y          float64
}

// mapWidth is in units of the drawing.
const mapWidth = 320.0

func (p *Page) locate(one cases.Case, w wording) *locator {
	if !one.Place.Point || len(p.s.Boundary) == 0 {
		return nil
	}
	d := newDrawing(p.s.Boundary)
	x, y := d.at(one.Place.Lon, one.Place.Lat)
	m := &locator{Width: mapWidth, Height: d.height, Outline: d.outline, X: x, Y: y, Label: w.say("tracking.map_plain")}
	if one.Place.Street != "" {
		m.Label = w.say("tracking.map", phrase.Var{Name: "Place", Text: one.Place.Street})
	}
	return m
}

// drawing maps degrees to the drawing's units. A degree of longitude is drawn as much shorter as it is at that latitude.
type drawing struct {
	west, north, scale, squeeze, height float64
	outline                             string
}

func newDrawing(rings [][][2]float64) drawing {
	west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, ring := range rings {
		for _, p := range ring {
			west, east = min(west, p[0]), max(east, p[0])
			south, north = min(south, p[1]), max(north, p[1])
		}
	}
	const margin = 12.0
	d := drawing{squeeze: math.Cos((south + north) / 2 * math.Pi / 180)}
	d.scale = (mapWidth - 2*margin) / max((east-west)*d.squeeze, 1e-9)
	d.west, d.north = west-margin/d.scale/d.squeeze, north+margin/d.scale
	d.height = math.Round((north-south)*d.scale + 2*margin)
	var b strings.Builder
	for _, ring := range rings {
		for i, p := range ring {
			x, y := d.at(p[0], p[1])
			fmt.Fprintf(&b, "%c%.1f %.1f", "ML"[min(i, 1)], x, y)
		}
		b.WriteByte('Z')
	}
	d.outline = b.String()
	return d
}

func (d drawing) at(lon, lat float64) (x, y float64) {
	return math.Round((lon-d.west)*d.squeeze*d.scale*10) / 10, math.Round((d.north-lat)*d.scale*10) / 10
}
