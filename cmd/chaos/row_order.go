package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
)

// burstOf messages of one conversation come within burstTime.
const (
	burstOf   = 10
	burstTime = 50 * time.Millisecond
)

// order lets many residents write ten messages in 50 ms, over two nodes: each is read once, in the order it came, and what is answered
// goes out in the order it was written.
func order(t *trial) error {
	w := t.world
	var group sync.WaitGroup
	var mu sync.Mutex
	came := map[string]span{}
	var people []*resident
	for range t.asked {
		r := w.newResident(t.seed)
		people = append(people, r)
		group.Go(func() {
			var burst sync.WaitGroup
			for i := range burstOf {
				burst.Go(func() {
					time.Sleep(time.Duration(i) * burstTime / burstOf)
					text := fmt.Sprintf("pothole %s number %d", r.token, i)
					begun := time.Now()
					status := r.write(context.Background(), text)
					mu.Lock()
					defer mu.Unlock()
					if status < 200 || status > 299 {
						t.unacked++
						return
					}
					came[text] = span{begun, time.Now()}
				})
			}
			burst.Wait()
		})
	}
	group.Wait()
	t.acked, t.injected = len(came), len(came)/burstOf
	db, err := w.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if t.verdict.stuck, err = t.settled(db); err != nil {
		return err
	}
	if err := t.inOrder(db, bySeq, came); err != nil {
		return err
	}
	if err := t.outOrder(db); err != nil {
		return err
	}
	for _, r := range people {
		got := w.ledger.Accepted(r.at)
		if len(got) == 0 || got[len(got)-1].At.Before(lastOf(came, r.token)) {
			t.verdict.lost++
		}
	}
	return nil
}

// span is when a message was posted and when it was acknowledged.
type span struct{ posted, acked time.Time }

func lastOf(came map[string]span, token string) (last time.Time) {
	for text, s := range came {
		if strings.Contains(text, token) && s.posted.After(last) {
			last = s.posted
		}
	}
	return last
}

// The order messages were read in: by their numbers, or, for those that came out of two nodes' spools, whose numbers are given as each
// is copied in, by the numbers of the first answers to them. A message without an answer has no place in that order.
const (
	bySeq   = `SELECT conversation_id, body, taken, TRUE FROM messages WHERE inbound ORDER BY conversation_id, seq`
	byReply = `SELECT i.conversation_id, i.body, i.taken, min(o.seq) IS NOT NULL FROM messages i
		LEFT JOIN messages o ON NOT o.inbound AND o.conversation_id = i.conversation_id AND o.cause LIKE 'turn:' || i.id || ':%'
		WHERE i.inbound GROUP BY i.id, i.conversation_id, i.body, i.taken, i.seq ORDER BY i.conversation_id, coalesce(min(o.seq), i.seq)`
)

// inOrder holds that each acknowledged message is stored once, has had its turn, and stands behind every message of its conversation
// that had been acknowledged before it was posted.
func (t *trial) inOrder(db *sql.DB, order string, came map[string]span) error {
	lines, err := db.Query(order)
	if err != nil {
		return err
	}
	defer func() { _ = lines.Close() }()
	found := map[string]int{}
	var conversation string
	var latest time.Time // the latest posting so far: nothing after it may have been acknowledged before it
	for lines.Next() {
		var c, body, taken string
		var placed bool
		if err := lines.Scan(&c, &body, &taken, &placed); err != nil {
			return err
		}
		if c != conversation {
			conversation, latest = c, time.Time{}
		}
		s, ok := came[body]
		if !ok {
			continue // not acknowledged: it may be there or not
		}
		found[body]++
		if taken != "taken" && taken != "desk" {
			t.breaks("a message of conversation %s has had no turn: %q", c, taken)
		}
		if !placed {
			continue
		}
		if !latest.IsZero() && s.acked.Before(latest) {
			t.verdict.disordered++
		}
		if s.posted.After(latest) {
			latest = s.posted
		}
	}
	for text := range came {
		switch n := found[text]; {
		case n == 0:
			t.verdict.lost++
		case n > 1:
			t.verdict.doubled += n - 1
		}
	}
	return lines.Err()
}

// outOrder holds that each message was accepted once, and each conversation's in the order they were written.
func (t *trial) outOrder(db *sql.DB) error {
	of, err := t.conversations(db)
	if err != nil {
		return err
	}
	lines, err := db.Query(`SELECT id, conversation_id, coalesce(handle, ''), seq FROM messages WHERE NOT inbound`)
	if err != nil {
		return err
	}
	defer func() { _ = lines.Close() }()
	seqs := map[string]int64{}
	for lines.Next() {
		var id, conversation, handle string
		var seq int64
		if err := lines.Scan(&id, &conversation, &handle, &seq); err != nil {
			return err
		}
		seqs[id], seqs[conversation+" "+handle] = seq, seq
	}
	last, seen := map[string]int64{}, map[string]bool{}
	for _, e := range t.world.ledger.Entries(0) {
		if e.What != channeltest.Accepted {
			continue
		}
		name := e.Message
		if e.Channel == channels.Telegram {
			name = of[e.To] + " " + number(e.ID)
		}
		seq, ok := seqs[name]
		key := fmt.Sprint(e.To, " ", seq)
		switch {
		case !ok:
			t.verdict.doubled++ // nobody wrote it, or a second copy whose handle was not kept
		case seen[key]:
			t.verdict.doubled++
		case seq < last[e.To]:
			t.verdict.disordered++
		}
		seen[key], last[e.To] = true, max(last[e.To], seq)
	}
	return lines.Err()
}

// number is a Telegram message's in its chat: "<chat>:<number>" is the fake's name for it.
func number(id string) string { return id[strings.IndexByte(id, ':')+1:] }

// conversations finds by what people wrote, who each wrote something of their own, which conversation is whose.
func (t *trial) conversations(db *sql.DB) (of map[string]string, err error) {
	lines, err := db.Query(`SELECT body, conversation_id FROM messages WHERE inbound`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = lines.Close() }()
	by := map[string]string{}
	for lines.Next() {
		var body, conversation string
		if err := lines.Scan(&body, &conversation); err != nil {
			return nil, err
		}
		by[body] = conversation
	}
	of = map[string]string{}
	for _, e := range t.world.ledger.Entries(0) {
		if c := by[e.Text]; e.What == channeltest.Wrote && c != "" {
			of[e.From] = c
		}
	}
	return of, lines.Err()
}
