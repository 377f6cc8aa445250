package concierge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"sync"
	"time"

	"concierge/channels"
)

// simProvider is a provider: what it was asked, what it took, and what it keeps waiting. It is as strict as the real ones, and its
// word is what the oracle goes by.
type simProvider struct {
	w    *simWorld
	name channels.Name

	mu    sync.Mutex
	calls []*simCall
	taken []*simTaken
}

// simCall is one request to send.
type simCall struct {
	n       *simNode
	out     channels.Outgoing
	at      time.Time
	verdict chan simAnswer // when it is kept waiting
	waits   bool
	took    *simTaken
	ended   bool
	class   channels.Class // of its error; "" it was answered that it is taken
}

// simTaken is one message it took: a resident's phone shows it.
type simTaken struct {
	handle channels.Handle
	call   *simCall
	seq    int
	at     time.Time
	tell   []channels.Status // callbacks not made yet
	told   channels.Status   // the furthest of those we answered
}

// listedAfter is how long a message it took is missing from its list.
const listedAfter = 10 * time.Second

func simError(class channels.Class, code string, after time.Duration) error {
	return &channels.SendError{Class: class, Code: code, After: after}
}

// send answers one call as the plan says.
func (p *simProvider) send(ctx context.Context, n *simNode, out channels.Outgoing) (channels.Handle, error) {
	w := p.w
	if n.isDead() {
		return "", simError(channels.Retry, "connection", 0)
	}
	r := w.residentAt(out.To)
	c := &simCall{n: n, out: out, at: time.Now(), verdict: make(chan simAnswer, 1)}
	p.strict(c, r)
	p.mu.Lock()
	p.calls = append(p.calls, c)
	p.mu.Unlock()
	w.oracle.called(r, c)
	answer := r.answer(w)
	if r.stopped && p.name == channels.SMS { // the carrier lets nothing through
		return p.end(c, "", simError(channels.OptedOut, "21610", 0))
	}
	if answer != simOK {
		w.count("answer " + answer.String())
	}
	if answer == simTakeHold {
		p.take(c)
	}
	if answer == simHold || answer == simTakeHold {
		c.waits = true
		select {
		case answer = <-c.verdict:
		case <-ctx.Done():
			answer = simHang
		case <-n.died:
			answer = simReset
		}
		c.waits = false
	}
	switch answer {
	case simOK:
		return p.end(c, p.take(c), nil)
	case simThrottle:
		if c.took != nil {
			return p.end(c, c.took.handle, nil)
		}
		after := 20 * time.Second
		n.mu.Lock()
		n.shut[p.name] = c.at.Add(after)
		n.mu.Unlock()
		r.notBefore[out.ID] = simPatience{time.Now().Add(after), n}
		return p.end(c, "", simError(channels.Throttled, "429", after))
	case simTakeFive, simTakeReset:
		p.take(c)
	case simHang, simTakeHang:
		if answer == simTakeHang {
			p.take(c)
		}
		select {
		case <-ctx.Done():
		case <-n.died:
		}
	}
	if c.took != nil {
		return p.end(c, "", simError(channels.Uncertain, "500", 0))
	}
	switch answer {
	case simNoConnection:
		return p.end(c, "", simError(channels.Retry, "connection", 0))
	case simRefused:
		return p.end(c, "", simError(channels.Refused, "30007", 0))
	case simUnreachable:
		return p.end(c, "", simError(channels.Unreachable, "21614", 0))
	case simConfiguration:
		return p.end(c, "", simError(channels.Configuration, "20003", 0))
	}
	return p.end(c, "", simError(channels.Uncertain, "500", 0))
}

func (p *simProvider) end(c *simCall, h channels.Handle, err error) (channels.Handle, error) {
	var s *channels.SendError
	if errors.As(err, &s) {
		c.class = s.Class
	}
	c.ended = true
	p.w.note("%s to %s by %s: %q attempt %d: %s %v", p.name, c.out.To, c.n.name, c.out.Text, c.out.Attempt, h, err)
	return h, err
}

// take puts the message on the resident's phone, once a call.
func (p *simProvider) take(c *simCall) channels.Handle {
	if c.took != nil {
		return c.took.handle
	}
	p.mu.Lock()
	t := &simTaken{handle: channels.Handle(fmt.Sprintf("%s-%s-%d", p.name, c.out.ID, c.out.Attempt)), call: c, seq: p.w.tick(), at: time.Now()}
	if p.name != channels.Telegram {
		t.tell = []channels.Status{channels.Sent, channels.Delivered}
	}
	c.took = t
	p.taken = append(p.taken, t)
	p.mu.Unlock()
	p.w.oracle.took(t)
	return t.handle
}

// strict refuses what the real ones would, and what we must not ask of them.
func (p *simProvider) strict(c *simCall, r *simResident) {
	o, w := c.out, p.w
	switch {
	case o.To != r.address || o.From != r.to:
		w.breaks("sent to %s from %s", o.To, o.From)
	case o.ID == "" || o.Attempt < 1 || strings.TrimSpace(o.Text) == "":
		w.breaks("sent without id, attempt or text: %+v", o)
	case !o.Expires.After(c.at):
		w.breaks("sent after it expired: %q", o.Text)
	case r.notBefore[o.ID].binds(c.at):
		w.breaks("%q sent again before its Retry-After", o.Text)
	}
	c.n.mu.Lock()
	shut := c.n.shut[p.name]
	c.n.mu.Unlock()
	if shut.After(c.at) {
		w.breaks("%s sends by %s although it was told to wait until %s", c.n.name, p.name, shut.Format(time.TimeOnly))
	}
}

// simPatience is how long a message must not be sent again, and who was told so.
type simPatience struct {
	until time.Time
	told  *simNode
}

// binds unless who was told has died since, or could not write it down.
func (p simPatience) binds(at time.Time) bool {
	return p.until.After(at) && !p.told.isDead() && !p.told.troubled
}

// waiting are the calls kept waiting, in an order of their own.
func (p *simProvider) waiting() (all []*simCall) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		if c.waits {
			all = append(all, c)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].key() < all[j].key() })
	return all
}

func (c *simCall) key() string { return fmt.Sprintf("%s %s %03d", c.out.To, c.out.ID, c.out.Attempt) }

// sorted are the messages it took, in an order of their own.
func (p *simProvider) sorted() []*simTaken {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := append([]*simTaken(nil), p.taken...)
	sort.SliceStable(all, func(i, j int) bool { return all[i].call.key() < all[j].call.key() })
	return all
}

// simPhone is SMS by way of Twilio as one node sees it: a list can be asked.
type simPhone struct {
	p *simProvider
	n *simNode
}

func (s simPhone) Name() channels.Name { return s.p.name }

func (s simPhone) Send(ctx context.Context, o channels.Outgoing) (channels.Handle, error) {
	return s.p.send(ctx, s.n, o)
}

func (s simPhone) Fetch(context.Context, channels.Media) (io.ReadCloser, error) {
	return nil, errors.New("simulation: no media")
}

// Find lists what went to the address around an attempt, equal text first, then the oldest. The list is a little behind.
func (s simPhone) Find(_ context.Context, o channels.Outgoing, at time.Time) ([]channels.Handle, error) {
	if s.n.isDead() {
		return nil, errSimDead
	}
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	var same, others []channels.Handle
	for _, t := range s.p.taken {
		switch {
		case t.call.out.To != o.To || t.at.Add(listedAfter).After(time.Now()):
		case t.at.Before(at.Add(-5*time.Second)) || t.at.After(at.Add(time.Minute)):
		case t.call.out.Text == o.Text:
			same = append(same, t.handle)
		default:
			others = append(others, t.handle)
		}
	}
	return append(same, others...), nil
}

// Sweep gives what residents wrote since, oldest first. The list does not say that a STOP was one.
func (s simPhone) Sweep(_ context.Context, since time.Time, give func(channels.Message) error) error {
	for _, m := range s.p.w.written {
		if m.r.channel != channels.SMS || m.msg.At.Before(since) {
			continue
		}
		if s.n.isDead() {
			return errSimDead
		}
		listed := m.msg
		listed.Kind = channels.KindText
		if err := give(listed); err != nil {
			return err
		}
	}
	return nil
}

// simChat is Telegram as one node sees it: nobody can be asked.
type simChat struct {
	p *simProvider
	n *simNode
}

func (s simChat) Name() channels.Name { return s.p.name }

func (s simChat) Send(ctx context.Context, o channels.Outgoing) (channels.Handle, error) {
	return s.p.send(ctx, s.n, o)
}

func (s simChat) Fetch(context.Context, channels.Media) (io.ReadCloser, error) {
	return nil, errors.New("simulation: no media")
}
