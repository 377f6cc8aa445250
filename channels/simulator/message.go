package simulator

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"concierge/channels"
)

// message makes the channels.Message and its bubble. ok is false when there is nothing in it we know. The lock is held.
func (s *Simulator) message(p *phone, in posted) (m channels.Message, b *bubble, ok bool) {
	now := s.settings.Now()
	m = channels.Message{Channel: p.kind, Account: Account, From: p.address, To: council(p.kind), At: now, Kind: channels.KindText}
	if channels.Can(p.kind).LanguageHint {
		m.Language = p.owner.tag
	}
	b = &bubble{who: "resident", at: now, status: channels.Sending}
	text := channels.Clean(in.Text)
	switch {
	case in.Start:
		m.Kind, m.Text, b.text = channels.KindStart, "/start", "/start"
	case in.Press != nil:
		ok = p.press(&m, b, *in.Press)
		m.ID = messageID(p.kind, m.Kind)
		return m, b, ok
	case in.Place != nil:
		if *in.Place < 0 || *in.Place >= len(s.settings.Places) {
			return m, b, false
		}
		p.pin(&m, b, s.settings.Places[*in.Place])
	case in.Photo != "" || in.media != nil:
		md := in.media
		if md == nil {
			md = sample(in.Photo)
		}
		if md == nil {
			return m, b, false
		}
		m.Kind, m.Media, m.Text = channels.KindMedia, []channels.Media{*md}, text
		b.text, b.photo, b.file = text, pictureURL(md.Ref), md.Kind != "photo"
	case strings.TrimSpace(text) == "":
		return m, b, false
	default:
		m.Text, b.text = text, text
		p.words(&m)
	}
	m.ID = messageID(p.kind, m.Kind)
	return m, b, true
}

// words reads what the carrier or Telegram reads before us.
func (p *phone) words(m *channels.Message) {
	m.Kind = channels.CarrierWord(p.kind, m.Text)
	rest, command := strings.CutPrefix(m.Text, "/")
	if p.kind != channels.Telegram || !command {
		return
	}
	word, payload, _ := strings.Cut(rest, " ")
	word, _, _ = strings.Cut(word, "@")
	switch strings.ToLower(word) {
	case "start":
		m.Kind, m.Payload = channels.KindStart, payload
	case "stop":
		m.Kind = channels.KindOptOut
	default:
		m.Text = strings.TrimSpace(word + " " + payload)
	}
}

// press is a button on one of the phone's bubbles.
func (p *phone) press(m *channels.Message, b *bubble, in press) bool {
	on := p.find(in.Message)
	if on == nil || in.Choice < 1 || in.Choice > len(on.choices) {
		return false
	}
	h := on.choices[in.Choice-1]
	m.Kind, m.Press = channels.KindPress, channels.Press{Data: h.Data, Label: h.Label, On: on.handle}
	on.pressed = in.Choice
	if p.kind == channels.Telegram {
		*b = *on // no bubble of its own: the pressed one is drawn again
		b.who = ""
		return true
	}
	m.Text, m.ReplyTo, b.text, b.quote = h.Label, on.handle, h.Label, excerpt(on.text)
	return true
}

// pin is a location; a text message can only carry a link to a map.
func (p *phone) pin(m *channels.Message, b *bubble, at Place) {
	if p.kind == channels.SMS {
		m.Text = "https://maps.google.com/?q=" + coordinate(at.Lat) + "," + coordinate(at.Lon)
		b.text = m.Text
		return
	}
	m.Kind = channels.KindLocation
	m.Location = &channels.Location{Lat: at.Lat, Lon: at.Lon, Label: at.Label}
	b.pin = m.Location
}

func messageID(n channels.Name, k channels.Kind) string {
	if n == channels.Telegram {
		return updateID()
	}
	if k == channels.KindMedia {
		return "MM" + newID()
	}
	return "SM" + newID()
}

// updateID is a number as Telegram's: the host may take it for a set, not an order.
func updateID() string {
	return strconv.FormatInt(1+rand.Int64N(1<<53), 10) //nolint:gosec // unique is enough
}

func inboundHandle(p *phone, b *bubble, id string) channels.Handle {
	if p.kind == channels.Telegram {
		return channels.Handle(p.address.Value() + ":" + strconv.Itoa(b.n))
	}
	return channels.Handle(id)
}

func coordinate(f float64) string { return strconv.FormatFloat(f, 'f', 5, 64) }

func excerpt(s string) string {
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		s = s[i+1:]
	}
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}
