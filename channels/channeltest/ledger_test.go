package channeltest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"concierge/channels"
)

// TestLedgerWakes: whoever waits for an address is woken by its next message, and by no later one too late.
func TestLedgerWakes(t *testing.T) {
	l := NewLedger(nil)
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	var group sync.WaitGroup
	for p := range 20 {
		to := fmt.Sprintf("sms:+4477009000%02d", p)
		for range 2 { // two wait for the same
			group.Go(func() {
				for n := range 200 {
					if e, err := l.Await(ctx, channels.Address(to), n); err != nil || e.Text != fmt.Sprint(n) {
						t.Errorf("%s %d: %+v %v", to, n, e, err)
						return
					}
				}
			})
		}
		group.Go(func() {
			for n := range 200 {
				l.add(Entry{What: Asked, To: to})
				l.add(Entry{What: Accepted, To: to, Text: fmt.Sprint(n)})
			}
		})
	}
	group.Wait()
	if e, err := l.WaitText(ctx, "sms:+447700900007", 3, func(s string) bool { return len(s) == 3 }); err != nil || e.Text != "100" {
		t.Errorf("%+v %v", e, err)
	}
	if e, err := l.WaitFor(ctx, func(e Entry) bool { return e.N == 7000 }); err != nil || e.N != 7000 || e.At.IsZero() {
		t.Errorf("%+v %v", e, err)
	}
	short, end := context.WithTimeout(ctx, 20*time.Millisecond)
	defer end()
	if _, err := l.Await(short, "sms:+447700900007", 200); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a message that never came: %v", err)
	}
	if len(l.Addresses()) != 20 || l.Count(Asked) != 4000 || len(l.Texts("sms:+447700900007")) != 200 {
		t.Error("the books do not add up")
	}
}
