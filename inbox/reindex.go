package inbox

import (
	"context"
	"fmt"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/seal"
)

// reindexAtOnce is how many addresses are held in memory at a time.
const reindexAtOnce = 1000

// Reindex hashes every address anew under the keys' index key, in the caller's transaction and with the service stopped: half an index
// would make second contacts of people we know. It returns how many there were.
func Reindex(ctx context.Context, tx *database.Tx, keys *seal.Keys) (n int, err error) {
	in := &Inbox{keys: keys}
	for after := ""; ; {
		var b database.Batch
		last, seen, err := in.reindexFrom(ctx, tx, &b, after)
		if err != nil {
			return n, fmt.Errorf("read addresses: %w", err)
		}
		if err := tx.Run(ctx, &b); err != nil {
			return n, fmt.Errorf("index addresses: %w", err)
		}
		n, after = n+seen, last
		if seen < reindexAtOnce {
			return n, nil
		}
	}
}

func (in *Inbox) reindexFrom(ctx context.Context, tx *database.Tx, b *database.Batch, after string) (last string, seen int, err error) {
	rows, err := tx.Query(ctx, `SELECT id, sealed FROM addresses WHERE id > $1 ORDER BY id LIMIT $2`, after, reindexAtOnce)
	if err != nil {
		return "", 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var sealed []byte
		if err := rows.Scan(&last, &sealed); err != nil {
			return "", 0, err
		}
		plain, err := in.keys.Open("addresses", last, sealed)
		if err != nil {
			return "", 0, err
		}
		a := channels.Address(plain)
		b.Exec(`UPDATE addresses SET index_hmac = $1, last4_hmac = $2 WHERE id = $3`, in.index(a), in.last4(a), last)
		seen++
	}
	return last, seen, rows.Err()
}
