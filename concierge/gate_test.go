package concierge

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"concierge/channels"
)

// passing is a gate and the conversations that get through it, with the moment each did.
type passing struct {
	*gate
	start time.Time
	mu    sync.Mutex
	went  []string
}

func newPassing(rate float64) *passing {
	p := &passing{start: time.Now()}
	p.gate = newGate(rate, time.Now, func(id string) { p.try(id) })
	return p
}

func last(all []string) string { return all[len(all)-1] }

func (p *passing) try(id string) bool {
	if !p.enter(id) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.went = append(p.went, fmt.Sprint(id, " ", time.Since(p.start)))
	return true
}

func (p *passing) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.went)
}

func TestTheGateKeepsASendersRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(1)
		for _, id := range []string{"a", "b", "c", "b"} {
			p.try(id)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := fmt.Sprint(p.all()); got != "[a 0s b 1s c 2s]" {
			t.Errorf("through: %s", got)
		}
		p.close()
	})
}

func TestTheGateShutsForAProviderThatCannotBeReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(0)
		for n := range breakAfter {
			if !p.try(fmt.Sprint(n)) {
				t.Fatalf("shut after %d", n)
			}
			p.leave()
			p.told(&channels.SendError{Class: channels.Retry})
		}
		if p.try("x") {
			t.Fatal("still open")
		}
		time.Sleep(breakFor + time.Second)
		synctest.Wait()
		if got := last(p.all()); got != "x 15s" {
			t.Errorf("the probe: %s", got)
		}
		p.leave()
		p.told(&channels.SendError{Class: channels.Retry})
		if p.try("y") {
			t.Error("the probe failed, and it is open")
		}
		p.close()
	})
}

func TestTheGateWaitsAsLongAsTheProviderSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(0)
		p.told(&channels.SendError{Class: channels.Throttled, After: 7 * time.Second})
		p.try("a")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := fmt.Sprint(p.all()); got != "[a 7s]" {
			t.Errorf("through: %s", got)
		}
		p.close()
	})
}

func TestTheGateHasSoManyPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(0)
		for n := range slots {
			p.try(fmt.Sprint(n))
		}
		if p.try("late") || !p.inLine("late") {
			t.Fatal("more at once than there are places")
		}
		time.Sleep(500 * time.Millisecond)
		p.leave()
		if got := last(p.all()); got != "late 500ms" {
			t.Errorf("the next in line: %s", got)
		}
		p.close()
	})
}
