package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/big"
)

// base58 leaves out 0 O I l, and has no sign that a messenger would style or cut at.
const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// TokenSize is the length of every link token: 128 bits in base58.
const TokenSize = 22

// LinkToken makes the token of a link number: number and zeros in one AES block, so that nothing else needs to be stored.
func (k *Keys) LinkToken(number uint64) string {
	var block [16]byte
	binary.BigEndian.PutUint64(block[:8], number)
	k.ring.Load().link.Encrypt(block[:], block[:])
	return encode58(block)
}

// NewToken makes a link token that means nothing: who hands it out keeps its Digest beside what it is for.
func NewToken() string {
	var block [16]byte
	_, _ = rand.Read(block[:]) // it never fails
	return encode58(block)
}

// Digest is what is kept of a token: its SHA-256, from which it cannot be made again.
func Digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func encode58(block [16]byte) string {
	n := new(big.Int).SetBytes(block[:])
	token := make([]byte, TokenSize)
	mod, base := new(big.Int), big.NewInt(58)
	for i := TokenSize - 1; i >= 0; i-- {
		n.DivMod(n, base, mod)
		token[i] = base58[mod.Int64()]
	}
	return string(token)
}

// LinkNo reads a token back. A token we did not make is not ours: of 2^64 guesses one passes.
func (k *Keys) LinkNo(token string) (uint64, bool) {
	if len(token) != TokenSize {
		return 0, false
	}
	n, base := new(big.Int), big.NewInt(58)
	for i := range token {
		digit := index58(token[i])
		if digit < 0 {
			return 0, false
		}
		n.Add(n.Mul(n, base), big.NewInt(int64(digit)))
	}
	if n.BitLen() > 128 {
		return 0, false
	}
	var block [16]byte
	n.FillBytes(block[:])
	k.ring.Load().link.Decrypt(block[:], block[:])
	if binary.BigEndian.Uint64(block[8:]) != 0 {
		return 0, false
	}
	return binary.BigEndian.Uint64(block[:8]), true
}

func index58(c byte) int {
	for i := range len(base58) {
		if base58[i] == c {
			return i
		}
	}
	return -1
}
