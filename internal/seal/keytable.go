package seal

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"concierge/internal/database"
)

// ErrSecret is returned when the keys do not open under this secret, nor under the one before it.
var ErrSecret = errors.New(`CONCIERGE_SECRET does not open this database's keys: set the one it was made with; while you change it, ` +
	`write the new one, a comma, and the old one (docs/operating.md, "Changing the secret"). On SQLite it stands in the file secret of CONCIERGE_DATA`)

// minSecret is in bytes: 128 bits, if they were random.
const minSecret = 16

// Load reads the database's keys, making them the first time; two nodes that start at once get the same ones. While the secret is
// being changed older is the one before it: keys wrapped by either are read.
func Load(ctx context.Context, db *database.DB, secret []byte, older ...[]byte) (*Keys, error) {
	k := &Keys{db: db}
	for _, s := range append([][]byte{secret}, older...) {
		if len(s) < minSecret {
			return nil, errors.New("CONCIERGE_SECRET is too short: make one with `openssl rand -hex 32`")
		}
		wrap, err := gcm(derive(s, "wrap"))
		if err != nil {
			return nil, err
		}
		k.wraps = append(k.wraps, wrap)
	}
	err := db.Write(ctx, func(tx *database.Tx) error {
		for _, kind := range []string{dataKind, indexKind, linkKind} {
			if err := k.make(ctx, tx, kind+"-1", nil); err != nil {
				return err
			}
		}
		return k.read(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// make writes a new key; one that is there stays. A data key with a time is only learned until then.
func (k *Keys) make(ctx context.Context, tx *database.Tx, name string, from *time.Time) error {
	key := make([]byte, keySize)
	rand.Read(key)
	_, err := tx.Exec(ctx, `INSERT INTO keys (name, wrapped, made_at, used_from) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING`,
		name, seal(k.wraps[0], nil, key, []byte(name)), tx.Now(), from)
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	return nil
}

// row is one row of the table keys.
type row struct {
	name    string
	wrapped []byte
	from    *time.Time
}

// rows reads the keys that are not retired.
func rows(ctx context.Context, tx *database.Tx) (all []row, err error) {
	list, err := tx.Query(ctx, `SELECT name, wrapped, used_from FROM keys WHERE retired_at IS NULL ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	defer list.Close()
	for list.Next() {
		var r row
		if err := list.Scan(&r.name, &r.wrapped, &r.from); err != nil {
			return nil, fmt.Errorf("read keys: %w", err)
		}
		all = append(all, r)
	}
	return all, list.Err()
}

// read makes the ring of what the table holds now. A key that is known is not unwrapped again: a node goes on under the secret it was
// started with.
func (k *Keys) read(ctx context.Context, tx *database.Tx) error {
	all, err := rows(ctx, tx)
	if err != nil {
		return err
	}
	opened, used := map[string][]byte{}, map[string]bool{}
	if r := k.ring.Load(); r != nil {
		for name, key := range r.opened { // also those retired meanwhile: somebody may hold a row read before
			opened[name] = key
		}
	}
	for _, r := range all {
		used[r.name] = r.from == nil || !r.from.After(tx.Now())
		if opened[r.name] != nil {
			continue
		}
		key, _, err := k.unwrap(r)
		if err != nil {
			return err
		}
		opened[r.name] = key
	}
	next, err := newRing(opened, used)
	if err != nil {
		return err
	}
	k.ring.Store(next)
	return nil
}

// unwrap opens a key, and tells whether it is wrapped by the secret or by the one before it.
func (k *Keys) unwrap(r row) (key []byte, by int, err error) {
	var wrap cipher.AEAD
	for by, wrap = range k.wraps {
		if key, err = unseal(wrap, r.wrapped, []byte(r.name)); err == nil {
			return key, by, nil
		}
	}
	return nil, 0, ErrSecret
}

// Old tells how many keys are wrapped by the secret before the first: rewrapped, it can be left out.
func (k *Keys) Old(ctx context.Context, tx *database.Tx) (n int, err error) {
	all, err := rows(ctx, tx)
	for _, r := range all {
		_, by, err := k.unwrap(r)
		if err != nil {
			return 0, err
		}
		n += min(by, 1)
	}
	return n, err
}

// Rewrap wraps every key by the first secret. In one transaction: there is no half of it.
func (k *Keys) Rewrap(ctx context.Context, tx *database.Tx) (n int, err error) {
	all, err := rows(ctx, tx)
	if err != nil {
		return 0, err
	}
	for _, r := range all {
		key, by, err := k.unwrap(r)
		if err != nil {
			return 0, err
		}
		if by == 0 {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE keys SET wrapped = $1 WHERE name = $2`, seal(k.wraps[0], nil, key, []byte(r.name)), r.name); err != nil {
			return 0, fmt.Errorf("rewrap key: %w", err)
		}
		n++
	}
	return n, nil
}
