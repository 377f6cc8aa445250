package concierge

import (
	"context"
	"errors"

	"concierge/inbox"
	"concierge/internal/database"
)

// unheard takes marks back whose commit failed or was not heard of: the database may have them. Nothing was sent by them, so they need not
// stand in doubt. What cannot be taken back is asked about in its time, as after a crash.
func (o *outbox) unheard(all []*inbox.Marked) {
	if len(all) == 0 {
		return
	}
	o.storers.Go(func() {
		for _, m := range all {
			undone := false
			err := o.again(func(ctx context.Context) error {
				return o.h.s.DB.Write(ctx, func(tx *database.Tx) (err error) {
					undone, err = o.h.s.Inbox.Disown(ctx, tx, m, o.h.s.Node)
					return err
				})
			})
			switch {
			case err != nil && !errors.Is(err, inbox.ErrNoConversation):
				o.h.s.Log.Warn("outbox: mark not taken back", "message", m.Out.ID, "error", err)
			case undone:
				o.h.s.Log.Info("mark taken back", "message", m.Out.ID, "attempt", m.Out.Attempt)
				o.wake(m.Conversation)
			}
		}
	})
}
