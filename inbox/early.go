package inbox

import (
	"context"
	"fmt"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// News of a send may come before we know the send by its provider's id. It is kept so long, and at most so much of it: a number that
// other software sends from brings news that is never ours.
const (
	earlyFor  = time.Hour
	earlyMost = 10_000
)

// keepEarly keeps a receipt whose message is not known, as part of a batch. kept tells whether there was room.
func keepEarly(b *database.Batch, r channels.Receipt, now time.Time, kept *int64) {
	b.ExecCount(kept, `INSERT INTO early_receipts (handle, status, channel, reason, code, at) SELECT $1, $2, $3, $4, $5, $6
		WHERE (SELECT COUNT(*) FROM early_receipts) < $7 ON CONFLICT (handle, status) DO NOTHING`,
		string(r.Handle), string(r.Status), string(r.Channel), r.Reason, r.Code, now, earlyMost)
}

// JoinEarly stores the early receipts whose messages are known by now, at most limit, and forgets those an hour old. left tells how many
// are still early.
func (in *Inbox) JoinEarly(ctx context.Context, tx *database.Tx, limit int) (did []Receipted, left int, err error) {
	var all []channels.Receipt
	b := &database.Batch{}
	b.Exec(`DELETE FROM early_receipts WHERE at < $1`, tx.Now().Add(-earlyFor))
	b.Each(`SELECT e.handle, e.status, e.channel, e.reason, e.code FROM early_receipts e
		WHERE EXISTS (SELECT 1 FROM messages m WHERE m.handle = e.handle AND NOT m.inbound) ORDER BY e.handle, e.status LIMIT $1`, func(scan func(...any) error) error {
		var r channels.Receipt
		err := scan(&r.Handle, &r.Status, &r.Channel, &r.Reason, &r.Code)
		all = append(all, r)
		return err
	}, limit)
	if err := tx.Run(ctx, b); err != nil {
		return nil, 0, fmt.Errorf("look for early receipts: %w", err)
	}
	b = &database.Batch{}
	ours := make([]int64, len(all))
	for i, r := range all {
		b.ExecCount(&ours[i], `DELETE FROM early_receipts WHERE handle = $1 AND status = $2`, string(r.Handle), string(r.Status))
	}
	b.Row(`SELECT COUNT(*) FROM early_receipts`).Into(&left)
	if err := tx.Run(ctx, b); err != nil {
		return nil, 0, fmt.Errorf("join early receipts: %w", err)
	}
	var mine []channels.Receipt // another node may have joined some of them meanwhile
	for i, r := range all {
		if ours[i] > 0 {
			mine = append(mine, r)
		}
	}
	did, err = in.Receipts(ctx, tx, mine)
	return did, left, err
}
