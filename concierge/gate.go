package concierge

import (
	"math"
	"time"

	"concierge/channels"
	"concierge/inbox"
)

// The bounds of a gate (docs/operating.md, "Pace").
const (
	slots      = 64 // sends in hand of one channel, on one node
	atOncePart = 10 // of a second's sends, so many may go at one moment: more would be over the rate
)

// gate lets one sender's sends through: so many a second, none while the provider wants to be left alone. Conversations that find it
// shut stand in line; who comes first is given room, and woken.
type gate struct {
	*way
	sender channels.Address
	line   standing

	tokens float64 // sends that may go now; below 0 none
	filled time.Time
	shut   time.Time // until then
	why    channels.Class
	code   string
	untold bool // other nodes have not been told of the hold yet
	probe  bool // after a pause one send goes first, alone
	trying bool // it is on its way
	missed int  // sends in a row that did not arrive
	slowed int  // throttlings in a row
	timer  *time.Timer
	rings  time.Time
}

// enter takes room for one send; sent or leave gives it back. false: the conversation is in line and will be woken.
func (g *gate) enter(conversation string, k inbox.Kind) bool {
	return g.take(conversation, k.Urgency(), 1)
}

// ask takes room for a question, which the rate does not count; asked gives it back.
func (g *gate) ask(conversation string, k inbox.Kind) bool {
	return g.take(conversation, k.Urgency(), 0)
}

func (g *gate) take(conversation string, urgency int, tokens float64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.granted[conversation] == g {
		delete(g.granted, conversation)
		g.tokens += 1 - tokens
		return true
	}
	wait := g.wait()
	if wait > 0 || g.line.ahead(urgency) || g.closed {
		if !g.closed {
			g.line.add(conversation, urgency)
			g.arm(max(wait, time.Millisecond))
		}
		return false
	}
	g.line.remove(conversation)
	g.enters(tokens)
	return true
}

func (g *gate) enters(tokens float64) {
	g.inHand++
	g.tokens -= tokens
	g.trying = g.probe
}

// grant gives room to who is first in line; "" when nobody is, or there is none. The caller holds the lock.
func (g *gate) grant() string {
	if !g.line.ahead(inbox.Urgencies - 1) {
		return ""
	}
	if wait := g.wait(); wait > 0 {
		g.arm(wait)
		return ""
	}
	id := g.line.next()
	g.enters(1)
	g.granted[id] = g
	return id
}

// never is a wait that something else ends than time: a send that comes back.
const never = time.Duration(math.MaxInt64)

// wait is how long until a send may go: 0 is now.
func (g *gate) wait() time.Duration {
	if until := g.shut.Sub(g.now()); until > 0 {
		return until
	}
	if g.inHand >= slots || g.trying {
		return never
	}
	g.fill()
	if g.rate <= 0 || g.tokens >= 1 {
		return 0
	}
	return time.Duration((1-g.tokens)/g.perSecond()*float64(time.Second)) + time.Microsecond
}

// perSecond is this node's share of the sender's rate.
func (g *gate) perSecond() float64 { return g.rate / float64(g.live) }

// most is how many may go at one moment.
func (g *gate) most() float64 { return max(1, g.perSecond()/atOncePart) }

func (g *gate) fill() {
	now := g.now()
	g.tokens = min(g.tokens+now.Sub(g.filled).Seconds()*g.perSecond(), g.most())
	g.filled = now
}

// queue puts a conversation in line, unless it is: somebody found that it has something to send.
func (g *gate) queue(conversation string, urgency int) {
	g.mu.Lock()
	if !g.closed && g.granted[conversation] == nil {
		g.line.add(conversation, urgency)
	}
	g.mu.Unlock()
}

// leave gives back the room of a send that was not made.
func (g *gate) leave() {
	g.mu.Lock()
	g.back()
	g.mu.Unlock()
	g.next()
}

func (g *gate) back() {
	g.inHand--
	g.tokens++
	g.trying = false
}

// asked gives back the room of a question.
func (g *gate) asked() {
	g.mu.Lock()
	g.inHand--
	g.trying = false
	g.mu.Unlock()
	g.next()
}

// arm has those in line looked at after a while.
func (g *gate) arm(d time.Duration) {
	if d == never || g.closed {
		return
	}
	at := g.now().Add(d)
	if g.timer != nil {
		if !at.Before(g.rings) {
			return
		}
		g.timer.Stop()
	}
	g.rings = at
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		g.mu.Lock()
		if g.timer == t {
			g.timer = nil
		}
		g.mu.Unlock()
		g.next()
	})
	g.timer = t
}
