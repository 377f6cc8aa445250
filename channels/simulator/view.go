package simulator

import (
	"strconv"
	"strings"
	"time"

	"concierge/channels"
)

// The page gets finished words: scripts hold none.

type stateJSON struct {
	Phones []phoneJSON `json:"phones"`
	News   newsJSON    `json:"news"`
	Seated bool        `json:"seated"`
}

type newsJSON struct {
	Case  *Case   `json:"case"`
	Asked bool    `json:"asked"`
	Steps [4]bool `json:"steps"`
}

type phoneJSON struct {
	Kind     string       `json:"kind"`
	Number   string       `json:"number"`
	Reset    bool         `json:"reset"` // draw from nothing
	On       bool         `json:"on"`
	Blocked  bool         `json:"blocked"`
	Started  bool         `json:"started"`
	Window   string       `json:"window"` // WhatsApp's clock in words
	Shut     bool         `json:"shut"`
	Keyboard *keyboard    `json:"keyboard"`
	Bubbles  []bubbleJSON `json:"bubbles"`
}

type bubbleJSON struct {
	N        int          `json:"n"`
	Who      string       `json:"who"`
	Name     string       `json:"name"` // who it is, in words
	Text     string       `json:"text"`
	At       string       `json:"at"`    // RFC 3339
	Clock    string       `json:"clock"` // "14:05"
	Foot     string       `json:"foot"`  // "2 parts · Unicode · 8p"
	Ticks    int          `json:"ticks"` // WhatsApp: 1 sent, 2 delivered, 3 read
	State    string       `json:"state"` // in words
	Lost     bool         `json:"lost"`
	Style    string       `json:"style"`
	Open     string       `json:"open"`
	Choices  []choiceJSON `json:"choices"`
	Photo    string       `json:"photo"`
	PhotoAlt string       `json:"photoAlt"`
	File     bool         `json:"file"`
	Pin      string       `json:"pin"`
	Template string       `json:"template"`
	Quote    string       `json:"quote"`
	Twice    string       `json:"twice"`
}

type choiceJSON struct {
	Label   string `json:"label"`
	Hint    string `json:"hint"`
	Pressed bool   `json:"pressed"`
}

func (s *Simulator) say(tag, key string, vars ...string) string {
	return s.settings.Words(tag, key, vars...)
}

func newsView(v *visitor) newsJSON {
	return newsJSON{Case: v.news.Case, Asked: v.news.Asked, Steps: v.steps()}
}

// stateView is all a page needs to draw itself. The lock is held.
func (s *Simulator) stateView(v *visitor) stateJSON {
	st := stateJSON{News: newsView(v), Seated: v.seated}
	for _, n := range kinds {
		st.Phones = append(st.Phones, s.phoneView(v.phones[n], v.phones[n].bubbles, true))
	}
	return st
}

func (s *Simulator) phoneView(p *phone, bubbles []*bubble, reset bool) phoneJSON {
	j := phoneJSON{
		Kind: string(p.kind), Number: p.shown(), Reset: reset, On: !p.off, Blocked: p.blocked, Started: p.started, Keyboard: p.keyboard,
		Bubbles: []bubbleJSON{},
	}
	if end := p.windowEnd(); !end.IsZero() {
		now := s.settings.Now()
		j.Shut = !now.Before(end)
		j.Window = s.say(p.owner.tag, "simulator.window.shut")
		if !j.Shut {
			j.Window = s.say(p.owner.tag, "simulator.window.free", "Time", s.clock(end), "Left", left(end.Sub(now)))
		}
	}
	for _, b := range bubbles {
		if b.who == "" { // a pressed button: its bubble, as it is now
			if b = p.find(b.n); b == nil {
				continue
			}
		}
		j.Bubbles = append(j.Bubbles, s.bubbleView(p, b))
	}
	return j
}

func (s *Simulator) bubbleView(p *phone, b *bubble) bubbleJSON {
	tag := p.owner.tag
	j := bubbleJSON{
		N: b.n, Who: b.who, Text: b.text, At: b.at.UTC().Format(time.RFC3339), Clock: s.clock(b.at), Lost: b.lost, Style: b.style,
		Open: b.open, File: b.file, Quote: b.quote, Choices: []choiceJSON{},
	}
	switch b.who {
	case "council":
		j.Name = s.settings.Council
	case "carrier":
		j.Name = s.say(tag, "simulator.name.carrier")
	default:
		j.Name = s.say(tag, "simulator.name.you")
	}
	for i, h := range b.choices {
		j.Choices = append(j.Choices, choiceJSON{h.Label, h.Hint, b.pressed == i+1})
	}
	if b.photo != "" {
		j.Photo, j.PhotoAlt = s.local(b.photo), s.say(tag, "simulator.photo.sent")
	}
	if b.pin != nil {
		j.Pin = b.pin.Label
		if j.Pin == "" {
			j.Pin = coordinate(b.pin.Lat) + ", " + coordinate(b.pin.Lon)
		}
	}
	if b.key != "" {
		j.Template = s.say(tag, "simulator.template", "Name", b.key)
	}
	if b.times > 1 {
		j.Twice = s.say(tag, "simulator.sent_twice")
	}
	s.footView(tag, p, b, &j)
	return j
}

// footView is what stands under a bubble: the cost of an SMS, the ticks of WhatsApp, and that something was not taken.
func (s *Simulator) footView(tag string, p *phone, b *bubble, j *bubbleJSON) {
	if b.lost {
		j.State = s.say(tag, "simulator.state.lost")
		return
	}
	if p.kind == channels.SMS && b.who == "council" {
		encoding, parts, _ := channels.Segments(b.text)
		name := "GSM-7"
		if encoding == channels.UCS2 {
			name = "Unicode"
		}
		j.Foot = s.say(tag, "simulator.cost", "Count", strconv.Itoa(parts), "Encoding", name, "Price", s.settings.Price(parts))
	}
	if p.kind != channels.WhatsApp {
		return
	}
	switch b.status {
	case channels.Read:
		j.Ticks, j.State = 3, s.say(tag, "simulator.state.read")
	case channels.Delivered:
		j.Ticks, j.State = 2, s.say(tag, "simulator.state.delivered")
	default:
		j.Ticks, j.State = 1, s.say(tag, "simulator.state.sent")
	}
}

// local keeps to this site: the page shows and opens nothing else.
func (s *Simulator) local(u string) string {
	if rest, ok := strings.CutPrefix(u, s.settings.PublicURL+"/"); ok {
		u = "/" + rest
	}
	if strings.HasPrefix(u, "/") && !strings.HasPrefix(u, "//") || strings.HasPrefix(u, "page/photos/") || strings.HasPrefix(u, "photos/") {
		return u
	}
	return ""
}

func (s *Simulator) clock(t time.Time) string { return t.In(s.settings.Zone).Format("15:04") }

// left is a span as a clock shows it, "23:59".
func left(d time.Duration) string {
	m := int(d.Round(time.Minute) / time.Minute)
	return strconv.Itoa(m/60) + ":" + twoDigits(m%60)
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}
