package concierge

import (
	"slices"
	"testing"
	"time"

	"concierge/channels"
	"concierge/inbox"
)

func result(conversation, message string) inbox.Result {
	return inbox.Result{Marked: &inbox.Marked{Conversation: conversation, Out: channels.Outgoing{ID: message}}}
}

// TestNoResultIsLostBetweenTurnsAndTheOutbox: each result is taken once, by whoever comes first, and the end waits for all.
func TestNoResultIsLostBetweenTurnsAndTheOutbox(t *testing.T) {
	f := newFinished()
	f.put(result("a", "1"))
	f.put(result("b", "2"))
	f.put(result("b", "3")) // the answer to a send whose lease had ended came late
	if r, ok := f.claim("b"); !ok || r.Out.ID != "3" {
		t.Fatalf("claimed %v, %v", r.Out.ID, ok)
	}
	if _, ok := f.claim("b"); ok {
		t.Fatal("claimed twice")
	}
	got := map[string]bool{}
	for f.left > 0 && f.wait() {
		for _, r := range f.collect(1) {
			got[r.Out.ID] = true
		}
	}
	if len(got) != 2 || !got["1"] || !got["2"] {
		t.Fatalf("the outbox stores %v", got)
	}
	ended := make(chan bool)
	f.put(result("c", "4"))
	f.close()
	go func() {
		n := 0
		for f.wait() {
			n += len(f.collect(atOnce))
		}
		ended <- n == 1
	}()
	select {
	case whole := <-ended:
		if !whole {
			t.Error("the end did not wait for the last result")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it never ends")
	}
}

// TestTwoResultsOfOneConversationAreStoredOneAfterTheOther: stored together the message behind them would be marked, and sent, twice.
func TestTwoResultsOfOneConversationAreStoredOneAfterTheOther(t *testing.T) {
	f := newFinished()
	for _, r := range []inbox.Result{result("a", "1"), result("a", "2"), result("b", "3")} {
		f.put(r)
	}
	for round, want := range [][]string{{"1", "3"}, {"2"}, nil} {
		var got []string
		for _, r := range f.collect(atOnce) {
			got = append(got, r.Out.ID)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("round %d stores %v, want %v", round, got, want)
		}
	}
	if f.left != 0 {
		t.Errorf("%d left", f.left)
	}
}
