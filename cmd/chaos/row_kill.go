package main

import (
	"fmt"
	"time"
)

// walkers is how many residents write at the same time, and dawdle how long each thinks at most: together about 50 messages a second.
const (
	walkers = 12
	dawdle  = 300 * time.Millisecond
)

// kill kills one node after the other under load, without warning, and starts each again half a second later.
func kill(t *trial) error {
	w := t.world
	c := w.gather(t.seed, walkers, settleTime, dawdle)
	t.excused = t.inFlight
	var err error
	for i := range t.asked {
		time.Sleep(time.Second/2 + time.Duration(w.rand.Int64N(int64(time.Second))))
		n := w.nodes[i%len(w.nodes)]
		w.broke()
		if err = n.kill(); err != nil {
			break
		}
		t.injected++
		time.Sleep(500 * time.Millisecond)
		if err = n.start(); err != nil {
			break
		}
	}
	time.Sleep(2 * time.Second)
	t.people = c.home()
	if err != nil {
		return err
	}
	if w.postgres == nil {
		return t.integrity()
	}
	return t.firstAnswers(c)
}

// firstAnswers holds that those who met a fault had their answer soon.
func (t *trial) firstAnswers(c *crowd) error {
	db, err := t.world.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := t.settled(db); err != nil {
		return err
	}
	if err := t.waits(db, c); err != nil {
		return err
	}
	if t.first > firstBar {
		t.breaks("an answer came %v after a kill; %v is the promise", t.first.Round(time.Millisecond), firstBar)
	}
	return nil
}

// integrity asks SQLite whether its file is whole.
func (t *trial) integrity() error {
	db, err := t.world.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var said string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&said); err != nil {
		return fmt.Errorf("integrity_check: %w", err)
	}
	if said != "ok" {
		t.breaks("integrity_check: %s", said)
	}
	return nil
}
