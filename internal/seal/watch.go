package seal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"concierge/internal/database"
)

// How nodes learn of a new key: each looks every second. One that could not look for staleAfter looks before it seals again, so that
// nothing is sealed under a key that was retired meanwhile.
const (
	watchEvery = time.Second
	learnTime  = 2 * time.Second
	staleAfter = 30 * time.Second
	holdFor    = 10 * time.Second // many looks, and a slow database
)

// Watch learns of new keys until the context ends.
func (k *Keys) Watch(ctx context.Context, log *slog.Logger) {
	k.watched.Store(true)
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	said := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := k.learn()
		if !errors.Is(err, ErrSecret) {
			continue
		}
		if !said {
			log.Error("a new key does not open: start this node with the new secret", "error", err)
			said = true
		}
		if err := k.hold(); err != nil {
			log.Warn("reseal not held", "error", err)
		}
	}
}

// hold keeps a reseal from going on for a while. A node that cannot open the new key goes on sealing under the old one: were that retired
// meanwhile, nobody could ever read what it wrote.
func (k *Keys) hold() error {
	ctx, cancel := context.WithTimeout(context.Background(), learnTime)
	defer cancel()
	return k.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE reseals SET pass_began_at = $1, pass_moved = pass_moved + 1 WHERE ended_at IS NULL`, tx.Now().Add(holdFor))
		if err != nil {
			return fmt.Errorf("hold reseal: %w", err)
		}
		return nil
	})
}

// fresh is the ring to seal under.
func (k *Keys) fresh() *ring {
	if r := k.ring.Load(); !k.watched.Load() || time.Since(r.learned) < staleAfter {
		return r
	}
	_ = k.learn() // the database is away: then what is sealed is not stored either
	return k.ring.Load()
}

// learn reads the keys once more, in a transaction of its own.
func (k *Keys) learn() error {
	k.learning.Lock()
	defer k.learning.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), learnTime)
	defer cancel()
	return k.db.Read(ctx, func(tx *database.Tx) error { return k.read(ctx, tx) })
}
