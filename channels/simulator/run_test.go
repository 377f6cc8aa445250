package simulator_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/channels/simulator"
)

// TestEachPhoneIsAChannel runs the table every channel passes. What came is read from the visitor's page.
func TestEachPhoneIsAChannel(t *testing.T) {
	for _, n := range []channels.Name{channels.SMS, channels.WhatsApp, channels.Telegram} {
		t.Run(string(n), func(t *testing.T) {
			channeltest.Run(t, func(t *testing.T) *channeltest.Rig { return rig(t, n) })
		})
	}
}

func rig(t *testing.T, n channels.Name) *channeltest.Rig {
	host := &laterHost{}
	h := open(t, func(s *simulator.Settings) { host.Store(s.Receiver.(*channeltest.Receiver)); s.Receiver = host })
	v := h.visit()
	first := v.write(n, say{"text": "hello", "start": n == channels.Telegram})
	got := &channeltest.Receiver{} // what was written before the table begins is not the table's
	host.Store(got)
	w := &watched{Channel: h.channel(n), page: v, ledger: channeltest.NewLedger(nil)}
	return &channeltest.Rig{
		Channel: w, Resident: first.From, Got: got, Ledger: w.ledger, Write: func(_ context.Context, text string, copies int) int {
			code, _ := v.post("phones/"+string(n)+"/messages", say{"text": text, "copies": copies})
			return code
		},
	}
}

// laterHost is a receiver that can be exchanged.
type laterHost struct {
	atomic.Pointer[channeltest.Receiver]
}

func (l *laterHost) Receive(ctx context.Context, m channels.Message) error {
	return l.Load().Receive(ctx, m)
}
func (l *laterHost) Receipt(ctx context.Context, r channels.Receipt) error {
	return l.Load().Receipt(ctx, r)
}
func (l *laterHost) Quarantine(ctx context.Context, from channels.Name, id string, raw []byte) error {
	return l.Load().Quarantine(ctx, from, id, raw)
}

// watched is a channel whose every new bubble on the page goes into the ledger.
type watched struct {
	channels.Channel
	page   *visitor
	ledger *channeltest.Ledger
	mu     sync.Mutex
	seen   int
}

func (w *watched) Send(ctx context.Context, o channels.Outgoing) (channels.Handle, error) {
	handle, err := w.Channel.Send(ctx, o)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.page.state().phone(w.Name()).Bubbles {
		if b.Who != "council" || b.N <= w.seen {
			continue
		}
		w.seen = b.N
		e := channeltest.Entry{Channel: w.Name(), What: channeltest.Accepted, To: string(o.To), Text: b.Text, ID: string(handle)}
		for i, c := range b.Choices { // the page knows no data: the place in the list stands for it
			if i < len(o.Choices) && o.Choices[i].Label == c.Label {
				e.Choices = append(e.Choices, o.Choices[i])
			}
		}
		w.ledger.Note(e)
	}
	return handle, err
}
