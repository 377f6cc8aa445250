package concierge

import (
	"context"
	"slices"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/failpoint"
)

// Finder is a channel whose provider keeps a list of what we sent: it can be asked what became of a send nobody knows the fate of.
type Finder interface {
	// Find returns what an attempt made at a time may have become, the likeliest first; none is no proof in the first minute.
	Find(ctx context.Context, o channels.Outgoing, at time.Time) ([]channels.Handle, error)
}

// asks tells whether a channel's provider can be asked.
func (o *outbox) asks(n channels.Name) bool {
	_, ok := o.h.s.Channels[n].(Finder)
	return ok
}

// find asks around the moment the send was made. Where a clock has been set back since, either reading of it may be the provider's.
func (o *outbox) find(ctx context.Context, m *inbox.Marked) ([]channels.Handle, error) {
	finder := o.h.s.Channels[m.Out.To.Kind()].(Finder)
	found, err := finder.Find(ctx, m.Out, m.Made)
	if err != nil || !m.Back {
		return found, err
	}
	more, err := finder.Find(ctx, m.Out, m.At.Add(-time.Minute))
	return append(found, more...), err
}

// ask asks the provider about a message in doubt and stores what it says. Its lease keeps others from asking, and from sending.
func (o *outbox) ask(m *inbox.Marked) {
	defer o.gate(m).asked()
	ctx, cancel := context.WithTimeout(o.ctx, sendTime)
	found, err := o.find(ctx, m)
	cancel()
	said := "error"
	err2 := o.again(func(ctx context.Context) error {
		return o.h.s.DB.Write(ctx, func(tx *database.Tx) error {
			verdict, receipt, err := o.h.s.Inbox.Doubted(ctx, tx, m, found, err != nil)
			said = verdict
			if err == nil && receipt != nil {
				var did []inbox.Receipted
				if did, err = o.h.s.Inbox.Receipts(ctx, tx, []channels.Receipt{*receipt}); err == nil && did[0].Second {
					tx.AfterCommit(func() { o.h.second(string(receipt.Channel), receipt.Message) })
				}
			}
			failpoint.Hit("doubt: before commit")
			return err
		})
	})
	failpoint.Hit("doubt: after commit")
	if err2 != nil {
		o.h.s.Log.Warn("outbox: doubt not settled", "message", m.Out.ID, "error", err2)
		return
	}
	o.h.s.Metrics.Doubts.WithLabelValues(string(m.Out.To.Kind()), said).Inc()
	o.h.s.Log.Info("send in doubt", "message", m.Out.ID, "attempt", m.Out.Attempt, "listed", said, "candidates", len(slices.Compact(found)))
	o.wake(m.Conversation)
}
