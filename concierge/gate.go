package concierge

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"concierge/channels"
)

const (
	slots        = 64               // sends in hand of one channel, on one node
	breakAfter   = 10               // sends in a row that did not reach the provider
	breakFor     = 15 * time.Second // then it is left alone this long
	configureFor = time.Minute      // a wrong setting is tried again so often
)

// Pauses of a sender that was told to slow down and not for how long.
var slower = [...]time.Duration{time.Second, time.Minute, 15 * time.Minute}

// gate lets a channel's sends through: so many at once, so many a second, none while the provider wants to be left alone.
// Conversations that find it shut stand in line and are woken in their order.
type gate struct {
	wake func(conversation string)
	now  func() time.Time

	mu      sync.Mutex
	inHand  int
	limit   *rate.Limiter // nil: none
	shut    time.Time     // until then
	missed  int           // sends in a row that did not arrive
	slowed  int           // throttlings in a row
	line    []string
	waiting map[string]bool
	timer   *time.Timer
	closed  bool
}

func newGate(perSecond float64, now func() time.Time, wake func(string)) *gate {
	g := &gate{wake: wake, now: now, waiting: map[string]bool{}}
	if perSecond > 0 {
		g.limit = rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
	}
	return g
}

// enter takes room for one send; leave gives it back. false: the conversation is in line and will be woken.
func (g *gate) enter(conversation string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if wait := g.wait(); wait > 0 {
		if !g.waiting[conversation] {
			g.waiting[conversation] = true
			g.line = append(g.line, conversation)
		}
		g.arm(wait)
		return false
	}
	g.inHand++
	return true
}

// wait is how long until a send may go: 0 is now. It takes the rate's token when it is.
func (g *gate) wait() time.Duration {
	now := g.now()
	if g.shut.After(now) {
		return g.shut.Sub(now)
	}
	if g.inHand >= slots {
		return time.Second // or as soon as one leaves
	}
	if g.limit == nil || g.limit.AllowN(now, 1) {
		return 0
	}
	return time.Duration(float64(time.Second) / float64(g.limit.Limit()))
}

// inLine tells whether a conversation waits here already, so that nobody looks at it meanwhile.
func (g *gate) inLine(conversation string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiting[conversation]
}

func (g *gate) leave() {
	g.mu.Lock()
	g.inHand--
	next := g.pop()
	g.mu.Unlock()
	if next != "" {
		g.wake(next)
	}
}

func (g *gate) pop() string {
	if len(g.line) == 0 || g.closed {
		return ""
	}
	next := g.line[0]
	g.line = g.line[1:]
	delete(g.waiting, next)
	return next
}

// arm wakes the next in line after a while.
func (g *gate) arm(d time.Duration) {
	if g.timer != nil || g.closed {
		return
	}
	g.timer = time.AfterFunc(d, func() {
		g.mu.Lock()
		g.timer = nil
		next := g.pop()
		if len(g.line) > 0 {
			g.arm(max(g.pace(), time.Millisecond))
		}
		g.mu.Unlock()
		if next != "" {
			g.wake(next)
		}
	})
}

// pace is how long one send makes the next one wait, by the rate and by what is shut.
func (g *gate) pace() time.Duration {
	if until := g.shut.Sub(g.now()); until > 0 {
		return until
	}
	if g.limit != nil {
		return time.Duration(float64(time.Second) / float64(g.limit.Limit()))
	}
	return 0
}

// told learns from a send how the provider is.
func (g *gate) told(err *channels.SendError) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.missed, g.slowed = 0, 0
		return
	}
	now := g.now()
	switch err.Class {
	case channels.Retry:
		if g.missed++; g.missed >= breakAfter {
			g.shut, g.missed = now.Add(breakFor), breakAfter-1 // one probe; its failure shuts it again
		}
	case channels.Throttled:
		wait := err.After
		if wait <= 0 {
			wait = slower[min(g.slowed, len(slower)-1)]
		}
		g.slowed++
		g.shut = now.Add(wait)
	case channels.Configuration:
		g.shut = now.Add(configureFor)
	default:
		g.missed, g.slowed = 0, 0
	}
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	if g.timer != nil {
		g.timer.Stop()
	}
}
