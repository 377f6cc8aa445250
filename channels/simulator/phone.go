package simulator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"concierge/channels"
)

// The council's own ends of the line.
const (
	councilNumber = "+447700900999"
	councilBot    = "100"
)

// phone is one phone on the page. The simulator's lock guards it.
type phone struct {
	kind     channels.Name
	owner    *visitor
	address  channels.Address
	off      bool
	blocked  bool
	started  bool // Telegram: nobody is written to before /start
	stopped  bool // SMS: STOP was sent, the carrier blocks
	lastIn   time.Time
	last     int // number of the newest bubble
	bubbles  []*bubble
	waiting  []*bubble // what arrives when the phone is switched on
	keyboard *keyboard
}

// keyboard is Telegram's reply keyboard: Share location, then answers that come back as text.
type keyboard struct {
	Share  string   `json:"share"`
	Labels []string `json:"labels"`
}

// council is the address residents of a kind write to.
func council(n channels.Name) channels.Address {
	if n == channels.Telegram {
		return channels.MakeAddress(n, councilBot)
	}
	return channels.MakeAddress(n, councilNumber)
}

// connect gives a visitor a phone of a kind, in place of the one it had. The lock is held.
func (s *Simulator) connect(v *visitor, n channels.Name, a channels.Address) {
	if old := v.phones[n]; old != nil {
		delete(s.lines, old.address)
	}
	p := &phone{kind: n, owner: v, address: a}
	v.phones[n] = p
	s.lines[a] = p
}

// maxAsked is how many numbers a new phone asks the host about.
const maxAsked = 40

// freeNumber draws an address nobody on the page has, and the concierge has not met if there is such a one. It is reserved: connect or
// release it. Phones are 07700 900000 to 900998, which Ofcom keeps for drama: nobody can be rung.
func (s *Simulator) freeNumber(ctx context.Context, n channels.Name) channels.Address {
	start, asked := rand.IntN(999), 0 //nolint:gosec // a made-up number needs no secret
	var spare channels.Address
	for i := 0; i < 999 && (spare == "" || asked < maxAsked); i++ {
		a := channels.MakeAddress(n, fmt.Sprintf("+447700900%03d", (start+i)%999))
		if n == channels.Telegram {
			a = channels.MakeAddress(n, strconv.FormatInt(7_000_000_000+rand.Int64N(900_000_000), 10)) //nolint:gosec // as above
		}
		if !s.reserve(a) {
			continue
		}
		asked++
		if s.settings.Known == nil || !s.settings.Known(ctx, a) {
			s.release(spare)
			return a
		}
		if spare != "" {
			s.release(a)
			continue
		}
		spare = a
	}
	return spare
}

func (s *Simulator) reserve(a channels.Address) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.lines[a]; taken {
		return false
	}
	s.lines[a] = nil
	return true
}

func (s *Simulator) release(a channels.Address) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, taken := s.lines[a]; taken && p == nil {
		delete(s.lines, a)
	}
}

// shown is the number as people write it: "07700 900123"; a Telegram name for a chat.
func (p *phone) shown() string {
	v := p.address.Value()
	if p.kind == channels.Telegram {
		return "@resident" + v[len(v)-4:]
	}
	v = "0" + strings.TrimPrefix(v, "+44")
	return v[:5] + " " + v[5:]
}

// windowEnd is when WhatsApp stops taking free text; zero before the first message and elsewhere.
func (p *phone) windowEnd() time.Time {
	if p.kind != channels.WhatsApp || p.lastIn.IsZero() {
		return time.Time{}
	}
	return p.lastIn.Add(24 * time.Hour)
}

// bubble is one message on a phone.
type bubble struct {
	n       int
	handle  channels.Handle
	who     string // resident, council, carrier
	text    string
	at      time.Time
	message string // the host's id of an outbound message
	attempt int
	status  channels.Status // outbound: how far; inbound: Sending, Delivered, Failed
	lost    bool            // inbound the concierge did not take
	choices []channels.Choice
	style   string // buttons, list, inline
	open    string
	pressed int // 1 is the first choice; 0: none
	photo   string
	file    bool // the photo is no picture we can show
	pin     *channels.Location
	key     string // template
	quote   string
	times   int // sent so often, under one id
}

// add puts a bubble at the end and lets go of the oldest. The lock is held.
func (p *phone) add(b *bubble) {
	p.last++
	b.n = p.last
	p.bubbles = append(p.bubbles, b)
	size := 0
	for i := len(p.bubbles) - 1; i >= 0; i-- {
		size += len(p.bubbles[i].text)
		if len(p.bubbles)-i > maxBubbles || size > maxText {
			p.bubbles = append([]*bubble(nil), p.bubbles[i+1:]...)
			break
		}
	}
}

// find gives the bubble with a number; nil when it is gone.
func (p *phone) find(n int) *bubble {
	for _, b := range p.bubbles {
		if b.n == n {
			return b
		}
	}
	return nil
}
