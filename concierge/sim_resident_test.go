package concierge

import (
	"context"
	"fmt"
	"time"

	"concierge/channels"
)

// simResident is a person with a phone. By SMS their messages may overtake each other on the way; a chat waits for each to be
// answered with 2xx before it brings the next.
type simResident struct {
	no        int
	channel   channels.Name
	address   channels.Address
	to        channels.Address // ours
	answers   []simAnswer
	stopped   bool // by their carrier
	sent      []*simIn
	notBefore map[string]simPatience // Retry-After of a message of ours
	stretches []*simStretch          // with a person
}

// simIn is one message a resident wrote.
type simIn struct {
	r      *simResident
	msg    channels.Message
	begun  int // when its first delivery began; 0 never
	acked  int // when it was first answered with 2xx; 0 never
	direct bool
	keeper *simNode // who kept it in its spool
	there  int      // from when on it is surely in the database; 0 unknown
	flying int
	late   bool // on its way until a step brings it
}

func newSimResident(no int, answers []simAnswer) *simResident {
	r := &simResident{no: no, channel: channels.SMS, answers: append([]simAnswer(nil), answers...), notBefore: map[string]simPatience{}}
	if no%2 == 1 {
		r.channel = channels.Telegram
		r.address, r.to = channels.Address(fmt.Sprintf("telegram:100%d", no)), "telegram:900"
		return r
	}
	r.address, r.to = channels.Address(fmt.Sprintf("sms:+4477009001%02d", no)), "sms:+447700900000"
	return r
}

// answer is what the provider does with the next call for them.
func (r *simResident) answer(w *simWorld) simAnswer {
	if len(r.answers) == 0 || w.calm {
		return simOK
	}
	a := r.answers[0]
	r.answers = r.answers[1:]
	return a
}

// writes makes their next message.
func (r *simResident) writes(w *simWorld, kind channels.Kind, text string) *simIn {
	n := len(w.written) + 1
	if text == "" {
		text = fmt.Sprintf("w%d", n)
	}
	id := fmt.Sprintf("in-%04d", n)
	m := &simIn{r: r, msg: channels.Message{Channel: r.channel, Account: "AC1", ID: id, Handle: channels.Handle(id), From: r.address, To: r.to, Kind: kind,
		Text: text, At: time.Now()}}
	r.sent = append(r.sent, m)
	w.written = append(w.written, m)
	w.note("%s writes %s %q", r.address, kind, text)
	return m
}

// next is the message a chat brings now: the first that was not answered.
func (r *simResident) next() *simIn {
	for _, m := range r.sent {
		if m.acked == 0 {
			return m
		}
	}
	return nil
}

// deliver brings a message to a node once.
func (w *simWorld) deliver(m *simIn, n *simNode) {
	if m.begun == 0 {
		m.begun = w.tick()
	}
	if n.isDead() {
		w.note("%s finds %s dead", m.msg.ID, n.name)
		return
	}
	m.flying++
	n.do(func() {
		n.mu.Lock()
		kept := n.kept
		n.mu.Unlock()
		err := n.host.Receive(context.Background(), m.msg)
		after()
		m.flying--
		n.mu.Lock()
		dead, spooled := n.dead, n.kept > kept
		n.mu.Unlock()
		w.note("%s brought to %s: dead %v, spooled %v: %v", m.msg.ID, n.name, dead, spooled, err)
		if dead || err != nil || m.acked > 0 {
			return
		}
		m.acked = w.tick()
		if spooled {
			m.keeper = n
			return
		}
		m.direct, m.there = true, m.acked
	})
}
