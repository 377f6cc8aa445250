// Package channeltest is what every channel is tested against: providers on loopback that are as strict as the real ones (and
// stricter where those are silent), a ledger of all they were asked and what they accepted, a case table every adapter must pass,
// and a channel that only records. A fake kinder than its provider is a bug. It knows channels and nothing else of the house, so an
// oracle may trust it.
package channeltest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"concierge/channels"
)

// What is what happened at a provider.
type What string

// The kinds of entry. Accepted is what a resident gets; everything else says how it came about.
const (
	Asked    What = "asked"    // a call reached us, whatever came of it
	Accepted What = "accepted" // and we took it: a resident will read this
	Refused  What = "refused"  // or we did not, and said so
	Wrote    What = "wrote"    // a resident wrote, and this is what our webhook answered (status 0: nobody there)
	Told     What = "told"     // a status callback, and what it answered
	Answered What = "answered" // a pressed button stopped spinning
	Fetched  What = "fetched"  // a photo or file was downloaded
	Broken   What = "broken"   // a call no provider would take: the test fails
)

// Entry is one line of the ledger.
type Entry struct {
	N        int // from 1
	At       time.Time
	Channel  channels.Name
	What     What
	Call     string // "CreateMessage", "sendMessage"
	To, From string // addresses: "sms:+447700900123", "telegram:12345"
	Text     string // as the resident reads it
	Choices  []channels.Choice
	Pin      string // the button that shares a position
	ID       string // the provider's: "SM…", "<chat>:<message>", an update's number
	Message  string // our id, from the callback's address, where there is one
	Attempt  string
	Status   int    // HTTP
	Code     string // the provider's error code, or the status a callback told
	Why      string // of Broken
	Fields   map[string]string
}

// Ledger is append-only and safe for use at once.
type Ledger struct {
	mu      sync.Mutex
	entries []Entry
	to      map[string][]int         // places of Accepted by address
	more    chan struct{}            // closed at the next entry; nil while nobody waits
	moreTo  map[string]chan struct{} // closed at the next Accepted for an address somebody waits for
	each    func(Entry)
	now     func() time.Time
}

// NewLedger makes an empty ledger; each, if not nil, sees every entry as it is written, in order, and must be quick.
func NewLedger(each func(Entry)) *Ledger {
	return &Ledger{to: map[string][]int{}, moreTo: map[string]chan struct{}{}, each: each, now: time.Now}
}

func (l *Ledger) add(e Entry) Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.N, e.At = len(l.entries)+1, l.now()
	l.entries = append(l.entries, e)
	if e.What == Accepted {
		l.to[e.To] = append(l.to[e.To], len(l.entries)-1)
		if c := l.moreTo[e.To]; c != nil {
			close(c)
			delete(l.moreTo, e.To)
		}
	}
	if l.each != nil {
		l.each(e)
	}
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return e
}

// Entries is a copy of all entries so far, those after the first n.
func (l *Ledger) Entries(n int) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries[min(n, len(l.entries)):])
}

// Accepted is what an address was sent, in the order of acceptance.
func (l *Ledger) Accepted(to channels.Address) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Entry
	for _, i := range l.to[string(to)] {
		out = append(out, l.entries[i])
	}
	return out
}

// Texts is what an address was sent, as read.
func (l *Ledger) Texts(to channels.Address) []string {
	var out []string
	for _, e := range l.Accepted(to) {
		out = append(out, e.Text)
	}
	return out
}

// Addresses are all that were ever sent something, in order.
func (l *Ledger) Addresses() []channels.Address {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []channels.Address
	for _, a := range slices.Sorted(maps.Keys(l.to)) {
		out = append(out, channels.Address(a))
	}
	return out
}

// Count counts entries of a kind.
func (l *Ledger) Count(w What) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for i := range l.entries {
		if l.entries[i].What == w {
			n++
		}
	}
	return n
}

// Broken is each thing asked of a provider that none would take. A run with one of these has failed.
func (l *Ledger) Broken() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Entry
	for _, e := range l.entries {
		if e.What == Broken {
			out = append(out, e)
		}
	}
	return out
}

// WaitFor gives the first entry, past or to come, that is as wished. The wish is asked once of each entry, from the first: for one
// address of a long run Await is cheaper.
func (l *Ledger) WaitFor(ctx context.Context, wish func(Entry) bool) (Entry, error) {
	for seen := 0; ; {
		l.mu.Lock()
		fresh := l.entries[seen:len(l.entries):len(l.entries)]
		if l.more == nil {
			l.more = make(chan struct{})
		}
		more := l.more
		l.mu.Unlock()
		for _, e := range fresh {
			if wish(e) {
				return e, nil
			}
		}
		seen += len(fresh)
		select {
		case <-more:
		case <-ctx.Done():
			return Entry{}, ctx.Err()
		}
	}
}

// Await gives the message number n (from 0) that an address was sent, and waits for it when it has not come. Its cost does not grow
// with the ledger.
func (l *Ledger) Await(ctx context.Context, to channels.Address, n int) (Entry, error) {
	for {
		l.mu.Lock()
		if got := l.to[string(to)]; len(got) > n {
			e := l.entries[got[n]]
			l.mu.Unlock()
			return e, nil
		}
		more := l.moreTo[string(to)]
		if more == nil {
			more = make(chan struct{})
			l.moreTo[string(to)] = more
		}
		l.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return Entry{}, ctx.Err()
		}
	}
}

// WaitText waits for a message to an address whose text is as wished; n is how many of its first messages to pass over.
func (l *Ledger) WaitText(ctx context.Context, to channels.Address, n int, wish func(text string) bool) (Entry, error) {
	for ; ; n++ {
		e, err := l.Await(ctx, to, n)
		if err != nil || wish(e.Text) {
			return e, err
		}
	}
}
