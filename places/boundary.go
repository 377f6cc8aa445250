package places

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// grace is how far outside is still inside: pins and drawn lines are no better.
const grace = 30.0 // metres

// area is ground, with holes.
type area struct {
	polygons orb.MultiPolygon
	bound    orb.Bound
}

type named struct {
	area
	name string
}

// shape is as much of GeoJSON as we need: a geometry, a Feature or a FeatureCollection.
type shape struct {
	Type        string          `json:"type"`
	Features    []shape         `json:"features"`
	Geometry    *shape          `json:"geometry"`
	Properties  map[string]any  `json:"properties"`
	Coordinates json.RawMessage `json:"coordinates"`
}

// readAreas reads polygons from GeoJSON; property names each, if asked. All errors at once.
func readAreas(fsys fs.FS, file, property string) ([]named, error) {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("read an area: %w", err)
	}
	var top shape
	if err := json.Unmarshal(text, &top); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", file, lineOf(text, err), err)
	}
	features := top.Features
	if top.Type != "FeatureCollection" {
		features = []shape{top}
	}
	var areas []named
	var errs []error
	for i, f := range features {
		one, err := f.area(property)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:1: feature %d: %w", file, i+1, err))
			continue
		}
		areas = append(areas, one)
	}
	if len(areas) == 0 && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("%s:1: there is no area in it: give a Polygon or a MultiPolygon", file))
	}
	return areas, errors.Join(errs...)
}

func (s shape) area(property string) (named, error) {
	one := named{}
	if property != "" {
		if one.name, _ = s.Properties[property].(string); one.name == "" {
			return one, fmt.Errorf("the property %q is missing", property)
		}
	}
	g := &s
	if s.Type == "Feature" && s.Geometry != nil {
		g = s.Geometry
	}
	var err error
	switch g.Type {
	case "Polygon":
		one.polygons = make(orb.MultiPolygon, 1)
		err = json.Unmarshal(g.Coordinates, &one.polygons[0])
	case "MultiPolygon":
		err = json.Unmarshal(g.Coordinates, &one.polygons)
	default:
		err = errors.New("give a Polygon or a MultiPolygon")
	}
	if err != nil {
		return one, err
	}
	for _, polygon := range one.polygons {
		if len(polygon) == 0 {
			return one, errors.New("a polygon has no ring")
		}
		for _, ring := range polygon {
			if len(ring) < 4 || !ring.Closed() {
				return one, errors.New("a ring needs 4 points, the last equal to the first")
			}
			for _, p := range ring {
				if !(math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90) {
					return one, fmt.Errorf("%v is no longitude and latitude", p)
				}
			}
		}
	}
	one.bound = one.polygons.Bound()
	return one, nil
}

func lineOf(text []byte, err error) int {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return 1
	}
	line := 1
	for _, c := range text[:min(int(syntax.Offset), len(text))] {
		if c == '\n' {
			line++
		}
	}
	return line
}

func (a *area) join(b area) {
	a.polygons = append(a.polygons, b.polygons...)
	a.bound = a.polygons.Bound()
}

func (a area) contains(lat, lon float64) bool {
	p := orb.Point{lon, lat}
	return a.bound.Contains(p) && planar.MultiPolygonContains(a.polygons, p)
}

// metres to the nearest edge, on a plane laid at the point: exact enough for the width of a road.
func (a area) metres(lat, lon float64) float64 {
	const degree = 111195.0
	narrow := math.Cos(lat * math.Pi / 180)
	flat := func(p orb.Point) orb.Point { return orb.Point{(p[0] - lon) * degree * narrow, (p[1] - lat) * degree} }
	nearest := math.Inf(1)
	for _, polygon := range a.polygons {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				nearest = min(nearest, planar.DistanceFromSegment(flat(ring[i-1]), flat(ring[i]), orb.Point{}))
			}
		}
	}
	return nearest
}

// Inside tells whether a point is the council's: within the boundary, or at most 30 m outside.
func (x *Index) Inside(lat, lon float64) bool {
	return x.boundary == nil || x.boundary.contains(lat, lon) || x.boundary.metres(lat, lon) <= grace
}

// Rings are the boundary's lines as lon, lat, for drawing it.
func (x *Index) Rings() [][][2]float64 {
	var rings [][][2]float64
	if x.boundary == nil {
		return nil
	}
	for _, polygon := range x.boundary.polygons {
		for _, ring := range polygon {
			line := make([][2]float64, len(ring))
			for i, p := range ring {
				line[i] = p
			}
			rings = append(rings, line)
		}
	}
	return rings
}

func find(all []named, lat, lon float64) (string, bool) {
	for _, a := range all {
		if a.contains(lat, lon) {
			return a.name, true
		}
	}
	return "", false
}
