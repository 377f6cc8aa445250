package upload

import (
	"net/netip"
	"sync"
	"time"
)

// How often one network may send, or ask for links that lead nowhere. Many phones share one address of their carrier, so it is far more
// than a person needs; a token has 128 bits, so no number of tries finds one.
const (
	mostTries = 60
	triesSpan = 10 * time.Minute
	networks  = 10_000 // remembered at most: the memory stays bounded
)

// mostAtOnce is how many forms are read at once: what waits lies on disk, 30 MiB each.
const mostAtOnce = 32

// mostOfOne is how many of them one resident may have in hand: a form may take minutes to come, and one link must not keep the others out.
const mostOfOne = 4 // someone impatient presses more than once

// hands are the forms being read.
type hands struct {
	mu  sync.Mutex
	all int
	of  map[string]int // by conversation
}

// take lets a form in, or tells that there are too many.
func (h *hands) take(conversation string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all >= mostAtOnce || h.of[conversation] >= mostOfOne {
		return false
	}
	h.all++
	h.of[conversation]++
	return true
}

// give is told when a form has been dealt with.
func (h *hands) give(conversation string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all--
	if h.of[conversation]--; h.of[conversation] == 0 {
		delete(h.of, conversation)
	}
}

// tries counts by network, in spans. Nodes do not agree: the bound is each one's.
type tries struct {
	now  func() time.Time
	mu   sync.Mutex
	from time.Time
	seen map[netip.Prefix]int
}

func newTries(now func() time.Time) *tries { return &tries{now: now} }

// left tells whether a network may go on.
func (t *tries) left(a netip.Addr) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := t.now(); t.seen == nil || now.Sub(t.from) >= triesSpan || now.Before(t.from) {
		t.seen, t.from = map[netip.Prefix]int{}, now
	}
	return t.seen[t.network(a)] < mostTries
}

// count notes a try.
func (t *tries) count(a netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen[t.network(a)]++
}

// network is an IPv4 address, or the /64 of an IPv6 one. When too many are remembered new ones share a place.
func (t *tries) network(a netip.Addr) netip.Prefix {
	bits := 32
	if a = a.Unmap(); a.Is6() {
		bits = 64
	}
	n, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	if _, known := t.seen[n]; !known && len(t.seen) >= networks {
		return netip.Prefix{}
	}
	return n
}
