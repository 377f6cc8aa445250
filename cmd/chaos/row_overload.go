package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Ten times the load of the other rows, and what a node may take of memory meanwhile.
const (
	overload = 500 // messages a second
	mostRSS  = 256 << 20
)

// flood brings ten times the usual load, whether or not the nodes keep up: their memory stays bounded, and what was acknowledged is
// answered, however late.
func flood(t *trial) error {
	w := t.world
	w.broke()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var group sync.WaitGroup
	every := time.NewTicker(time.Second / overload)
	defer every.Stop()
	begun := time.Now()
	for sent := 0; time.Since(begun) < time.Duration(t.asked)*time.Second; <-every.C {
		for want := int(time.Since(begun).Seconds() * overload); sent < want; sent++ { // a ticker that fell behind catches up
			r := w.newResident(t.seed)
			t.people = append(t.people, r)
			group.Go(func() { r.turn(ctx, r.walk()[0]) })
		}
	}
	t.injected = min(t.asked, len(t.people)/overload+1)
	group.Wait()
	t.note("sent=%d took-in=%.0fs", len(t.people), time.Since(begun).Seconds())
	t.patience = 5 * time.Minute
	db, err := w.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := t.settled(db); err != nil {
		return err
	}
	for i, n := range w.nodes {
		peak, err := n.peak()
		if err != nil {
			return err
		}
		t.note("rss%d=%dMiB", i, peak>>20)
		if peak > mostRSS {
			t.breaks("a node took %d MiB; %d is the promise", peak>>20, mostRSS>>20)
		}
	}
	return nil
}

// peak is the most memory the node has had, in bytes.
func (n *node) peak() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.proc.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read a node's memory: %w", err)
	}
	for line := range bytes.Lines(b) {
		if v, ok := strings.CutPrefix(string(line), "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(v)[0], 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("the machine does not say how much memory a process took")
}
