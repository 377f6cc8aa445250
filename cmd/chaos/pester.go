package main

import (
	"context"
	"sync"
	"time"
)

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

// judge waits, the database being well again, until all is answered: soon, in each of the orders asked, and each webhook had taken no
// longer than bar at p99.
func (p *pester) judge(bar time.Duration, orders ...string) error {
	back := time.Now()
	p.acked = len(p.came)
	db, err := p.world.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if p.verdict.stuck, err = p.settled(db); err != nil {
		return err
	}
	p.drained(time.Since(back))
	p99 := percentile(p.waits, 99)
	p.note("p99=%dms", p99.Milliseconds())
	if p99 > bar {
		p.breaks("a webhook took %v at p99; %v is the promise", p99, bar)
	}
	p.noErrors()
	for _, order := range orders {
		if err := p.inOrder(db, order, p.came); err != nil {
			return err
		}
	}
	return p.outOrder(db)
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
