package council

import (
	"fmt"
	"io/fs"
	"math"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	isCode   = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	isPrefix = regexp.MustCompile(`^\+[1-9][0-9]{0,14}$`)
	isColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
)

// checker complains at the line of a path.
type checker struct {
	*decoder
	c *Council
}

func (k checker) at(path, format string, args ...any) {
	line := k.lines[path]
	for line == 0 && path != "" { // a key that is missing is told at what should hold it
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
		line = k.lines[path]
	}
	k.fail(max(line, 1), format, args...)
}

func (c *Council) check(d *decoder, fsys fs.FS, env func(string) string) {
	k := checker{d, c}
	k.identity()
	k.office()
	k.files(fsys)
	k.references()
	for i, s := range c.Services {
		k.service(fmt.Sprintf("services[%d]", i), s)
	}
	for _, name := range sorted(c.Partners) {
		k.partner("partners."+name, name, env)
	}
}

func (k checker) identity() {
	c := k.c
	for _, need := range []struct{ path, value string }{{"council.name", c.Name}, {"council.phone", c.Phone},
		{"council.website", c.Website}, {"council.privacy_notice", c.PrivacyNotice}} {
		if need.value == "" {
			k.at(need.path, "%s is missing: residents are told it", need.path)
		}
	}
	if k.lines["council.time_zone"] == 0 {
		k.at("council.time_zone", "council.time_zone is missing: write it like Europe/London")
	}
	k.link("council.website", c.Website)
	k.link("council.privacy_notice", c.PrivacyNotice)
	if !isColour.MatchString(c.Brand) {
		k.at("council.brand", "council.brand must be a colour like \"#1d4f91\", not %q", c.Brand)
	} else if r := contrast(c.Brand); r < 4.5 {
		k.at("council.brand", "council.brand %s has a contrast of %.1f with white: take a darker one, at least 4.5", c.Brand, r)
	}
	if !slices.Contains(c.Languages.Offered, c.Languages.Source) {
		k.at("languages.offered", "languages.offered must hold the source language %q", c.Languages.Source)
	}
	if len(c.Teams) == 0 {
		k.at("teams", "teams is missing: name at least one, such as [front_desk]")
	}
	k.each("teams", c.Teams)
	k.each("groups", c.Groups)
	k.each("languages.offered", c.Languages.Offered)
	if c.Cases.Photos.Count > 3 || c.Cases.Photos.Megabytes > 10 {
		k.at("cases.photos", "cases.photos may be at most {count: 3, megabytes: 10}")
	}
	for i, p := range c.Channels.CountryPrefixes {
		if !isPrefix.MatchString(p) {
			k.at(fmt.Sprintf("channels.country_prefixes[%d]", i), "%q is no country prefix: write it like \"+44\"", p)
		}
	}
	k.prices()
	k.limits()
	k.hosts()
}

func (k checker) hosts() {
	for i, h := range k.c.Channels.MediaHosts {
		if h == "" || strings.ContainsAny(h, ":/@* ") {
			k.at(fmt.Sprintf("channels.media_hosts[%d]", i), "%q is no host name: write it without https:// and path", h)
		}
	}
}

// each refuses empty and doubled names.
func (k checker) each(path string, names []string) {
	for i, n := range names {
		at := fmt.Sprintf("%s[%d]", path, i)
		if n == "" {
			k.at(at, "%s holds an empty name: take it out", path)
		}
		if slices.Index(names, n) < i {
			k.at(at, "%s holds %q twice: keep one", path, n)
		}
	}
}

func (k checker) office() {
	if len(k.c.Office.Hours) == 0 {
		k.at("office.hours", "office.hours is missing: targets count working days")
	}
	for day, s := range k.c.Office.Hours {
		if s.To <= s.From {
			k.at("office.hours", "office.hours of %s end before they start", strings.ToLower(day.String()[:3]))
		}
	}
}

// files must lie in the folder, and be there.
func (k checker) files(fsys fs.FS) {
	p := k.c.Places
	check := func(at, name string) {
		if name == "" {
			return
		}
		if !fs.ValidPath(name) || path.IsAbs(name) {
			k.at(at, "%s: %q is outside the council's folder: give a path inside it, such as places/boundary.geojson", at, name)
			return
		}
		if _, err := fs.Stat(fsys, name); err != nil {
			k.at(at, "%s: there is no file %q in the council's folder", at, name)
		}
	}
	check("places.boundary", p.Boundary)
	for i, g := range p.Gazetteer {
		check(fmt.Sprintf("places.gazetteer[%d]", i), g)
	}
	check("places.wards", p.Wards)
	check("places.owners", p.Owners)
	check("insights.baseline", k.c.Insights.Baseline)
	if p.Boundary == "" {
		k.at("places.boundary", "places.boundary is missing: reports from elsewhere could not be told apart")
	}
	k.link("places.geocoder.url", p.Geocoder.URL)
	if p.Geocoder.URL != "" && p.Geocoder.UserAgent == "" {
		k.at("places.geocoder", "places.geocoder.user_agent is missing: geocoders ask who is calling")
	}
}

// references are the numbers and neighbours others name.
func (k checker) references() {
	for _, name := range sorted(k.c.Lines) {
		at := "lines." + name
		if len(k.c.Lines[name]) == 0 {
			k.at(at, "%s has no number: give one, such as [{open: always, call: \"999\"}]", at)
		}
		for i, l := range k.c.Lines[name] {
			if l.Call == "" {
				k.at(fmt.Sprintf("%s[%d]", at, i), "%s: call is missing: the number to give", at)
			}
			if w := l.Open; !w.Always && !w.Office && len(w.Week) == 0 {
				k.at(fmt.Sprintf("%s[%d]", at, i), "%s: open is missing: office, always or days with hours", at)
			}
		}
	}
	for _, name := range sorted(k.c.Responsible) {
		r, at := k.c.Responsible[name], "responsible."+name
		if r.Name == "" {
			k.at(at+".name", "%s.name is missing: residents are told it", at)
		}
		k.link(at+".web", r.Web)
		k.oneOf(at+".do", r.Do, Tell, File, Pass)
	}
}

func (k checker) service(at string, s Service) {
	c := k.c
	if !isCode.MatchString(s.Code) {
		k.at(at+".code", "%q is no service code: 1 to 32 of a-z 0-9 _", s.Code)
	}
	for i, other := range c.Services {
		if other.Code == s.Code && at == fmt.Sprintf("services[%d]", i) {
			break
		}
		if other.Code == s.Code {
			k.at(at+".code", "service %q is here twice: a code names one service for ever", s.Code)
			break
		}
	}
	if !slices.Contains(c.Groups, s.Group) {
		k.at(at+".group", "%s: group %q is not in groups: add it there or correct it", s.Code, s.Group)
	}
	if s.Team != "" && !slices.Contains(c.Teams, s.Team) {
		k.at(at+".team", "%s: team %q is not in teams: add it there or correct it", s.Code, s.Team)
	}
	if s.Proof != "" {
		k.oneOf(at+".proof", s.Proof, "photo")
	}
	for _, answer := range sorted(s.Stoppers) {
		stop, path := s.Stoppers[answer], at+".stoppers."+answer
		k.answer(path, answer)
		if _, ok := c.Lines[stop.Line]; !ok {
			k.at(path, "%s: line %q is not in lines: add it there or correct it", answer, stop.Line)
		}
		k.oneOf(path+".file", stop.File, Never, Urgent)
	}
	for _, answer := range sorted(s.NotOurs) {
		path := at + ".not_ours." + answer
		k.answer(path, answer)
		if _, ok := c.Responsible[s.NotOurs[answer]]; !ok {
			k.at(path, "%s: %q is not in responsible: add it there or correct it", answer, s.NotOurs[answer])
		}
	}
	for _, slot := range sorted(s.Attributes) {
		a, path := s.Attributes[slot], at+".attributes."+slot
		if a.Code == "" {
			k.at(path, "%s.code is missing", path)
		}
		k.oneOf(path+".datatype", a.Datatype, "string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")
	}
	if s.Partner != nil {
		if _, ok := c.Partners[s.Partner.Name]; !ok {
			k.at(at+".partner", "%s: partner %q is not in partners: add it there or correct it", s.Code, s.Partner.Name)
		}
	}
}

func (k checker) answer(path, key string) {
	if _, _, ok := split(key); !ok {
		k.at(path, "%q is no answer: write slot.answer, such as danger.yes", key)
	}
}

func (k checker) partner(at, name string, env func(string) string) {
	p := k.c.Partners[name]
	read := func(key, variable string) []string {
		if variable == "" {
			return nil
		}
		value := strings.TrimSpace(env(variable))
		if value == "" {
			k.at(at+".keys_env."+key, "partner %s: the variable %s is not set: set it to the key, or take it out", name, variable)
			return nil
		}
		return strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	}
	p.Keys = Keys{Out: read("out", p.KeysEnv.Out), In: read("in", p.KeysEnv.In), Signing: read("signing", p.KeysEnv.Signing)}
	k.c.Partners[name] = p
	k.oneOf(at+".signed", p.Signed, "optional", "required")
	if p.Signed == "required" && p.KeysEnv.Signing == "" {
		k.at(at+".keys_env", "partner %s: signed calls need keys_env.signing", name)
	}
	for i, m := range p.May {
		k.oneOf(fmt.Sprintf("%s.may[%d]", at, i), m, "read", "change", "text", "contact")
	}
	for i, code := range p.Services {
		if _, ok := k.c.Service(code); !ok {
			k.at(fmt.Sprintf("%s.services[%d]", at, i), "partner %s: service %q is not in services", name, code)
		}
	}
	if w := p.Webhook; w != nil {
		k.link(at+".webhook.url", w.URL)
		for i, e := range w.Events {
			k.oneOf(fmt.Sprintf("%s.webhook.events[%d]", at, i), e, "case.filed", "case.changed", "case.reopened", "case.joined", "resident.replied")
		}
		if p.KeysEnv.Signing == "" {
			k.at(at+".keys_env", "partner %s: a webhook needs keys_env.signing", name)
		}
	}
	if g := p.Open311; g != nil {
		k.link(at+".open311.url", g.URL)
		k.oneOf(at+".open311.updates", g.Updates, "extension", "status")
		k.oneOf(at+".open311.statuses", g.Statuses, "extended", "plain")
		k.oneOf(at+".open311.closed_means", g.ClosedMeans, "fixed", "closed")
		k.oneOf(at+".open311.uncertain", g.Uncertain, "ask", "retry")
		for i, s := range g.Send {
			k.oneOf(fmt.Sprintf("%s.open311.send[%d]", at, i), s, "easting", "northing", "report_url")
		}
	}
}

func (k checker) oneOf(path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		k.at(path, "%s must be %s, not %q", path, strings.Join(allowed, " or "), value)
	}
}

func (k checker) link(path, link string) {
	if link == "" {
		return
	}
	if u, err := url.Parse(link); err != nil || u.Scheme != "https" || u.Host == "" {
		k.at(path, "%s must be a link that starts with https://, not %q", path, link)
	}
}

// Warnings are what an operator should know but what stops nothing: holidays that run out, demo numbers on a public address.
func (c *Council) Warnings(now time.Time, public bool) []string {
	var w []string
	last := Date{}
	for _, h := range c.Office.Holidays {
		if last.before(h) {
			last = h
		}
	}
	if last.before(dateOf(now.In(c.TimeZone)).add(60)) {
		w = append(w, fmt.Sprintf("%s:%d: the last holiday is near or past: add the coming ones", file, max(c.lines["office.holidays"], 1)))
	}
	if !public {
		return w
	}
	for _, path := range sorted(c.lines) {
		if n := c.number(path); strings.Contains(n, "496 0") {
			w = append(w, fmt.Sprintf("%s:%d: %s is a demo number that nobody answers: put the real one", file, c.lines[path], n))
		}
	}
	return w
}

// number is the telephone number that stands at a path, if one does.
func (c *Council) number(path string) string {
	if path == "council.phone" {
		return c.Phone
	}
	for name, r := range c.Responsible {
		if path == "responsible."+name+".call" {
			return r.Call
		}
	}
	for name, lines := range c.Lines {
		for i, l := range lines {
			if path == fmt.Sprintf("lines.%s[%d].call", name, i) {
				return l.Call
			}
		}
	}
	return ""
}

// contrast of a colour with white, as WCAG 2 counts it.
func contrast(colour string) float64 {
	channel := func(hex string) float64 {
		n, _ := strconv.ParseUint(hex, 16, 8)
		v := float64(n) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	light := 0.2126*channel(colour[1:3]) + 0.7152*channel(colour[3:5]) + 0.0722*channel(colour[5:7])
	return 1.05 / (light + 0.05)
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
