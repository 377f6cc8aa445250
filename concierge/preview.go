package concierge

import (
	"context"
	"errors"

	"concierge/cases"
	"concierge/inbox"
	"concierge/internal/database"
)

// Previewed is a Notice with the messages as they would be sent.
type Previewed struct {
	Notice
	Rows []inbox.Row
}

var errPreview = errors.New("only a preview")

// Preview tells what each follower would read of a move: it is made, worded as it would be sent, and taken back. It is refused as the
// move itself would be.
func (t *Teller) Preview(ctx context.Context, ref cases.Reference, version int64, m cases.Move, by cases.Actor) ([]Previewed, error) {
	var all []Previewed
	err := t.s.DB.Write(ctx, func(tx *database.Tx) error {
		one, err := t.s.Cases.Change(ctx, tx, ref, version, m, by)
		if err != nil {
			return err
		}
		followers, err := t.s.Cases.Followers(ctx, tx, one.ID)
		if err != nil {
			return err
		}
		for _, f := range followers {
			// Not locked: a turn that holds the conversation may be waiting for the case.
			c, err := t.s.Inbox.Get(ctx, tx, string(f.Conversation))
			if errors.Is(err, inbox.ErrNoConversation) {
				continue
			}
			if err != nil {
				return err
			}
			n, err := t.notice(ctx, tx, one, f, c)
			if err != nil {
				return err
			}
			p := Previewed{Notice: n}
			for _, w := range n.Words {
				rows, err := t.s.Inbox.Compose(n.Conversation, inbox.Update, w, tx.Now())
				if err != nil {
					return err
				}
				p.Rows = append(p.Rows, rows...)
			}
			all = append(all, p)
		}
		return errPreview
	})
	if errors.Is(err, errPreview) {
		return all, nil
	}
	return nil, err
}
