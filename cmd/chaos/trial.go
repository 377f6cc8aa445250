package main

import (
	"database/sql"
	"fmt"
	"strings"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
)

// trial is one run of a row: what it did to a world and what came of it.
type trial struct {
	world           *world
	seed            uint64
	points          string // only crash points whose names have this in them
	asked, injected int
	people          []*resident
	excused         func(r *resident, first, second time.Time) bool
	acked, unacked  int
	first           time.Duration
	settling        time.Duration
	patience        time.Duration // how long what is on its way may be so at the end; 0 is settleTime
	verdict         verdict
	notes           []string
	broken          []string // promises of the row's own
}

func (t *trial) breaks(format string, args ...any) {
	t.broken = append(t.broken, fmt.Sprintf(format, args...))
}

func (t *trial) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// settleTime is the longest a send in doubt may take to come right: its lease, two looks at the provider's list, and sending again.
const settleTime = 110 * time.Second

// judge waits until nothing moves any more and holds everything against what was due.
func (t *trial) judge() error {
	db, err := t.world.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	t.verdict.stuck, err = t.settled(db)
	if err != nil {
		return err
	}
	told, doubtful := map[string]bool{}, 0
	for _, r := range t.people {
		got := t.world.ledger.Accepted(r.at)
		var excused func(a, b time.Time) bool
		if t.excused != nil {
			excused = func(a, b time.Time) bool { return t.excused(r, a, b) }
		}
		v := judge(r.due, got, excused)
		if v.broken() && len(t.broken) < 5 {
			t.breaks("%s: L=%d D=%d O=%d; due %v; got %s", r.at, v.lost, v.doubled, v.disordered, r.due, brief(got))
		}
		t.verdict.add(v)
		t.acked += r.acked
		if r.doubt {
			t.unacked++
			if strings.Contains(r.due[len(r.due)-1].words, filed) {
				doubtful++
			}
		}
		for _, e := range got {
			if i := strings.Index(e.Text, filed); i >= 0 && len(e.Text) >= i+len(filed)+8 {
				told[e.Text[i+len(filed):][:8]] = true
			}
		}
	}
	for _, e := range t.world.ledger.Broken() {
		t.breaks("no provider would take %s: %s", e.Call, e.Why)
	}
	t.verdict.cases, err = casesThatDiffer(db, told, doubtful)
	return err
}

// settled waits until no row is on its way and the ledger is quiet, and counts the rows that stay.
func (t *trial) settled(db *sql.DB) (stuck int, err error) {
	entries, quiet, most := 0, time.Now(), max(t.patience, settleTime)
	for begun := time.Now(); time.Since(begun) < most; time.Sleep(200 * time.Millisecond) {
		if n := len(t.world.ledger.Entries(0)); n != entries {
			entries, quiet = n, time.Now()
		}
		err = db.QueryRow(`SELECT count(*) FROM messages WHERE (NOT inbound AND status IN ('queued', 'sending')) OR (inbound AND taken IN ('', 'waiting'))`).Scan(&stuck)
		if err != nil {
			continue
		}
		if stuck == 0 && time.Since(quiet) > time.Second {
			t.settling = time.Since(begun)
			return 0, nil
		}
	}
	return stuck, err
}

// casesThatDiffer counts cases that were told and are not there, and those that are there and nobody was told of. doubtful residents may
// or may not have filed one: their last message was not acknowledged.
func casesThatDiffer(db *sql.DB, told map[string]bool, doubtful int) (int, error) {
	lines, err := db.Query(`SELECT reference FROM cases`)
	if err != nil {
		return 0, err
	}
	defer func() { _ = lines.Close() }()
	differ, untold := len(told), 0
	for lines.Next() {
		var ref string
		if err := lines.Scan(&ref); err != nil {
			return 0, err
		}
		if told[dashed(ref)] {
			differ--
		} else {
			untold++
		}
	}
	return differ + max(0, untold-doubtful), lines.Err()
}

func dashed(ref string) string {
	if len(ref) == 7 {
		return ref[:3] + "-" + ref[3:]
	}
	return ref
}

// brief shows what somebody was sent, a few words each.
func brief(got []channeltest.Entry) string {
	var b strings.Builder
	for _, e := range got {
		fmt.Fprintf(&b, "[%s %.24q]", e.At.Format("05.000"), e.Text)
	}
	return b.String()
}

// inFlight excuses a second copy over Telegram of a send that was in flight when a node was killed: a provider that cannot be asked.
func (t *trial) inFlight(r *resident, first, second time.Time) bool {
	if r.kind != channels.Telegram || second.Sub(first) < 10*time.Second { // a lease is 15 s
		return false
	}
	t.world.mu.Lock()
	defer t.world.mu.Unlock()
	for _, f := range t.world.faults {
		if first.After(f.Add(-3*time.Second)) && first.Before(f.Add(500*time.Millisecond)) {
			return true
		}
	}
	return false
}
