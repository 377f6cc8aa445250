package main

import (
	"context"
	"sync"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
)

// retryAfter is what a provider asks for when we are too fast.
const retryAfter = 2 * time.Second

// provider lets each resident meet one thing a provider does wrong, somewhere in their report.
func provider(t *trial) error {
	w := t.world
	kinds := []channeltest.Fault{
		{Status: 500, Code: 20500},
		{Hang: true},
		{Accept: true, Drop: true},
		{Status: 429, Code: 20429, RetryAfter: retryAfter},
		{Drop: true, Chance: 0.2, Times: 2},
	}
	cut := map[string]bool{} // whose second copy over Telegram is allowed
	var group sync.WaitGroup
	for i := range t.asked {
		r := w.newResident(t.seed)
		t.people = append(t.people, r)
		f := kinds[(i/3)%len(kinds)]
		f.To, f.Skip = string(r.at), r.rand.IntN(4)
		if f.Chance > 0 {
			f.Skip = 0
		}
		if r.kind == channels.Telegram {
			w.telegram.Script(f)
		} else {
			w.twilio.Script(f)
		}
		if f.Chance > 0 { // chance alone may pass all of a report by
			sure := channeltest.Fault{To: f.To, Skip: 4, Drop: true}
			if r.kind == channels.Telegram {
				w.telegram.Script(sure)
			} else {
				w.twilio.Script(sure)
			}
		}
		cut[string(r.at)] = f.Accept || f.Hang
		group.Go(func() {
			r.report(context.Background(), settleTime, func() time.Duration { return time.Duration(r.rand.Int64N(int64(dawdle))) }, nil)
		})
	}
	group.Wait()
	t.excused = func(r *resident, _, _ time.Time) bool { return r.kind == channels.Telegram && cut[string(r.at)] }
	t.injected = t.hit(cut)
	return nil
}

// hit counts residents whose fault came to pass, and holds that a provider's Retry-After was obeyed.
func (t *trial) hit(cut map[string]bool) int {
	asked, accepted, refusedAt := map[string]int{}, map[string]int{}, map[string]time.Time{}
	hurt := map[string]bool{}
	for _, e := range t.world.ledger.Entries(0) {
		switch {
		case e.To == "" || e.Call != "CreateMessage" && e.Call != "sendMessage":
		case e.What == channeltest.Asked:
			asked[e.To]++
			if at, ok := refusedAt[e.To]; ok && e.At.Sub(at) < retryAfter-100*time.Millisecond {
				t.breaks("%s was called %v after a 429 that asked for %v", e.To, e.At.Sub(at).Round(time.Millisecond), retryAfter)
			}
		case e.What == channeltest.Accepted:
			accepted[e.To]++
		case e.What == channeltest.Refused:
			hurt[e.To] = true
			if e.Status == 429 {
				refusedAt[e.To] = e.At
			}
		}
	}
	for to, n := range asked {
		if n > accepted[to] || cut[to] {
			hurt[to] = true
		}
	}
	return len(hurt)
}
