// Package spool keeps on this node's disk what came in while the database was away: append, sync, then the sender may be told that it
// is safe. What lies here is read back in the order it came and deleted once somebody says it is committed elsewhere. It refuses to
// know what it keeps: a kind byte, a time and sealed bytes.
//
// A record is magic, length, CRC-32C, version, kind and a payload sealed under a key from CONCIERGE_SECRET. Records stand one behind
// the other in segments of about 1 MiB, named by rising numbers.
package spool

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The limits (docs/operating.md, "The spool"). A Telegram update is at most 1 MiB; 4 KiB are for what we add.
const (
	MaxRecord   = 1<<20 + 4<<10 // bytes of one record's data
	maxBytes    = 256 << 20     // of all segments
	segmentSize = 1 << 20       // a segment that has come so far is followed by another
)

// What Append and Open may say. All but ErrTooLarge mean: not now, try again.
var (
	ErrFull     = errors.New("spool: full")
	ErrTooLarge = errors.New("spool: record too large")
	ErrClosed   = errors.New("spool: closed")
	ErrSecret   = errors.New("spool: its records were sealed under another CONCIERGE_SECRET: write the new one, a comma, and that one until it is drained")
)

// Options are what a node and tests set. The zero Options work.
type Options struct {
	MaxBytes int64    // of all segments; 0 is 256 MiB
	Segment  int64    // bytes after which a new segment begins; 0 is 1 MiB
	Older    [][]byte // keys whose records are read too: so the spool drains while the secret is being changed
	// Bad is told of each stretch that could not be read and was set aside in a file ending in .bad. nil: nobody is told.
	Bad func(file string, bytes int)

	Create     func(path string) (File, error) // makes a segment's file; nil is the disk
	SyncFolder func(folder string) error       // makes names in a folder durable; nil is the disk
}

// File is what a segment is written through; tests let it fail, or lose what is not synced.
type File interface {
	io.Writer
	Sync() error
	Truncate(int64) error
	Close() error
}

// Record is one thing kept.
type Record struct {
	Kind byte
	At   time.Time // when it came, by this node's clock, in microseconds
	Data []byte

	segment *segment
	end     int64
}

// Spool is safe for use at once; Peek and Commit are for one drain at a time.
type Spool struct {
	folder string
	aead   cipher.AEAD   // what is sealed under
	older  []cipher.AEAD // what is opened with too
	o      Options

	mu       sync.Mutex
	line     []*entry
	waiting  int64 // bytes in line
	writing  bool
	closed   bool
	segments []*segment // oldest first; the last may be active
	active   *segment
	next     uint64 // number of the next segment
	bytes    int64
	pending  int
	cursor   int64 // in the oldest segment: where the first record not committed begins
	work     sync.WaitGroup
}

// segment is one file of records. Bytes past size are not synced, and nobody reads them.
type segment struct {
	path    string
	size    int64
	records int
	f       File // nil when nothing more is written
}

// Open finds what was left, cuts tails that a crash tore, and proves that the folder can be written: otherwise it fails. The key is 32
// bytes.
func Open(folder string, key []byte, o Options) (*Spool, error) {
	s := &Spool{folder: folder, o: o}
	for _, k := range append([][]byte{key}, o.Older...) {
		block, err := aes.NewCipher(k)
		if err != nil {
			return nil, fmt.Errorf("open spool: %w", err)
		}
		a, err := cipher.NewGCM(block)
		if err != nil {
			return nil, fmt.Errorf("open spool: %w", err)
		}
		s.older = append(s.older, a)
	}
	s.aead, s.older = s.older[0], s.older[1:]
	if s.o.MaxBytes == 0 {
		s.o.MaxBytes = maxBytes
	}
	if s.o.Segment == 0 {
		s.o.Segment = segmentSize
	}
	if s.o.Bad == nil {
		s.o.Bad = func(string, int) {}
	}
	if s.o.Create == nil {
		s.o.Create = createFile
	}
	if s.o.SyncFolder == nil {
		s.o.SyncFolder = syncFolder
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make spool: %w", err)
	}
	if err := s.probe(); err != nil {
		return nil, fmt.Errorf("spool not writable: %w", err)
	}
	return s, s.find()
}

func createFile(path string) (File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

// probe writes, syncs, reads back and deletes a small file.
func (s *Spool) probe() error {
	path := filepath.Join(s.folder, "probe")
	_ = os.Remove(path) // of a start that died here
	f, err := s.o.Create(path)
	if err != nil {
		return err
	}
	const text = "can it be written, synced and read?"
	_, err = io.WriteString(f, text)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		var back []byte
		if back, err = os.ReadFile(path); err == nil && string(back) != text {
			err = errors.New("what was written reads otherwise")
		}
	}
	return errors.Join(err, os.Remove(path), s.o.SyncFolder(s.folder))
}

// Pending tells how many records are not committed, and how many bytes the segments take.
func (s *Spool) Pending() (records int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending, s.bytes
}

// Close takes no more records and waits for those being written. What is not committed stays for the next start.
func (s *Spool) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.work.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seal()
}

// seal ends the active segment. The caller holds mu, and nothing is being written.
func (s *Spool) seal() error {
	if s.active == nil {
		return nil
	}
	err := s.active.f.Close()
	s.active.f, s.active = nil, nil
	return err
}

// syncFolder makes what was created or deleted in a folder durable.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
