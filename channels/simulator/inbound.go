package simulator

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"concierge/channels"
)

// posted is what the page sends from a phone. One of Text, Press, Place, Photo and Start is there; Text may go with Photo.
type posted struct {
	Text  string `json:"text"`
	Press *press `json:"press"`
	Place *int   `json:"place"` // of Settings.Places
	Photo string `json:"photo"` // a sample's name
	Start bool   `json:"start"` // Telegram's START
	// Copies: the provider repeats itself, one id delivered so often. Times: so many messages at once, each with its own id.
	Copies int `json:"copies"`
	Times  int `json:"times"`

	media *channels.Media // uploaded
}

// press is a button on the page.
type press struct {
	Message int `json:"message"` // number of the bubble
	Choice  int `json:"choice"`  // 1 is the first
}

// trouble is why the page's wish is not done: the end of a key simulator.error.*, and the HTTP status.
type trouble struct {
	key    string
	status int
}

// maxAtOnce bounds copies and messages at once.
const maxAtOnce = 5

// receiveTime is how long Twilio waits for an answer.
const receiveTime = 15 * time.Second

// write sends from a phone: it draws the bubbles, then hands the messages to the concierge, all at once when there are several. Not
// taken is 503, as a webhook would answer.
func (s *Simulator) write(ctx context.Context, v *visitor, n channels.Name, in posted) *trouble {
	s.mu.Lock()
	p := v.phones[n]
	if why := s.mayWrite(p, in); why != nil {
		s.mu.Unlock()
		return why
	}
	m, b, ok := s.message(p, in)
	if !ok {
		s.mu.Unlock()
		return &trouble{"unknown", 400}
	}
	times, copies := min(max(in.Times, 1), maxAtOnce), min(max(in.Copies, 1), maxAtOnce)
	messages, bubbles := make([]channels.Message, times), make([]*bubble, times)
	for i := range times {
		messages[i], bubbles[i] = m, b
		if i > 0 {
			again := *b
			bubbles[i] = &again
			messages[i].ID = messageID(n, m.Kind)
		}
		if b.who == "" {
			continue // Telegram shows no bubble for a button
		}
		bubbles[i].times = copies
		p.add(bubbles[i])
		messages[i].Handle = inboundHandle(p, bubbles[i], messages[i].ID)
		bubbles[i].handle = messages[i].Handle
	}
	s.tell(p, bubbles...)
	s.settle(v, p, m, in)
	s.tell(p)
	s.tellNews(v)
	s.mu.Unlock()

	var all sync.WaitGroup
	var lost atomic.Bool
	for i := range messages {
		for range copies {
			all.Go(func() {
				if !s.receive(ctx, p, messages[i], bubbles[i]) {
					lost.Store(true)
				}
			})
		}
	}
	all.Wait()
	s.mu.Lock()
	s.refreshLater(v)
	s.mu.Unlock()
	if lost.Load() {
		return &trouble{"lost", 503}
	}
	return nil
}

func (s *Simulator) mayWrite(p *phone, in posted) *trouble {
	switch {
	case s.closed(p.kind):
		return &trouble{"closed", 409}
	case p.off:
		return &trouble{"off", 409}
	case p.blocked:
		return &trouble{"blocked", 409}
	case p.kind == channels.Telegram && !p.started && !in.Start:
		return &trouble{"start", 409}
	}
	return nil
}

// settle is what sending changes on the phone itself, and what the carrier answers. The lock is held.
func (s *Simulator) settle(v *visitor, p *phone, m channels.Message, in posted) {
	now := s.settings.Now()
	p.lastIn = now
	if m.Kind == channels.KindStart {
		p.started = true
	} else {
		v.answered = v.answered || s.settings.News == nil && v.wrote && p.heard()
		v.wrote = true
	}
	if p.keyboard != nil && (in.Place != nil || slices.Contains(p.keyboard.Labels, m.Text)) {
		p.keyboard = nil
	}
	if p.kind != channels.SMS {
		return
	}
	key := ""
	switch {
	case m.Kind == channels.KindOptOut && !p.stopped:
		p.stopped, key = true, "simulator.carrier.opted_out"
	case m.Kind == channels.KindOptIn && p.stopped:
		p.stopped, key = false, "simulator.carrier.opted_in"
	case m.Kind == channels.KindHelp:
		key = "simulator.carrier.helped"
	}
	if key != "" {
		b := &bubble{who: "carrier", text: s.say(v.tag, key), at: now, status: channels.Delivered}
		p.add(b)
		s.tell(p, b)
	}
}

// receive hands one message over, and once more when it was not taken, as a provider would. It tells whether it was.
func (s *Simulator) receive(ctx context.Context, p *phone, m channels.Message, b *bubble) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), receiveTime)
	defer cancel()
	err := s.settings.Receiver.Receive(ctx, m)
	if err != nil && s.pause(ctx) {
		err = s.settings.Receiver.Receive(ctx, m)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.log.WarnContext(ctx, "simulator: a message was not taken", "channel", string(m.Channel), "id", m.ID)
	}
	if b.who != "" {
		b.lost, b.status = err != nil, channels.Delivered
		s.tell(p, b)
	}
	return err == nil
}

// heard tells whether the council has written to this phone.
func (p *phone) heard() bool {
	for _, b := range p.bubbles {
		if b.who == "council" {
			return true
		}
	}
	return false
}

// notice is a message without a bubble: the resident blocked the bot, or let it back in.
func (s *Simulator) notice(ctx context.Context, p *phone, a channels.Address, k channels.Kind) {
	m := channels.Message{
		Channel: p.kind, Account: Account, ID: messageID(p.kind, k), From: a, To: council(p.kind), Kind: k, At: s.settings.Now(),
	}
	s.receive(ctx, p, m, &bubble{})
}
