package main

import (
	"context"
	"sync"
	"time"
)

// oldEnough is how old a message must be before it is looked for in Twilio's list: a webhook may still bring it.
const oldEnough = 2 * time.Minute

// blackout kills every node and lets residents go on writing. Telegram sends again; Twilio does not, and its messages stand in its list
// alone. All are answered within a minute of the start, or once they are two minutes old.
func blackout(t *trial) error {
	w := t.world
	time.Sleep(7 * time.Second) // the first look at the list, 5 s after the very first start, says from when on it is ours to look through
	w.broke()
	for _, n := range w.nodes {
		if err := n.kill(); err != nil {
			return err
		}
	}
	ctx, stop := context.WithTimeout(context.Background(), 2*oldEnough)
	defer stop()
	var group sync.WaitGroup
	for range t.asked {
		r := w.newResident(t.seed)
		t.people = append(t.people, r)
		group.Go(func() {
			s := r.walk()[0]
			_ = r.write(ctx, s.say) // what comes back does not matter: it is in the list, or comes again
			r.expect(s, 200)
		})
		time.Sleep(30 * time.Second / time.Duration(t.asked))
	}
	t.injected = t.asked
	last := time.Now()
	for _, n := range w.nodes {
		if err := n.start(); err != nil {
			return err
		}
	}
	started := time.Now()
	group.Wait()
	end := last.Add(oldEnough)
	if m := started.Add(time.Minute); m.After(end) {
		end = m
	}
	for _, r := range t.people {
		if _, ok := r.hear(ctx, time.Until(end)+20*time.Second); !ok {
			break // the judge says who
		}
	}
	t.note("back=%.0fs", time.Since(started).Seconds())
	return nil
}
