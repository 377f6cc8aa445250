package concierge

import (
	"sync"
	"time"

	"concierge/channels"
)

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

// waiting is how many stand in line, for the metrics.
func (w *way) waiting() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, g := range w.order {
		n += len(g.line.in)
	}
	return n
}
