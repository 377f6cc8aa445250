// Package seal keeps what a stolen dump must not show: sealed columns, the keyed index they are found by, and the links we hand out.
// It refuses to know what it seals.
//
// Random keys live in the table keys, wrapped by one derived from CONCIERGE_SECRET: data, index and link, numbered from 1. A new secret
// rewraps these few rows and no column changes; a new data key stands beside the old one until all rows are sealed under it.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"concierge/internal/database"
)

const keySize = 32

// Keys seals and opens. It is safe for use at once.
type Keys struct {
	db       *database.DB
	wraps    []cipher.AEAD // of the secret, then of the one before it
	learning sync.Mutex
	watched  atomic.Bool
	ring     atomic.Pointer[ring]
}

// Seal encrypts a column's value under the newest data key. Table, row and key are bound to it: moved to another row, it does not open.
func (k *Keys) Seal(table, row string, plain []byte) []byte {
	r := k.fresh()
	return r.data[r.current].seal(table, row, plain)
}

// Open decrypts what Seal made for the same table and row, under whichever key it was.
func (k *Keys) Open(table, row string, sealed []byte) ([]byte, error) {
	r := k.ring.Load()
	plain, _, err := r.open(table, row, sealed)
	if err != nil && r.data[tag(sealed)] == nil { // another node learned a new key before us
		if err := k.learn(); err != nil {
			return nil, fmt.Errorf("open sealed column of %s: %w", table, err)
		}
		plain, _, err = k.ring.Load().open(table, row, sealed)
	}
	if err != nil {
		return nil, fmt.Errorf("open sealed column of %s: %w", table, err)
	}
	return plain, nil
}

// Index is the keyed hash a sealed value is found by.
func (k *Keys) Index(kind, value string) []byte {
	r := k.ring.Load()
	return r.hash(r.index, kind, value)
}

// Hash is a keyed hash as text, shortened to 128 bits: for ids that are compared and never shown. What it hashed is kept nowhere, so
// its key stays when the index key changes.
func (k *Keys) Hash(label, value string) string {
	r := k.ring.Load()
	return hex.EncodeToString(r.hash(r.ids, label, value)[:16])
}

// Derive makes a key for one use, such as form tokens. It stays when the secret changes: nobody's open form goes stale.
func (k *Keys) Derive(label string) []byte { return derive(k.ring.Load().ids, label) }

// DeriveFrom makes a key of the secret alone, for what must work before there is a database: the spool.
func DeriveFrom(secret []byte, label string) []byte { return derive(secret, label) }

func derive(secret []byte, label string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "concierge "+label, keySize)
	if err != nil {
		panic(err) // only for a length no hash can give
	}
	return key
}

func (r *ring) hash(key []byte, kind, value string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write([]byte(value))
	return h.Sum(nil)
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func seal(a cipher.AEAD, head, plain, bound []byte) []byte {
	n := len(head) + a.NonceSize()
	out := make([]byte, n, n+len(plain)+a.Overhead())
	copy(out, head)
	rand.Read(out[len(head):])
	return a.Seal(out, out[len(head):], plain, bound)
}

func unseal(a cipher.AEAD, sealed, bound []byte) ([]byte, error) {
	if len(sealed) < a.NonceSize() {
		return nil, errors.New("too short to be sealed")
	}
	return a.Open(nil, sealed[:a.NonceSize()], sealed[a.NonceSize():], bound)
}
