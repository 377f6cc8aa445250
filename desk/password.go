package desk

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Source of the costs: OWASP Password Storage Cheat Sheet, argon2id, 19 MiB, two passes, one lane.
const (
	argonKiB    = 19 * 1024
	argonPasses = 2
	argonLanes  = 1
	saltSize    = 16
	hashSize    = 32

	shortest = 12  // characters
	longest  = 256 // bytes: a longer one only costs us time
)

//go:embed common.txt
var commonPasswords string

var (
	errShort  = errors.New("password too short")
	errLong   = errors.New("password too long")
	errCommon = errors.New("password too common")
)

// hasher makes and checks password hashes, at most one a processor at once: each takes 19 MiB and some 30 ms.
type hasher struct {
	turns chan struct{}
	dummy string // checked for unknown names, so that they take as long as known ones
}

func newHasher() *hasher {
	h := &hasher{turns: make(chan struct{}, runtime.NumCPU())}
	h.dummy = encode(make([]byte, saltSize), make([]byte, hashSize))
	return h
}

// hash makes the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	key, err := h.derive(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return encode(salt, key), nil
}

// check tells whether the password is the one of the hash. An empty hash costs the same and is never right.
func (h *hasher) check(ctx context.Context, password, hash string) (bool, error) {
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[3] != cost() {
		return false, errors.New("check password: a hash of an unknown make")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	got, err := h.derive(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

func (h *hasher) derive(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case h.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash: %w", ctx.Err())
	}
	defer func() { <-h.turns }()
	return argon2.IDKey([]byte(password), salt, argonPasses, argonKiB, argonLanes, hashSize), nil
}

func cost() string { return fmt.Sprintf("m=%d,t=%d,p=%d", argonKiB, argonPasses, argonLanes) }

func encode(salt, key []byte) string {
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$%s$%s$%s", argon2.Version, cost(), text(salt), text(key))
}

// acceptable says what is wrong with a new password. mine are words it may not be made of alone: the account, the council.
func acceptable(password string, mine ...string) error {
	if utf8.RuneCountInString(password) < shortest {
		return errShort
	}
	if len(password) > longest {
		return errLong
	}
	folded := plain(password)
	for _, word := range append(strings.Fields(commonPasswords), mine...) {
		if word = plain(word); len(word) > 3 && strings.Trim(strings.ReplaceAll(folded, word, ""), "0123456789") == "" {
			return errCommon
		}
	}
	if distinct(folded) < 5 {
		return errCommon
	}
	return nil
}

// plain keeps the letters and digits, small: "Pass-Word 1234" is "password1234".
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_.!?@#$%&*+/\\", r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}
