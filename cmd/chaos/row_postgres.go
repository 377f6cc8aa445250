package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"concierge/channels/channeltest"
)

// pgrestart restarts Postgres at once, again and again, under load: nothing is lost and no webhook is answered with an error.
func pgrestart(t *trial) error {
	w := t.world
	c := w.gather(t.seed, walkers, settleTime, dawdle)
	var failed error
	for range t.asked {
		time.Sleep(2*time.Second + time.Duration(w.rand.Int64N(int64(time.Second))))
		w.broke()
		w.postgres.down()
		t.injected++
		if failed = w.postgres.up(); failed != nil {
			break
		}
	}
	time.Sleep(time.Second)
	t.people = c.home()
	t.first = c.first(w.faults)
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

// pgdown takes Postgres away and lets residents go on writing: each webhook is acknowledged, soon, and after the outage everything is
// read in order and answered.
func pgdown(t *trial) error {
	w := t.world
	w.broke()
	w.postgres.down()
	t.injected = 1
	outage := time.Duration(t.asked) * time.Second
	end := time.Now().Add(outage)
	var group sync.WaitGroup
	var mu sync.Mutex
	var waits []time.Duration
	came := map[string]span{}
	for n := range walkers {
		group.Go(func() {
			for i := 0; time.Now().Before(end); i++ {
				r := w.newResident(t.seed + uint64(n))
				for k := range 3 {
					text := []string{"pothole ", "and another pothole ", "so many potholes "}[k] + r.token
					begun := time.Now()
					status := r.write(context.Background(), text)
					mu.Lock()
					if status >= 200 && status < 300 {
						came[text] = span{begun, time.Now()}
						waits = append(waits, time.Since(begun))
					} else {
						t.unacked++
					}
					mu.Unlock()
					time.Sleep(time.Duration(r.rand.Int64N(int64(dawdle))))
				}
			}
		})
	}
	time.Sleep(time.Until(end))
	if err := w.postgres.up(); err != nil {
		return err
	}
	group.Wait()
	back := time.Now()
	t.acked, t.injected = len(came), t.asked
	db, err := w.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if t.verdict.stuck, err = t.settled(db); err != nil {
		return err
	}
	if took := time.Since(back); took > 31*time.Second {
		t.breaks("drained only after %v; 30 s is the promise", took.Round(time.Second))
	} else {
		t.note("drained=%.1fs", took.Seconds())
	}
	slices.Sort(waits)
	p99 := waits[len(waits)*99/100]
	t.note("p99=%dms", p99.Milliseconds())
	t.noErrors()
	if err := t.inOrder(db, byReply, came); err != nil {
		return err
	}
	return t.outOrder(db)
}
