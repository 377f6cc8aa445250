package concierge

import (
	"time"

	"concierge/channels"
	"concierge/inbox"
)

// When and how long a sender is held (docs/operating.md, "Pace").
const (
	breakAfter   = 10               // sends in a row that the provider did not answer, or not in words we know
	breakFor     = 15 * time.Second // then it is left alone this long
	configureFor = time.Minute      // a wrong setting is tried again so often
)

// Pauses of a sender that was told to slow down and not for how long.
var slower = [...]time.Duration{time.Second, time.Minute, 15 * time.Minute}

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
		g.untold = true
	case channels.Configuration:
		g.hold(now.Add(configureFor), channels.Configuration, err.Code)
		g.untold = true
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

// obey heeds a hold that a provider told another node of. Its end is some hundredths off, by the clocks.
func (g *gate) obey(h inbox.Hold) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := g.now().Add(h.For); until.After(g.shut.Add(time.Second)) {
		g.hold(until, h.Why, h.Code)
	}
}

// untold are the holds that other nodes have not been told of; whoever asks tells them.
func (w *way) untold() (all []inbox.Hold) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	for _, g := range w.order {
		if g.untold {
			g.untold = false
			all = append(all, inbox.Hold{Sender: g.sender, For: g.shut.Sub(now), Why: g.why, Code: g.code})
		}
	}
	return all
}

// retell has a sender's hold told once more: it did not get through.
func (w *way) retell(sender channels.Address) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if g := w.gates[sender]; g != nil {
		g.untold = true
	}
}
