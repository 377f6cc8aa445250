package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// On WhatsApp a person may have two names: a phone number, and the business-scoped id that stays theirs when the number is hidden.
// The id is looked for first, then the number; both are kept. A number we know that comes with another id is another person's now:
// its old address is retired, and nobody sees the last owner's cases.

// known is a live address as it stands.
type known struct{ id, contact string }

// identify makes sure that both names of a sender lead to one contact. Arrive then finds or makes the conversation.
func (in *Inbox) identify(ctx context.Context, tx *database.Tx, m channels.Message) error {
	for _, also := range m.Also {
		if also.Kind() != m.From.Kind() || also == m.From || also.Value() == "" {
			continue
		}
		if err := in.join(ctx, tx, m.From, also); err != nil {
			return fmt.Errorf("tell who it is: %w", err)
		}
	}
	return nil
}

func (in *Inbox) join(ctx context.Context, tx *database.Tx, from, also channels.Address) error {
	scoped, number := also, from
	if from.IsBSUID() {
		scoped, number = from, also
	}
	byScoped, err := in.live(ctx, tx, scoped)
	if err != nil {
		return err
	}
	byNumber, err := in.live(ctx, tx, number)
	if err != nil {
		return err
	}
	now := tx.Now()
	b := &database.Batch{}
	switch {
	case byScoped != nil && byNumber != nil:
		if byScoped.contact != byNumber.contact { // the number has gone from one known person to another
			in.retire(b, byNumber, now)
			in.addAddress(b, in.newID(), byScoped.contact, number, in.index(number), now)
		}
	case byScoped != nil:
		in.addAddress(b, in.newID(), byScoped.contact, number, in.index(number), now)
	case byNumber != nil:
		other, err := in.otherScoped(ctx, tx, byNumber.contact)
		if err != nil {
			return err
		}
		contact := byNumber.contact
		if other { // a stranger behind a number we knew
			in.retire(b, byNumber, now)
			contact = in.newID()
			b.Exec(`INSERT INTO contacts (id, created_at, seen_at) VALUES ($1, $2, $2)`, contact, now)
			in.addAddress(b, in.newID(), contact, number, in.index(number), now)
		}
		in.addAddress(b, in.newID(), contact, scoped, in.index(scoped), now)
	default:
		contact := in.newID()
		b.Exec(`INSERT INTO contacts (id, created_at, seen_at) VALUES ($1, $2, $2)`, contact, now)
		in.addAddress(b, in.newID(), contact, scoped, in.index(scoped), now)
		in.addAddress(b, in.newID(), contact, number, in.index(number), now)
		b.Exec(`DELETE FROM contacts WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM addresses WHERE contact_id = $1)`, contact)
	}
	if b.Len() == 0 {
		return nil
	}
	return tx.Run(ctx, b)
}

func (in *Inbox) live(ctx context.Context, tx *database.Tx, a channels.Address) (*known, error) {
	k := &known{}
	err := tx.QueryRow(ctx, `SELECT id, contact_id FROM addresses WHERE kind = $1 AND index_hmac = $2 AND retired_at IS NULL`,
		string(a.Kind()), in.index(a)).Scan(&k.id, &k.contact)
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	return k, err
}

// otherScoped tells whether a contact has a business-scoped id already.
func (in *Inbox) otherScoped(ctx context.Context, tx *database.Tx, contact string) (bool, error) {
	rows, err := tx.Query(ctx, `SELECT id, sealed FROM addresses WHERE contact_id = $1 AND kind = 'whatsapp' AND retired_at IS NULL`, contact)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	scoped := false
	for rows.Next() {
		var id string
		var sealed []byte
		if err := rows.Scan(&id, &sealed); err != nil {
			return false, err
		}
		plain, err := in.keys.Open("addresses", id, sealed)
		if err != nil {
			return false, err
		}
		scoped = scoped || channels.Address(plain).IsBSUID()
	}
	return scoped, rows.Err()
}

func (in *Inbox) retire(b *database.Batch, k *known, now time.Time) {
	b.Exec(`UPDATE addresses SET retired_at = $2 WHERE id = $1`, k.id, now)
}
