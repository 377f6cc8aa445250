package main

import (
	"time"

	"concierge/channels/channeltest"
)

// pgrestart restarts Postgres at once, again and again, under load: nothing is lost and no webhook is answered with an error.
func pgrestart(t *trial) error {
	w := t.world
	c := w.gather(t.seed, walkers, settleTime, dawdle)
	var failed error
	for range t.asked {
		time.Sleep(time.Second + time.Duration(w.rand.Int64N(int64(time.Second))))
		w.broke()
		w.postgres.down()
		t.injected++
		if failed = w.postgres.up(); failed != nil {
			break
		}
	}
	time.Sleep(time.Second)
	t.people = c.home()
	t.noErrors()
	return failed
}

// noErrors holds that every webhook was acknowledged.
func (t *trial) noErrors() {
	bad := 0
	for _, e := range t.world.ledger.Entries(0) {
		if (e.What == channeltest.Wrote || e.What == channeltest.Told) && (e.Status < 200 || e.Status > 299) {
			bad++
		}
	}
	if bad > 0 {
		t.breaks("%d webhooks were not answered with 2xx", bad)
	}
}

// webhookBar is the longest a webhook may take, at p99, while the database is away.
const webhookBar = 200 * time.Millisecond

// pgdown takes Postgres away and lets residents go on writing: each webhook is acknowledged, soon, and after the outage everything is
// read in order and answered.
func pgdown(t *trial) error {
	w := t.world
	p := &pester{trial: t, came: map[string]span{}}
	w.broke()
	w.postgres.down()
	p.writeUntil(time.Now().Add(time.Duration(t.asked) * time.Second))
	if err := w.postgres.up(); err != nil {
		return err
	}
	t.injected = t.asked
	return p.judge(webhookBar, byReply, bySeq) // and as staff read it
}
