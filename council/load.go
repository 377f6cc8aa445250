package council

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"time"
	_ "time/tzdata" // the council's zone, on machines that have none installed

	"go.yaml.in/yaml/v3"
)

// file is the one we read, at the top of the council's folder.
const file = "council.yaml"

// Load reads and checks council.yaml in fsys. env gives the variables that hold partners' keys. All errors are told at once, joined,
// each as "council.yaml:line: what, and what to do".
func Load(fsys fs.FS, env func(string) string) (*Council, error) {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("read the council's settings: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(doc.Content) == 0 {
		return nil, fmt.Errorf("%s:1: the file is empty: start from docs/council.example.yaml", file)
	}
	c := defaults()
	d := &decoder{file: file, lines: map[string]int{}}
	root := doc.Content[0]
	d.top(root, c)
	c.lines = d.lines
	c.fill()
	c.check(d, fsys, env)
	if len(d.errs) > 0 {
		return nil, errors.Join(d.errs...)
	}
	return c, nil
}

// top reads the file's first level: the key "council" is the embedded Identity.
func (d *decoder) top(root *yaml.Node, c *Council) {
	d.lines[""] = root.Line
	d.structure(root, reflect.ValueOf(c).Elem(), "")
}

// defaults stand for what the file leaves out.
func defaults() *Council {
	day := 24 * time.Hour
	return &Council{
		Identity:  Identity{Brand: "#1d4f91", TimeZone: time.UTC},
		Languages: Languages{Source: "en"},
		Office:    Office{Closing: 17 * 60},
		Timers:    Timers{Hold: 10 * time.Minute, Offer: 2 * time.Hour, Remind: day, Close: 3 * day},
		Channels: Channels{Prices: Prices{SMSPart: 0.04, WhatsAppTemplate: 0.03}, Limits: Limits{Minute: 10, Day: 60, SameText: 3},
			Rates:      Rates{SMS: 1, WhatsApp: 80, Telegram: 30, Each: Each{WhatsApp: 6 * time.Second, Telegram: time.Second}},
			QuietHours: Span{From: 21 * 60, To: 8 * 60}},
		Cases:    Cases{Merge: 10 * time.Minute, ReopenDays: 28, ReopenLimit: 2, AskAfter: 28 * day, Photos: Photos{Count: 3, Megabytes: 10}},
		Tracking: Tracking{Expires: 90 * day, Tiles: Tiles{MaxZoom: 19}},
		Retention: Retention{Received: Keep(30 * day), Quarantine: Keep(7 * day), Messages: Keep(90 * day), Contacts: Keep(365 * day),
			Photos: Keep(365 * day), CaseText: Keep(365 * day), Cases: Forever, Audit: Keep(730 * day)},
	}
}

// fill puts defaults into what may stand many times.
func (c *Council) fill() {
	if c.ShortName == "" {
		c.ShortName = c.Name
	}
	if c.Places.Geocoder.PerSecond == 0 {
		c.Places.Geocoder.PerSecond = 1
	}
	for name, p := range c.Partners {
		if p.Signed == "" {
			p.Signed = "optional"
		}
		if len(p.May) == 0 {
			p.May = []string{"read", "change"}
		}
		if g := p.Open311; g != nil {
			g.fill(func(key string) bool { return c.lines["partners."+name+".open311."+key] > 0 })
		}
		c.Partners[name] = p
	}
}

func (g *GeoReport) fill(set func(key string) bool) {
	words := []struct {
		to  *string
		not string
	}{{&g.Updates, "extension"}, {&g.Statuses, "extended"}, {&g.OurID, "concierge_ref"}, {&g.Uncertain, "ask"}}
	for _, w := range words {
		if *w.to == "" {
			*w.to = w.not
		}
	}
	if g.ClosedMeans == "" {
		g.ClosedMeans = "closed"
		if g.Statuses == "plain" {
			g.ClosedMeans = "fixed"
		}
	}
	if !set("every") {
		g.Every = 5 * time.Minute
	}
	if !set("overlap") {
		g.Overlap = 2 * time.Hour
	}
	if !set("span") {
		g.Span = 24 * time.Hour
	}
	if !set("publishes") {
		g.Publishes = true
	}
}
