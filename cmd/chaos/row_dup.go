package main

import (
	"context"
	"fmt"
	"sync"

	"concierge/channels"
	"concierge/channels/channeltest"
)

// copiesOfEach is how often a provider brings the same message, at once.
const copiesOfEach = 4

// dup brings each message four times at once, over all nodes, and those of Twilio once more later: one effect each.
func dup(t *trial) error {
	w := t.world
	ctx := context.Background()
	var group sync.WaitGroup
	slots := make(chan struct{}, 16)
	for range t.asked {
		r := w.newResident(t.seed)
		t.people = append(t.people, r)
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			s := r.walk()[0]
			in := channeltest.Inbound{From: r.phone, Body: s.say, SID: fmt.Sprintf("SM%032x", r.rand.Uint64()), Copies: copiesOfEach}
			if r.kind == channels.WhatsApp {
				in.From = "whatsapp:" + r.phone
			}
			if r.kind == channels.Telegram {
				r.turn(ctx, s) // the fake copies each update
				return
			}
			r.expect(s, w.twilio.Inbound(ctx, in))
			in.Copies = 1
			if status := w.twilio.Inbound(ctx, in); status > 299 {
				r.doubt = true
			}
		})
	}
	group.Wait()
	brought := map[string]int{}
	for _, e := range w.ledger.Entries(0) {
		if e.What == channeltest.Wrote && e.Status >= 200 && e.Status < 300 {
			brought[e.ID]++
			if e.Channel == channels.Telegram {
				brought[e.ID] += copiesOfEach
			}
		}
	}
	for _, n := range brought {
		if n > copiesOfEach {
			t.injected++
		}
	}
	stored, err := t.count(`SELECT count(*) FROM messages WHERE inbound`)
	if err != nil {
		return err
	}
	t.verdict.doubled += max(0, stored-t.asked)
	t.verdict.lost += max(0, t.asked-stored)
	t.note("effects=%d", stored)
	return nil
}

// count asks the database for one number.
func (t *trial) count(query string) (n int, err error) {
	db, err := t.world.open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	err = db.QueryRow(query).Scan(&n)
	return n, err
}
