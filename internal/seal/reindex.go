package seal

import (
	"context"
	"errors"
	"fmt"

	"concierge/internal/database"
)

// NewIndex makes a new index key in the caller's transaction and returns the keys as they will be once it has committed. The caller
// hashes anew, in the same transaction, all that is found by Index; the service must be stopped meanwhile.
func (k *Keys) NewIndex(ctx context.Context, tx *database.Tx) (*Keys, error) {
	if old, err := k.Old(ctx, tx); err != nil || old > 0 {
		return nil, errors.Join(err, cond(old > 0, ErrRewrapFirst))
	}
	name, err := k.next(ctx, tx, indexKind)
	if err != nil {
		return nil, err
	}
	if err := k.make(ctx, tx, name, nil); err != nil {
		return nil, err
	}
	// the first index key also hashes ids that cannot be hashed anew: it stays
	if _, err := tx.Exec(ctx, `UPDATE keys SET wrapped = $1, retired_at = $2 WHERE name LIKE 'index-%' AND name <> $3 AND name <> 'index-1'
		AND retired_at IS NULL`, []byte{}, tx.Now(), name); err != nil {
		return nil, fmt.Errorf("retire key: %w", err)
	}
	next := &Keys{db: k.db, wraps: k.wraps}
	return next, next.read(ctx, tx)
}
