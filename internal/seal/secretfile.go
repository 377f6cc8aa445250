package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// SecretFile returns the secrets kept in a data folder, making one the first time: the secret, and while it is being changed the one
// before it. For SQLite only: nodes on Postgres share theirs.
func SecretFile(folder string) ([][]byte, error) {
	file := filepath.Join(folder, "secret")
	data, err := os.ReadFile(file)
	if err == nil {
		return Secrets(data), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	text := NewSecret()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) { // another command was quicker
		return SecretFile(folder)
	}
	if err != nil {
		return nil, fmt.Errorf("make secret: %w", err)
	}
	if _, err := f.Write(append(text, '\n')); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return [][]byte{text}, errors.Join(f.Sync(), f.Close())
}

// NewSecret makes a secret of 256 bits.
func NewSecret() []byte {
	secret := make([]byte, keySize)
	rand.Read(secret)
	return []byte(hex.EncodeToString(secret))
}

// Secrets reads "new,old".
func Secrets(text []byte) (all [][]byte) {
	for s := range bytes.SplitSeq(text, []byte{','}) {
		if s = bytes.TrimSpace(s); len(s) > 0 {
			all = append(all, bytes.Clone(s))
		}
	}
	return all
}

// WriteSecrets puts the secrets into the folder's file, durably and all at once: a crash leaves the old file or the new.
func WriteSecrets(folder string, secrets ...[]byte) error {
	file := filepath.Join(folder, "secret")
	f, err := os.OpenFile(file+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write secret: %w", err)
	}
	_, err = f.Write(append(bytes.Join(secrets, []byte{','}), '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write secret: %w", err)
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return fmt.Errorf("write secret: %w", err)
	}
	d, err := os.Open(folder)
	if err != nil {
		return fmt.Errorf("write secret: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
