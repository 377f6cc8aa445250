package main

import (
	"context"
	"sync"
	"time"

	"concierge/channels"
)

// oldEnough is how old a message must be before it is looked for in Twilio's list: a webhook may still bring it.
const oldEnough = 2 * time.Minute

// blackout kills every node under load and lets residents go on writing. Telegram sends again; Twilio does not, and its messages stand
// in its list alone. All are answered within a minute of the start, or once they are two minutes old: those who wrote into the dark, and
// those whose webhook the kill cut off.
func blackout(t *trial) error {
	w := t.world
	c := w.gather(t.seed, walkers, settleTime+time.Minute, dawdle)
	time.Sleep(7 * time.Second) // the first look at the list, 5 s after the very first start, says from when on it is ours to look through
	c.done.Store(true)
	w.broke()
	for _, n := range w.nodes {
		if err := n.kill(); err != nil {
			return err
		}
	}
	dark := time.Duration(t.asked) * time.Second // a resident writes each second of it
	ctx, stop := context.WithTimeout(context.Background(), dark+2*oldEnough)
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
		time.Sleep(time.Second)
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
	t.excused = t.inFlight
	t.people = append(t.people, followed(t, c.home())...)
	end := last.Add(oldEnough)
	if m := started.Add(time.Minute); m.After(end) {
		end = m
	}
	end = end.Add(lookTime)
	for _, r := range t.people {
		if _, ok := r.hear(ctx, time.Until(end)); !ok {
			t.breaks("%s has no answer %v after the start", r.at, time.Since(started).Round(time.Second))
			break // the judge says who else
		}
	}
	t.note("back=%.0fs", time.Since(started).Seconds())
	return nil
}

// lookTime is what the look at the list may take once it is due, and the answers.
const lookTime = 15 * time.Second

// followed are those whose last message was not acknowledged, and all others: each is in the provider's list, or comes again, so its
// reply is due like any. Only a pin is not in the list, which has words and pictures.
func followed(t *trial, all []*resident) (people []*resident) {
	cut := 0
	for _, r := range all {
		if !r.doubt {
			people = append(people, r)
			continue
		}
		if r.kind == channels.WhatsApp && r.due[len(r.due)-1].words == "Where in the road" {
			continue
		}
		cut++
		r.doubt = false
		for i := range r.due {
			r.due[i].unsure = false
		}
		people = append(people, r)
	}
	t.note("cut-off=%d", cut)
	return people
}
