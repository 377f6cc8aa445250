package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The kinds of keys. A key's name is its kind and number: data-1. The name of a data key is part of what is sealed.
const (
	dataKind  = "data"
	indexKind = "index"
	linkKind  = "link"
)

// ring is the keys one node knows. It is never changed: whoever learns makes a new one.
type ring struct {
	opened  map[string][]byte // by name
	data    map[uint16]*dataKey
	current uint16 // what is sealed under
	index   []byte // the newest
	ids     []byte // the first index key, for ever
	link    cipher.Block
	learned time.Time
}

// newRing sorts keys by kind. used tells which data keys may be sealed under already.
func newRing(opened map[string][]byte, used map[string]bool) (*ring, error) {
	r := &ring{opened: opened, data: map[uint16]*dataKey{}, learned: time.Now()}
	var index uint16
	for name, key := range opened {
		kind, number, err := parse(name)
		if err != nil {
			return nil, err
		}
		switch kind {
		case dataKind:
			a, err := gcm(key)
			if err != nil {
				return nil, err
			}
			r.data[number] = &dataKey{a, name, number}
			if used[name] {
				r.current = max(r.current, number)
			}
		case indexKind:
			if number == 1 {
				r.ids = key
			}
			if number > index {
				index, r.index = number, key
			}
		case linkKind:
			if r.link, err = aes.NewCipher(key); err != nil {
				return nil, err
			}
		}
	}
	if r.current == 0 || r.ids == nil || r.link == nil {
		return nil, errors.New("the table keys lacks a key: restore it from a backup")
	}
	return r, nil
}

func parse(name string) (kind string, number uint16, err error) {
	kind, digits, _ := strings.Cut(name, "-")
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("%q is no key of this version", name)
	}
	return kind, uint16(n), nil
}

// dataKey is one data key.
type dataKey struct {
	cipher.AEAD
	name   string
	number uint16
}

// What is sealed under data-1 has no head, as in the first schema; under a later key it begins with these two bytes and its number.
const (
	headOne  = 0xc5
	headTwo  = 'k'
	headSize = 4
)

func (d *dataKey) seal(table, row string, plain []byte) []byte {
	var head []byte
	if d.number > 1 {
		head = binary.BigEndian.AppendUint16([]byte{headOne, headTwo}, d.number)
	}
	return seal(d, head, plain, d.bound(table, row))
}

func (d *dataKey) open(table, row string, sealed []byte) ([]byte, error) {
	if d.number > 1 {
		sealed = sealed[headSize:]
	}
	return unseal(d, sealed, d.bound(table, row))
}

func (d *dataKey) bound(table, row string) []byte {
	return []byte(table + "\x00" + row + "\x00" + d.name)
}

// tag reads the number of the key something is sealed under. A nonce of data-1 may look like a head once in four thousand million:
// then the key does not fit, and data-1 is tried.
func tag(sealed []byte) uint16 {
	if len(sealed) < headSize || sealed[0] != headOne || sealed[1] != headTwo {
		return 1
	}
	return binary.BigEndian.Uint16(sealed[2:])
}

var errNoKey = errors.New("no key opens it")

// open decrypts, and tells under which key it was.
func (r *ring) open(table, row string, sealed []byte) ([]byte, uint16, error) {
	for _, number := range []uint16{tag(sealed), 1} {
		if d := r.data[number]; d != nil {
			if plain, err := d.open(table, row, sealed); err == nil {
				return plain, number, nil
			}
		}
	}
	return nil, 0, errNoKey
}
