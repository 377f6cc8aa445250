package spool

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// The frame of a record: magic 4, length 4, CRC-32C 4, version 1, kind 1, then length bytes of payload. The CRC covers all that
// follows it, and the length. Numbers are little-endian.
const (
	headSize = 14
	version  = 1
	timeSize = 8
)

func magic() []byte { return []byte{0xC7, 'S', 'p', 0x9B} }

// overhead is what sealing adds: nonce, tag and the time.
const overhead = 12 + 16 + timeSize

const maxPayload = MaxRecord + overhead

var (
	errTorn = errors.New("record ends early")
	errBad  = errors.New("no good record")
)

// frame makes a record's bytes.
func (s *Spool) frame(kind byte, at time.Time, data []byte) []byte {
	nonce := s.aead.NonceSize()
	out := make([]byte, headSize+nonce, headSize+overhead+len(data))
	copy(out, magic())
	binary.LittleEndian.PutUint32(out[4:], uint32(len(data)+overhead))
	out[12], out[13] = version, kind
	_, _ = rand.Read(out[headSize:]) // never fails
	plain := make([]byte, timeSize, timeSize+len(data))
	binary.LittleEndian.PutUint64(plain, uint64(at.UnixMicro()))
	plain = append(plain, data...)
	out = s.aead.Seal(out, out[headSize:], plain, out[12:14])
	binary.LittleEndian.PutUint32(out[8:], sum(out))
	return out
}

func sum(frame []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(frame[4:8], table), table, frame[12:])
}

// check tells how long the record at the start of b is; errTorn when b ends inside one that may be good, errBad when it is none.
func check(b []byte) (int, error) {
	m := magic()
	if n := min(len(b), len(m)); !bytes.Equal(b[:n], m[:n]) {
		return 0, errBad
	}
	if len(b) < headSize {
		return 0, errTorn
	}
	length := binary.LittleEndian.Uint32(b[4:])
	if length < overhead || length > maxPayload || b[12] != version {
		return 0, errBad
	}
	n := headSize + int(length)
	if len(b) < n {
		return 0, errTorn
	}
	if binary.LittleEndian.Uint32(b[8:]) != sum(b[:n]) {
		return 0, errBad
	}
	return n, nil
}

// open reads the one record that b is.
func (s *Spool) open(b []byte) (Record, error) {
	nonce := b[headSize : headSize+s.aead.NonceSize()]
	plain, err := s.aead.Open(nil, nonce, b[headSize+len(nonce):], b[12:14])
	for i := 0; err != nil && i < len(s.older); i++ {
		plain, err = s.older[i].Open(nil, nonce, b[headSize+len(nonce):], b[12:14])
	}
	if err != nil || len(plain) < timeSize {
		return Record{}, errBad
	}
	at := time.UnixMicro(int64(binary.LittleEndian.Uint64(plain))).UTC()
	return Record{Kind: b[13], At: at, Data: plain[timeSize:]}, nil
}

// nextGood finds where the next whole record with a good CRC begins; len(b) when there is none.
func nextGood(b []byte, from int) int {
	for from < len(b) {
		i := bytes.Index(b[from:], magic())
		if i < 0 {
			break
		}
		from += i
		if _, err := check(b[from:]); err == nil {
			return from
		}
		from++
	}
	return len(b)
}
