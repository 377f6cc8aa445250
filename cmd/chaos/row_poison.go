package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// broken is what somebody is told whose message failed three times.
const broken = "Something went wrong on our side."

// calmTime is how long others write before the first message that no turn can read, and poisonTime how long while there are some: the
// third try is 10 s after the first.
const (
	calmTime   = 6 * time.Second
	poisonTime = 14 * time.Second
)

// poison lets people write messages whose turn fails, each in one of ten ways, as their first word or in the middle of a report: after
// the third try they are told that a person will read it, staff see it, and nobody else notices.
func poison(t *trial) error {
	w := t.world
	c := w.gather(t.seed, walkers, settleTime, dawdle)
	time.Sleep(calmTime)
	started := w.broke()
	ways := []string{"text", "error", "map", "pointer", "index", "slice", "divide", "assert", "closed", "slow"}
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := range t.asked {
		r := w.newResident(t.seed)
		t.people = append(t.people, r)
		all.Go(func() {
			ctx := context.Background()
			if i/len(ways)%2 == 1 {
				if !r.turn(ctx, r.walk()[0]) {
					return
				}
				if _, ok := r.hear(ctx, 10*time.Second); !ok {
					return
				}
			}
			if r.turn(ctx, step{"spoil:" + ways[i%len(ways)] + " " + r.token, []string{broken}}) {
				mu.Lock()
				t.injected++
				mu.Unlock()
			}
		})
		time.Sleep(4 * time.Second / time.Duration(t.asked))
	}
	all.Wait()
	time.Sleep(time.Until(started.Add(poisonTime)))
	t.people = append(t.people, c.home()...)
	db, err := w.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if t.verdict.stuck, err = t.settled(db); err != nil {
		return err
	}
	calm, amid := c.p99(time.Time{}, started), c.p99(started, started.Add(poisonTime))
	t.note("others=%dms,%dms", calm.Milliseconds(), amid.Milliseconds())
	if amid > calm*3/2+slack {
		t.breaks("others waited %v at p99 and %v before there was poison", amid, calm)
	}
	for what, query := range map[string]string{
		"set aside after three tries": `SELECT count(*) FROM messages WHERE inbound AND taken = 'aside' AND tries = 3 AND body LIKE 'spoil:%'`,
		"shown to staff":              `SELECT count(*) FROM handoffs WHERE reason = 'engine_error' AND ended_at IS NULL`,
	} {
		n, err := t.count(query)
		if err != nil {
			return err
		}
		if n != t.injected {
			t.breaks("%d of %d messages are %s", n, t.injected, what)
		}
	}
	return nil
}

// slack is what a busy machine may add to one wait in a hundred.
const slack = 150 * time.Millisecond

// p99 is the wait for an answer, of messages posted in a stretch of time.
func (c *crowd) p99(from, to time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	var waits []time.Duration
	for _, t := range c.turns {
		if t.posted.After(from) && t.posted.Before(to) {
			waits = append(waits, t.answered.Sub(t.posted))
		}
	}
	return percentile(waits, 99)
}

func percentile(all []time.Duration, p int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)*p/100]
}
