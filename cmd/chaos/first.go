package main

import (
	"database/sql"
	"fmt"
	"slices"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
)

// How long somebody may wait who wrote as something broke: nobody's send was in doubt, or their own was, which is asked about for a
// minute before it is made again.
const (
	firstBar = 3 * time.Second
	doubtBar = 75 * time.Second
)

// overlap is how long after a fault a message still counts as one that met it.
const overlap = time.Second

// waits measures how long those waited for their answer who had no answer yet when something broke, or wrote within a second of it: from
// the fault, or from when they wrote. Those with a send in doubt are measured apart.
func (t *trial) waits(db *sql.DB, c *crowd) error {
	marked, err := t.marked(db)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	met, inDoubt := 0, time.Duration(0)
	for _, f := range t.world.faults {
		for _, turn := range c.turns {
			if turn.answered.Before(f) || turn.posted.After(f.Add(overlap)) {
				continue
			}
			from := turn.posted
			if from.Before(f) {
				from = f
			}
			wait := turn.answered.Sub(from)
			if slices.ContainsFunc(t.world.faults, func(f time.Time) bool { // whichever it was
				return f.After(turn.posted.Add(-inFlightFor)) && f.Before(turn.answered) && near(marked[turn.of.at], f)
			}) {
				inDoubt = max(inDoubt, wait)
				continue
			}
			met++
			if t.first = max(t.first, wait); wait > firstBar && t.first == wait {
				t.note("late=%s", turn.of.at)
			}
		}
	}
	t.note("met=%d", met)
	if inDoubt > 0 {
		t.note("doubt=%.0fs", inDoubt.Seconds())
	}
	if inDoubt > doubtBar {
		t.breaks("somebody whose send was in doubt waited %v; %v is the promise", inDoubt.Round(time.Second), doubtBar)
	}
	if met == 0 {
		t.breaks("nobody was waiting as something broke: nothing was measured")
	}
	return nil
}

// inFlightFor is how long before a fault a send may have been marked that was in flight as it came.
const inFlightFor = time.Second

// near tells whether one of the times lies so that a send begun then was in flight at the fault.
func near(all []time.Time, fault time.Time) bool {
	return slices.ContainsFunc(all, func(at time.Time) bool {
		return at.After(fault.Add(-inFlightFor)) && at.Before(fault.Add(inFlightFor/2))
	})
}

// send is when one attempt was marked, and when its message was known to be sent.
type send struct{ marked, stored time.Time }

// marked gives, of those who waited for a send, or behind one, longer than any send takes, when each of their sends was marked: what a
// dead node had in flight keeps its lease for 15 s, and Twilio is asked after it for a minute.
func (t *trial) marked(db *sql.DB) (map[channels.Address][]time.Time, error) {
	lines, err := db.Query(`SELECT m.id, coalesce(m.handle, ''), coalesce(m.sent_at, a.at), a.at FROM messages m JOIN attempts a ON a.message_id = m.id
		WHERE NOT m.inbound AND m.conversation_id IN (SELECT w.conversation_id FROM messages w JOIN attempts f ON f.message_id = w.id AND f.n = 1
		WHERE w.attempt > 1 OR w.sent_at > f.at + interval '4 seconds' OR f.at > w.created_at + interval '4 seconds')`)
	if err != nil {
		return nil, fmt.Errorf("look for sends in doubt: %w", err)
	}
	defer func() { _ = lines.Close() }()
	times := map[string][]send{}
	for lines.Next() {
		var id, handle string
		var one send
		if err := lines.Scan(&id, &handle, &one.stored, &one.marked); err != nil {
			return nil, err
		}
		times[id], times[handle] = append(times[id], one), append(times[handle], one)
	}
	who := map[channels.Address][]time.Time{}
	for _, e := range t.world.ledger.Entries(0) {
		if e.What != channeltest.Accepted {
			continue
		}
		to := channels.Address(e.To)
		for _, one := range times[e.Message] {
			who[to] = append(who[to], one.marked)
		}
		if e.Channel != channels.Telegram {
			continue
		}
		for _, one := range times[number(e.ID)] { // numbers are a chat's own: the time says whose this is
			if d := one.stored.Sub(e.At); d > -time.Second && d < 2*time.Second {
				who[to] = append(who[to], one.marked)
			}
		}
	}
	return who, lines.Err()
}
