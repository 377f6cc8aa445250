package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
)

// copiesOfEach is how often a provider brings the same message, at once.
const copiesOfEach = 4

// aged is how long ago the first copies seem to have come when those of Twilio come once more.
const aged = 49 * time.Hour

// dup brings each message four times at once, over all nodes, and those of Twilio once more two days later: one effect each.
func dup(t *trial) error {
	w := t.world
	ctx := context.Background()
	var group sync.WaitGroup
	slots := make(chan struct{}, 16)
	var mu sync.Mutex
	again := map[*resident]channeltest.Inbound{}
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
			mu.Lock()
			again[r] = in
			mu.Unlock()
		})
	}
	group.Wait()
	if err := t.age(); err != nil {
		return err
	}
	for r, in := range again {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if status := w.twilio.Inbound(ctx, in); status < 200 || status > 299 {
				t.breaks("%s: a copy was answered %d", r.at, status)
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

// age makes what was received look old.
func (t *trial) age() error {
	db, err := t.world.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	at := time.Now().UTC().Add(-aged).Format("2006-01-02 15:04:05.999999-07:00") // as both databases read it
	_, err = db.Exec(`UPDATE received SET at = $1`, at)
	return err
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
