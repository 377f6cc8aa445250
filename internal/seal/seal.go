// Package seal keeps what a stolen dump must not show: sealed columns, the keyed index they are found by, and the links we hand out.
// It refuses to know what it seals.
//
// Three random keys live in the table keys, wrapped by one derived from CONCIERGE_SECRET: data, index and link. A new secret rewraps
// three rows; no column changes.
package seal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"encoding/hex"

	"concierge/internal/database"
)

// ErrSecret is returned when the keys do not open under this secret.
var ErrSecret = errors.New("CONCIERGE_SECRET does not open this database's keys: set the one it was made with")

const keySize = 32

// The keys by name. dataKey's name is part of what is sealed, so that a later key can stand beside it.
const (
	dataKey  = "data-1"
	indexKey = "index-1"
	linkKey  = "link-1"
)

// Keys seals and opens. It is safe for use at once.
type Keys struct {
	data  cipher.AEAD
	link  cipher.Block
	index []byte
	root  []byte
}

// Load reads the database's keys, making them the first time; two nodes that start at once get the same ones.
func Load(ctx context.Context, db *database.DB, secret []byte) (*Keys, error) {
	if len(secret) < 16 {
		return nil, errors.New("CONCIERGE_SECRET is too short: make one with `openssl rand -hex 32`")
	}
	wrap, err := gcm(derive(secret, "wrap"))
	if err != nil {
		return nil, err
	}
	opened := map[string][]byte{}
	err = db.Write(ctx, func(tx *database.Tx) error {
		for _, name := range []string{dataKey, indexKey, linkKey} {
			if err := ensure(ctx, tx, wrap, name); err != nil {
				return err
			}
			var wrapped []byte
			if err := tx.QueryRow(ctx, `SELECT wrapped FROM keys WHERE name = $1`, name).Scan(&wrapped); err != nil {
				return fmt.Errorf("read key: %w", err)
			}
			plain, err := unseal(wrap, wrapped, []byte(name))
			if err != nil {
				return ErrSecret
			}
			opened[name] = plain
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return newKeys(opened, secret)
}

func ensure(ctx context.Context, tx *database.Tx, wrap cipher.AEAD, name string) error {
	key := make([]byte, keySize)
	rand.Read(key)
	_, err := tx.Exec(ctx, `INSERT INTO keys (name, wrapped, made_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`,
		name, seal(wrap, key, []byte(name)), tx.Now())
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	return nil
}

func newKeys(opened map[string][]byte, secret []byte) (*Keys, error) {
	data, err := gcm(opened[dataKey])
	if err != nil {
		return nil, err
	}
	link, err := aes.NewCipher(opened[linkKey])
	if err != nil {
		return nil, err
	}
	return &Keys{data: data, link: link, index: opened[indexKey], root: append([]byte(nil), secret...)}, nil
}

// Seal encrypts a column's value. Table and row are bound to it: moved to another row, it does not open.
func (k *Keys) Seal(table, row string, plain []byte) []byte {
	return seal(k.data, plain, bound(table, row))
}

// Open decrypts what Seal made for the same table and row.
func (k *Keys) Open(table, row string, sealed []byte) ([]byte, error) {
	plain, err := unseal(k.data, sealed, bound(table, row))
	if err != nil {
		return nil, fmt.Errorf("open sealed column of %s: %w", table, err)
	}
	return plain, nil
}

// Index is the keyed hash a sealed value is found by.
func (k *Keys) Index(kind, value string) []byte {
	h := hmac.New(sha256.New, k.index)
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write([]byte(value))
	return h.Sum(nil)
}

// Hash is Index as text, shortened to 128 bits: for ids that are compared and never shown.
func (k *Keys) Hash(label, value string) string {
	return hex.EncodeToString(k.Index(label, value)[:16])
}

// Derive makes a key for one use, such as cookies or form tokens.
func (k *Keys) Derive(label string) []byte { return derive(k.root, label) }

// DeriveFrom is Derive for what must work before there is a database: the spool.
func DeriveFrom(secret []byte, label string) []byte { return derive(secret, label) }

// SecretFile returns the secret kept in a data folder, making it once. For SQLite only: nodes on Postgres share theirs.
func SecretFile(folder string) ([]byte, error) {
	file := filepath.Join(folder, "secret")
	if data, err := os.ReadFile(file); err == nil {
		return []byte(strings.TrimSpace(string(data))), nil
	}
	secret := make([]byte, keySize)
	rand.Read(secret)
	text := hex.EncodeToString(secret)
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) { // another command was quicker
		return SecretFile(folder)
	}
	if err != nil {
		return nil, fmt.Errorf("make secret: %w", err)
	}
	if _, err := f.WriteString(text + "\n"); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return []byte(text), errors.Join(f.Sync(), f.Close())
}

func bound(table, row string) []byte { return []byte(table + "\x00" + row + "\x00" + dataKey) }

func derive(secret []byte, label string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "concierge "+label, keySize)
	if err != nil {
		panic(err) // only for a length no hash can give
	}
	return key
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func seal(a cipher.AEAD, plain, bound []byte) []byte {
	nonce := make([]byte, a.NonceSize(), a.NonceSize()+len(plain)+a.Overhead())
	rand.Read(nonce)
	return a.Seal(nonce, nonce, plain, bound)
}

func unseal(a cipher.AEAD, sealed, bound []byte) ([]byte, error) {
	if len(sealed) < a.NonceSize() {
		return nil, errors.New("too short to be sealed")
	}
	return a.Open(nil, sealed[:a.NonceSize()], sealed[a.NonceSize():], bound)
}
