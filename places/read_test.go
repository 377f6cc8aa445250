package places_test

import (
	"math"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"concierge/places"
)

func demo(t testing.TB) *places.Index {
	t.Helper()
	x, err := places.Load(os.DirFS("../council/demo"), places.Settings{Country: "GB", Boundary: "places/boundary.geojson",
		Gazetteer: []string{"places/gazetteer.csv"}})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestRead(t *testing.T) {
	x := demo(t)
	for _, c := range []struct{ name, text, how, label string }{
		{"street and number", "12 Stratford Road", "address", "12 Stratford Road, Sparkhill"},
		{"shortened", "14 stratford rd", "address", "14 Stratford Road, Sparkhill"},
		{"number behind", "Stratford Road 12a", "address", "12A Stratford Road, Sparkhill"},
		{"a range", "12-14 Stratford Road", "address", "12-14 Stratford Road, Sparkhill"},
		{"two typos", "stratfrod raod", "street", "Stratford Road, Sparkhill"},
		{"with its area", "high street kings heath", "street", "High Street, Kings Heath"},
		{"inside a sentence", "it is outside 12 stratford road by the shop", "address", "12 Stratford Road, Sparkhill"},
		{"a park with a typo", "canon hil park", "park", "Cannon Hill Park"},
		{"half a name", "cannon hill", "park", "Cannon Hill Park"},
		{"Urdu", "کینن ہل پارک", "park", "Cannon Hill Park"},
		{"Polish", "ulica Stratford 12", "address", "12 Stratford Road, Sparkhill"},
		{"saint", "St. Paul's Sq", "landmark", "St Pauls Square"},
		{"corner", "corner of Stratford Road and Showell Green Lane", "corner", "Stratford Road / Showell Green Lane, Sparkhill"},
		{"postcode", "b11bb", "postcode", "B1 1BB"},
		{"full width postcode", "Ｂ1 1ＢＢ", "postcode", "B1 1BB"},
		{"outward helps", "station road B17", "street", "Station Road, Harborne"},
		{"outward alone", "B14", "outward", ""},
		{"a postcode we have no point for", "B14 7ZZ", "outward", ""},
		{"one name in many areas", "church road", "many", ""},
		{"nothing", "by the thing", "", ""},
		{"no place", "u know the shops", "", ""},
		{"a shop we do not know", "big tesco at the roundabout", "", ""},
		{"only what it is", "the road", "", ""},
		{"empty", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := x.Read(places.Input{Text: c.text})
			label := ""
			if r.Sure {
				label = r.Places[0].Label
			}
			if r.How != c.how || label != c.label {
				t.Errorf("%q: how %q label %q places %v, want %q %q", c.text, r.How, label, r.Places, c.how, c.label)
			}
		})
	}
}

func TestReadPoints(t *testing.T) {
	x := demo(t)
	for _, c := range []struct {
		name, text, how string
		lat, lon        float64
		outside         bool
	}{
		{"decimal", "52.4480, -1.8640", "coordinates", 52.4480, -1.8640, false},
		{"commas", "52,4480; -1,8640", "coordinates", 52.4480, -1.8640, false},
		{"letters", "52.4480N 1.8640W", "coordinates", 52.4480, -1.8640, false},
		{"swapped", "-1.8640, 52.4480", "coordinates", 52.4480, -1.8640, false},
		{"arabic digits", "۵۲٫۴۴۸۰، -۱٫۸۶۴۰", "coordinates", 52.4480, -1.8640, false},
		{"degrees", `52°26'52.8"N 1°51'50.4"W`, "coordinates", 52.4480, -1.8640, false},
		{"degrees and spaces", "52 26 52.8 N 1 51 50.4 W", "coordinates", 52.4480, -1.8640, false},
		{"elsewhere", "51.5074, -0.1278", "coordinates", 51.5074, -0.1278, true},
		{"google pin before view", "see https://www.google.com/maps/place/X/@52.5,-1.9,17z/data=!3m1!4b1!4m5!3m4!1s0x0:0x0!8m2!3d52.4480!4d-1.8640", "link", 52.4480, -1.8640, false},
		{"google q", "https://maps.google.com/?q=52.4480,-1.8640", "link", 52.4480, -1.8640, false},
		{"google query", "https://www.google.co.uk/maps/search/?api=1&query=52.4480%2C-1.8640", "link", 52.4480, -1.8640, false},
		{"google search path", "https://www.google.com/maps/search/52.4480,+-1.8640?entry=tts", "link", 52.4480, -1.8640, false},
		{"google view", "https://www.google.com/maps/@52.4480,-1.8640,15z", "link", 52.4480, -1.8640, false},
		{"google words", "https://maps.google.com/maps?q=Cannon+Hill+Park", "park", 52.4510, -1.9020, false},
		{"apple", "https://maps.apple.com/?ll=52.4480,-1.8640&q=Dropped%20Pin", "link", 52.4480, -1.8640, false},
		{"apple place", "https://maps.apple.com/place?coordinate=52.4480,-1.8640&name=x", "link", 52.4480, -1.8640, false},
		{"osm marker", "https://www.openstreetmap.org/?mlat=52.4480&mlon=-1.8640#map=17/52.5/-1.9", "link", 52.4480, -1.8640, false},
		{"osm view", "https://www.openstreetmap.org/#map=17/52.4480/-1.8640", "link", 52.4480, -1.8640, false},
		{"geo", "geo:52.4480,-1.8640;u=35", "link", 52.4480, -1.8640, false},
		{"geo with q", "geo:0,0?q=52.4480,-1.8640(Here)", "link", 52.4480, -1.8640, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := x.Read(places.Input{Text: c.text})
			if len(r.Places) != 1 || r.How != c.how || r.Outside != c.outside || r.Sure == c.outside {
				t.Fatalf("%+v", r)
			}
			if p := r.Places[0]; math.Abs(p.Lat-c.lat) > 1e-6 || math.Abs(p.Lon-c.lon) > 1e-6 {
				t.Errorf("at %v %v, want %v %v", p.Lat, p.Lon, c.lat, c.lon)
			}
		})
	}
	for _, short := range []string{"https://maps.app.goo.gl/abc123", "maps.app.goo.gl/abc123", "https://goo.gl/maps/x1"} {
		if r := x.Read(places.Input{Text: short}); r.How != "short_link" || len(r.Places) != 0 {
			t.Errorf("%s: %+v", short, r)
		}
	}
}

func TestPinStaysWhereItIs(t *testing.T) {
	r := demo(t).Read(places.Input{HasPoint: true, Lat: 52.44801234, Lon: -1.86401234, Label: "Shop", Metres: 9, Text: "church road"})
	if p := r.Places[0]; !r.Sure || p.How != "pin" || p.Lat != 52.44801234 || p.Lon != -1.86401234 || p.Label != "Shop" || p.Ward != "Sparkhill" {
		t.Errorf("%+v", r)
	}
}

func TestDidYouMean(t *testing.T) {
	r := demo(t).Read(places.Input{Text: "station road"})
	if r.Sure || len(r.Places) < 2 || len(r.Places) > 4 {
		t.Fatalf("%+v", r)
	}
	for _, p := range r.Places {
		if !strings.HasPrefix(p.Label, "Station Road, ") {
			t.Errorf("%q has no area", p.Label)
		}
	}
}

func TestFindIn(t *testing.T) {
	x := demo(t)
	before, after := []string{"outside", "next to", "near", "na"}, []string{"کے سامنے"}
	for _, c := range []struct{ name, text, label, rest, words string }{
		{"number and street", "big pothole outside 12 Stratford Road", "12 Stratford Road, Sparkhill", "big pothole", "12 Stratford Road"},
		{"a typo after a place word", "lamp broken near cannon hil park", "Cannon Hill Park", "lamp broken", "cannon hil park"},
		{"rightly spelled anywhere", "pothole stratford road large", "Stratford Road, Sparkhill", "pothole large", "stratford road"},
		{"Urdu", "بڑا گڑھا 12 سٹریٹفورڈ روڈ کے سامنے", "12 Stratford Road, Sparkhill", "بڑا گڑھا", "12 سٹریٹفورڈ روڈ"},
		{"postcode", "hole at B1 1BB please", "B1 1BB", "hole at please", "B1 1BB"},
		{"a number that is no house", "there are 3 big potholes", "", "", ""},
		{"one name in many areas", "pothole outside 5 church road", "", "", ""},
		{"a complaint", "the street light outside my house is out", "", "", ""},
		{"correction", "no its 14 stratford rd", "14 Stratford Road, Sparkhill", "no its", "14 stratford rd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, start, end := x.FindIn(c.text, before, after)
			label := ""
			if r.Sure {
				label = r.Places[0].Label
			}
			if label != c.label || r.Rest != c.rest || c.text[start:end] != c.words {
				t.Errorf("%q rest %q words %q", label, r.Rest, c.text[start:end])
			}
		})
	}
}

func TestDemoPlaces(t *testing.T) {
	x := demo(t)
	if n := len(x.List("park", "")); n < 50 {
		t.Errorf("%d parks", n)
	}
	if n := len(x.List("street", "")); n < 180 {
		t.Errorf("%d streets", n)
	}
	if n := len(x.List("landmark", "")); n < 50 {
		t.Errorf("%d landmarks", n)
	}
	for _, kind := range []string{"street", "park", "landmark", "postcode", "outward"} {
		for _, p := range x.List(kind, "") {
			if !x.Inside(p.Lat, p.Lon) {
				t.Errorf("%s is outside the boundary", p.Label)
			}
		}
	}
	if r := x.Rings(); len(r) != 1 || len(r[0]) < 40 || len(r[0]) > 81 {
		t.Errorf("boundary of %d points", len(r[0]))
	}
	if s := x.Samples(6); len(s) != 6 {
		t.Errorf("%d samples", len(s))
	}
	if l := x.List("park", "sparkhil park"); len(l) != 1 || l[0].ID != "sparkhill_park" {
		t.Errorf("%v", l)
	}
}

func TestBoundaryEdges(t *testing.T) {
	files := fstest.MapFS{"b.geojson": {Data: []byte(`{"type":"Polygon","coordinates":[[[0,50],[0.1,50],[0.1,50.1],[0,50.1],[0,50]],[[0.04,50.04],[0.06,50.04],[0.06,50.06],[0.04,50.06],[0.04,50.04]]]}`)}}
	x, err := places.Load(files, places.Settings{Boundary: "b.geojson"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lat, lon float64
		in       bool
	}{{50.02, 0.02, true}, {50.05, 0.05, false}, {49.9998, 0.05, true}, {49.9996, 0.05, false}, {50.0402, 0.05, true}} {
		if x.Inside(c.lat, c.lon) != c.in {
			t.Errorf("%v %v: inside %v", c.lat, c.lon, !c.in)
		}
	}
}

func TestLoadTellsAllErrors(t *testing.T) {
	files := fstest.MapFS{
		"g.csv": {Data: []byte("# remark\nname,lat,lon,kind\n,52,-1,street\nA,x,-1,street\nB,52,-1,\nC,52\n")},
		"b.geo": {Data: []byte("{\n\"type\":\n}")},
		"h.csv": {Data: []byte("name,lat,lon,kind,colour\n")},
	}
	_, err := places.Load(files, places.Settings{Boundary: "b.geo", Gazetteer: []string{"g.csv", "h.csv"}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"g.csv:3:", "g.csv:4:", "g.csv:5:", "g.csv:6:", "b.geo:3:", "h.csv:1:", "colour"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in:\n%v", want, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	x := demo(f)
	for _, s := range []string{"12 Stratford Road", "geo:52.4,-1.8", "B1 1BB", "https://maps.google.com/?q=geo:1,2", "۵۲٫۴۴۸۰", "1 / 2 & st"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := x.Read(places.Input{Text: text})
		if len(r.Places) > 4 || r.Sure && len(r.Places) != 1 {
			t.Fatalf("%+v", r)
		}
		_, start, end := x.FindIn(text, []string{"on"}, []string{"is"})
		if start < 0 || end < start || end > len(text) {
			t.Fatalf("%d:%d of %d", start, end, len(text))
		}
	})
}
