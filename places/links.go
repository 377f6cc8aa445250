package places

import (
	"net/url"
	"regexp"
	"strings"
)

var (
	aLink   = regexp.MustCompile(`(?i)(?:https?://[^\s<>"]+|geo:[^\s<>"]+|\b(?:maps\.app\.goo\.gl|goo\.gl/maps|maps\.apple\.com|osm\.org|(?:www\.|maps\.)?google\.[a-z.]{2,6}/maps)[^\s<>"]*)`)
	pinned  = regexp.MustCompile(`!3d(-?\d{1,3}\.\d+)!4d(-?\d{1,3}\.\d+)`)
	viewed  = regexp.MustCompile(`@(-?\d{1,3}\.\d+),(-?\d{1,3}\.\d+)`)
	osmView = regexp.MustCompile(`map=[\d.]+/(-?\d{1,3}\.\d+)/(-?\d{1,3}\.\d+)`)
	pair    = regexp.MustCompile(`^(?:loc:)?\s*([-+]?\d{1,3}(?:\.\d+)?)\s*,\s*([-+]?\d{1,3}(?:\.\d+)?)(?:\s*\(.*)?$`)
	inPath  = regexp.MustCompile(`/maps/(?:place|search|dir)/(?:[^/@]*/)*?([^/@]+)`)
)

// findLink finds the first map link in a text.
func findLink(text string) (link string, start, end int, ok bool) {
	if !strings.ContainsAny(text, ":/") {
		return "", 0, 0, false
	}
	at := aLink.FindStringIndex(text)
	if at == nil {
		return "", 0, 0, false
	}
	link = strings.TrimRight(text[at[0]:at[1]], ".,;)!?")
	return link, at[0], at[0] + len(link), true
}

// link reads the point a map link carries. ok is false when it is no map's.
func (x *Index) link(link string) (Reading, bool) {
	if rest, is := strings.CutPrefix(strings.ToLower(link), "geo:"); is {
		return x.geo(rest)
	}
	if !strings.Contains(link, "://") {
		link = "https://" + link
	}
	u, err := url.Parse(link)
	if err != nil {
		return Reading{}, false
	}
	switch host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."); {
	case host == "maps.app.goo.gl", host == "goo.gl" && strings.HasPrefix(u.Path, "/maps"), host == "osm.org" && strings.HasPrefix(u.Path, "/go/"),
		host == "maps.apple", host == "g.co" && strings.HasPrefix(u.Path, "/maps"), host == "maps.apple.com" && strings.HasPrefix(u.Path, "/p/"):
		return Reading{How: "short_link"}, true
	case strings.HasPrefix(host, "google.") || strings.HasPrefix(host, "maps.google."):
		return x.google(u)
	case host == "maps.apple.com":
		return x.params(u, "coordinate", "ll", "q", "daddr", "address")
	case host == "openstreetmap.org" || host == "osm.org":
		return x.osm(u)
	}
	return Reading{}, false
}

// google: the marked place first, then what was searched; what the screen showed last.
func (x *Index) google(u *url.URL) (Reading, bool) {
	whole := u.Path + "?" + u.RawQuery + "#" + u.Fragment
	if all := pinned.FindAllStringSubmatch(whole, -1); all != nil {
		return x.linked(all[len(all)-1][1], all[len(all)-1][2])
	}
	r, ok := x.params(u, "q", "query", "ll", "destination", "daddr")
	if ok && len(r.Places) > 0 {
		return r, true
	}
	if m := inPath.FindStringSubmatch(u.Path); m != nil {
		if r, ok := x.value(strings.ReplaceAll(m[1], "+", " ")); ok && len(r.Places) > 0 {
			return r, true
		}
	}
	if m := viewed.FindStringSubmatch(whole); m != nil {
		return x.linked(m[1], m[2])
	}
	return r, ok
}

func (x *Index) osm(u *url.URL) (Reading, bool) {
	q := u.Query()
	if q.Get("mlat") != "" && q.Get("mlon") != "" {
		return x.linked(q.Get("mlat"), q.Get("mlon"))
	}
	if m := osmView.FindStringSubmatch(u.Fragment); m != nil {
		return x.linked(m[1], m[2])
	}
	return Reading{}, false
}

// geo reads "geo:52.45,-1.88;u=35" and "geo:0,0?q=52.45,-1.88(Label)".
func (x *Index) geo(rest string) (Reading, bool) {
	point, query, _ := strings.Cut(rest, "?")
	point, _, _ = strings.Cut(point, ";")
	if values, err := url.ParseQuery(query); err == nil && values.Get("q") != "" {
		if r, ok := x.value(values.Get("q")); ok && len(r.Places) > 0 {
			return r, true
		}
	}
	if m := pair.FindStringSubmatch(point); m != nil {
		return x.linked(m[1], m[2])
	}
	return Reading{}, false
}

// params reads the first parameter that gives a place.
func (x *Index) params(u *url.URL, names ...string) (Reading, bool) {
	q := u.Query()
	for _, n := range names {
		if r, ok := x.value(q.Get(n)); ok && len(r.Places) > 0 {
			return r, true
		}
	}
	return Reading{}, false
}

// value is a point, or words a map was asked for; only sure words count.
func (x *Index) value(s string) (Reading, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return Reading{}, false
	}
	if m := pair.FindStringSubmatch(s); m != nil {
		return x.linked(m[1], m[2])
	}
	if strings.Contains(s, "/") {
		return Reading{}, false
	}
	r := x.Read(Input{Text: s})
	return r, r.Sure
}

func (x *Index) linked(lat, lon string) (Reading, bool) {
	a, b, ok := x.turn(number(lat), number(lon))
	if !ok {
		return Reading{}, false
	}
	return x.point(Place{Lat: a, Lon: b, Metres: 20, How: "link"}), true
}
