package main

import (
	"time"

	"concierge/channels/channeltest"
)

// term stops one node after the other under load, as an operator does, while every call to a provider takes its time: the node ends
// by itself within 10 s, and no send is cut.
func term(t *trial) error {
	w := t.world
	w.twilio.Script(channeltest.Fault{Delay: 300 * time.Millisecond, Times: channeltest.Always})
	w.telegram.Script(channeltest.Fault{Delay: 300 * time.Millisecond, Times: channeltest.Always})
	c := w.gather(t.seed, walkers, settleTime, dawdle)
	var longest time.Duration
	var failed error
	for i := range t.asked {
		time.Sleep(2*time.Second + time.Duration(w.rand.Int64N(int64(time.Second))))
		n := w.nodes[i%len(w.nodes)]
		took, err := n.stop()
		t.injected++
		longest = max(longest, took)
		if err != nil {
			t.breaks("a node asked to stop ended with: %v", err)
		}
		if failed = n.start(); failed != nil {
			break
		}
	}
	t.people = c.home()
	if failed != nil {
		return failed
	}
	t.note("stop=%.1fs", longest.Seconds())
	if longest > 10*time.Second {
		t.breaks("a stop took %v; 10 s is the promise", longest)
	}
	cut, err := t.count(`SELECT count(*) FROM attempts WHERE result <> 'ok'`)
	if cut > 0 {
		t.breaks("%d sends were cut", cut)
	}
	return err
}
