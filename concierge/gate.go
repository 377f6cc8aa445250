package concierge

import (
	"math"
	"sync"
	"time"

	"concierge/channels"
	"concierge/inbox"
)

const (
	slots        = 64               // sends in hand of one channel, on one node
	breakAfter   = 10               // sends in a row that the provider did not answer, or not in words we know
	breakFor     = 15 * time.Second // then it is left alone this long
	configureFor = time.Minute      // a wrong setting is tried again so often
	atOncePart   = 10               // of a second's sends, so many may go at one moment: more would be over the rate
)

// Pauses of a sender that was told to slow down and not for how long.
var slower = [...]time.Duration{time.Second, time.Minute, 15 * time.Minute}

// way is a channel's way out on this node: so many sends at once, whoever sends.
type way struct {
	wake func(conversation string)
	now  func() time.Time
	rate float64 // of each sender, over all nodes; 0 is none

	mu      sync.Mutex
	inHand  int
	live    int // nodes that share the rate
	gates   map[channels.Address]*gate
	order   []*gate // to be asked in turn for who is next
	granted map[string]*gate
	closed  bool
}

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
	told   bool // the hold is not known to other nodes yet
	probe  bool // after a pause one send goes first, alone
	trying bool // it is on its way
	missed int  // sends in a row that did not arrive
	slowed int  // throttlings in a row
	timer  *time.Timer
	rings  time.Time
}

func newWay(perSecond float64, now func() time.Time, wake func(string)) *way {
	return &way{wake: wake, now: now, rate: perSecond, live: 1, gates: map[channels.Address]*gate{}, granted: map[string]*gate{}}
}

// of is the gate of a sender.
func (w *way) of(sender channels.Address) *gate {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.gates[sender]
	if g == nil {
		g = &gate{way: w, sender: sender, line: newStanding(), filled: w.now()}
		g.tokens = g.most()
		w.gates[sender] = g
		w.order = append(w.order, g)
	}
	return g
}

// share tells how many nodes share the rate.
func (w *way) share(live int) {
	w.mu.Lock()
	if w.live == live || live < 1 {
		w.mu.Unlock()
		return
	}
	for _, g := range w.order {
		g.fill() // by the rate there was
	}
	w.live = live
	w.mu.Unlock()
	w.next()
}

// next gives room to those in line, as far as there is any, and wakes them. Each sender is asked in turn.
func (w *way) next() {
	w.mu.Lock()
	var woken []string
	for more := true; more && !w.closed; {
		more = false
		for _, g := range w.order {
			if id := g.grant(); id != "" {
				woken = append(woken, id)
				more = true
			}
		}
	}
	if len(w.order) > 1 {
		w.order = append(w.order[1:], w.order[0])
	}
	w.mu.Unlock()
	for _, id := range woken {
		w.wake(id)
	}
}

// unused takes back the room of a conversation that turned out to have no use for it.
func (w *way) unused(conversation string) {
	w.mu.Lock()
	g := w.granted[conversation]
	delete(w.granted, conversation)
	if g != nil {
		g.back()
	}
	w.mu.Unlock()
	if g != nil {
		w.next()
	}
}

func (w *way) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, g := range w.order {
		if g.timer != nil {
			g.timer.Stop()
		}
	}
}

// enter takes room for one send; sent or back gives it back. false: the conversation is in line and will be woken.
func (g *gate) enter(conversation string, k inbox.Kind) bool {
	return g.take(conversation, k.Urgency(), 1)
}

// ask takes room for a question, which the rate does not count.
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

// sent learns from a send how the provider is, and gives back its room.
func (g *gate) sent(err *channels.SendError) {
	g.mu.Lock()
	g.learn(err)
	g.inHand--
	g.trying = false
	g.mu.Unlock()
	g.next()
}

// hear learns how the provider is from a callback.
func (g *gate) hear(err *channels.SendError) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.learn(err)
}

func (g *gate) learn(err *channels.SendError) {
	now := g.now()
	if err == nil {
		if g.missed = 0; !g.shut.After(now) { // else it was on its way before
			g.slowed, g.probe = 0, false
		}
		return
	}
	switch err.Class {
	case channels.Retry, channels.Uncertain:
		if g.missed++; g.missed >= breakAfter || g.probe {
			g.hold(now.Add(breakFor), "", "")
		}
	case channels.Throttled:
		wait := err.After
		if wait <= 0 {
			if g.shut.After(now) {
				return // of many that were in hand the first has said it
			}
			wait = slower[min(g.slowed, len(slower)-1)]
			g.slowed++
		}
		g.hold(now.Add(wait), channels.Throttled, err.Code)
		g.told = true
	case channels.Configuration:
		g.hold(now.Add(configureFor), channels.Configuration, err.Code)
		g.told = true
	default: // it answers, whatever it says to this one
		g.missed, g.slowed = 0, 0
		g.probe = false
	}
}

// hold shuts the gate. Behind it one send goes first, and only when that is taken the others: who waits is many, and may be wrong.
func (g *gate) hold(until time.Time, why channels.Class, code string) {
	if until.After(g.shut) {
		g.shut, g.why, g.code = until, why, code
	}
	g.probe = true
}

// news are the holds that other nodes have not been told of; they are told once.
func (w *way) news() (all []inbox.Hold) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	for _, g := range w.order {
		if g.told {
			g.told = false
			all = append(all, inbox.Hold{Sender: g.sender, For: g.shut.Sub(now), Why: g.why, Code: g.code})
		}
	}
	return all
}

// again has a sender's hold told once more: it did not get through.
func (w *way) again(sender channels.Address) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if g := w.gates[sender]; g != nil {
		g.told = true
	}
}

// heard heeds a hold that another node was told of. Its end is some hundredths off, by the clocks.
func (g *gate) heard(h inbox.Hold) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := g.now().Add(h.For); until.After(g.shut.Add(time.Second)) {
		g.hold(until, h.Why, h.Code)
	}
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

// waiting is how many stand in line, for the metrics.
func (w *way) waiting() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, g := range w.order {
		n += len(g.line.in)
	}
	return n
}
