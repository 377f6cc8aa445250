package main

import (
	"context"
	"os"
	"strings"
	"sync"
	"time"
)

// slowTime is how long the database is slow, each time, and slowBy what it takes longer to hear anything.
const (
	slowTime = 12 * time.Second
	slowBy   = 2 * time.Second
)

// patienceBar is the longest a webhook may take, at p99, while the database is slow: two seconds and what it takes to write to the spool.
const patienceBar = 2500 * time.Millisecond

// pgslow lets everything the nodes ask of Postgres come 2 s late, and then not at all, so that the whole pool waits: each webhook is
// answered all the same, from the spool, and afterwards all is read in order and answered.
func pgslow(t *trial) error {
	w := t.world
	p := &pester{trial: t, came: map[string]span{}}
	for i := range t.asked {
		pause := slowBy
		if i%2 == 1 {
			pause = -1 // not at all: whatever the pool holds is stuck
		}
		w.broke()
		w.proxy.pause.Store(int64(pause))
		p.writeUntil(time.Now().Add(slowTime))
		w.proxy.pause.Store(0)
		t.injected++
		p.writeUntil(time.Now().Add(2 * time.Second))
	}
	back := time.Now()
	t.acked = len(p.came)
	db, err := w.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if t.verdict.stuck, err = t.settled(db); err != nil {
		return err
	}
	t.drained(time.Since(back))
	p99 := percentile(p.waits, 99)
	t.note("p99=%dms", p99.Milliseconds())
	if p99 > patienceBar {
		t.breaks("a webhook took %v at p99; %v is the promise", p99, patienceBar)
	}
	for _, n := range w.nodes {
		if b, err := os.ReadFile(n.log); err != nil || !strings.Contains(string(b), "messages are kept on this node's disk") {
			t.breaks("the spool of %s never took over", n.url)
		}
	}
	t.noErrors()
	if err := t.inOrder(db, byReply, p.came); err != nil {
		return err
	}
	return t.outOrder(db)
}

// pester is residents who write without waiting for answers, and how long each webhook took.
type pester struct {
	*trial
	mu    sync.Mutex
	came  map[string]span
	waits []time.Duration
}

// writeUntil lets them write; it returns when the last webhook has been answered.
func (p *pester) writeUntil(end time.Time) {
	var group sync.WaitGroup
	for n := range walkers {
		group.Go(func() {
			for time.Now().Before(end) {
				p.three(p.world.newResident(p.seed + uint64(n)))
			}
		})
	}
	group.Wait()
}

// perSecond is how many messages all of them write in a second.
const perSecond = 50

// moment is what even the quickest needs between two messages: the nodes' clocks need not agree to the millisecond.
const moment = 10 * time.Millisecond

// three lets one write three messages.
func (p *pester) three(r *resident) {
	for _, say := range []string{"pothole ", "and another pothole ", "so many potholes "} {
		text := say + r.token
		begun := time.Now()
		status := r.write(context.Background(), text)
		p.mu.Lock()
		if status >= 200 && status < 300 {
			p.came[text] = span{begun, time.Now()}
			p.waits = append(p.waits, time.Since(begun))
		} else {
			p.unacked++
		}
		p.mu.Unlock()
		time.Sleep(moment + time.Duration(r.rand.Int64N(int64(2*(walkers*time.Second/perSecond-moment)))))
	}
}

// drained holds that what the spools kept was answered soon.
func (t *trial) drained(took time.Duration) {
	if took > drainBar+time.Second {
		t.breaks("drained only after %v; %v is the promise", took.Round(time.Second), drainBar)
	}
	t.note("drained=%.1fs", took.Seconds())
}

// drainBar is how soon after an outage everything that was kept has been answered.
const drainBar = 30 * time.Second
