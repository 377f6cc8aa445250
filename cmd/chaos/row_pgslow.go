package main

import (
	"os"
	"strings"
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
	for _, n := range w.nodes {
		if b, err := os.ReadFile(n.log); err != nil || !strings.Contains(string(b), "messages are kept on this node's disk") {
			t.breaks("the spool of %s never took over", n.url)
		}
	}
	return p.judge(patienceBar, byReply)
}
