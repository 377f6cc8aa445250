package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"concierge/internal/failpoint"
)

// entry is one record on its way to the disk.
type entry struct {
	frame []byte
	done  chan error
}

// Append keeps a record; nil means it is synced to disk. Those that come while one is being synced share the next sync. After an error
// the record may still be found by a later start: whoever reads must be ready for one that was refused.
func (s *Spool) Append(kind byte, at time.Time, data []byte) error {
	if len(data) > MaxRecord {
		return ErrTooLarge
	}
	e := &entry{frame: s.frame(kind, at, data), done: make(chan error, 1)}
	if err := s.join(e); err != nil {
		return err
	}
	return <-e.done
}

func (s *Spool) join(e *entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	size := int64(len(e.frame))
	if s.bytes+s.waiting+size > s.o.MaxBytes {
		return ErrFull
	}
	s.waiting += size
	s.line = append(s.line, e)
	if !s.writing {
		s.writing = true
		s.work.Go(s.write)
	}
	return nil
}

// write writes until nobody waits.
func (s *Spool) write() {
	for {
		group, to, err := s.group()
		if len(group) == 0 {
			_ = s.tidy()
			return
		}
		if err == nil {
			err = s.put(to, group)
		}
		s.settle(to, group, err)
	}
}

// group takes those who wait, as many as the segment has room for, and the segment.
func (s *Spool) group() ([]*entry, *segment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.line) == 0 {
		s.line, s.writing = nil, false
		return nil, nil, nil
	}
	var err error
	if s.active == nil {
		err = s.begin()
	}
	var size int64
	if s.active != nil {
		size = s.active.size
	}
	n := 0
	for n < len(s.line) && (n == 0 || size < s.o.Segment) {
		size += int64(len(s.line[n].frame))
		n++
	}
	group := s.line[:n:n]
	s.line = s.line[n:]
	return group, s.active, err
}

// begin makes a new segment. Its name is on disk before a record in it counts.
func (s *Spool) begin() error {
	path := filepath.Join(s.folder, fmt.Sprintf("%016x%s", s.next, ending))
	s.next++ // also when it fails: a name is used once
	f, err := s.o.Create(path)
	if err != nil {
		return fmt.Errorf("spool: begin segment: %w", err)
	}
	if err := s.o.SyncFolder(s.folder); err != nil {
		return errors.Join(fmt.Errorf("spool: begin segment: %w", err), f.Close(), os.Remove(path))
	}
	failpoint.Hit("spool: segment begun")
	s.active = &segment{path: path, f: f}
	s.segments = append(s.segments, s.active)
	return nil
}

// put writes a group and syncs it.
func (s *Spool) put(to *segment, group []*entry) error {
	for _, e := range group {
		half := len(e.frame) / 2
		if _, err := to.f.Write(e.frame[:half]); err != nil {
			return fmt.Errorf("spool: write: %w", err)
		}
		failpoint.Hit("spool: mid-append")
		if _, err := to.f.Write(e.frame[half:]); err != nil {
			return fmt.Errorf("spool: write: %w", err)
		}
	}
	failpoint.Hit("spool: before fsync")
	if err := to.f.Sync(); err != nil {
		return fmt.Errorf("spool: sync: %w", err)
	}
	failpoint.Hit("spool: after fsync")
	return nil
}

// settle makes a group readable, or takes it back, and tells each who waits. After a failure the segment is ended: what a disk that
// failed says about it is not believed any more.
func (s *Spool) settle(to *segment, group []*entry, err error) {
	s.mu.Lock()
	var size int64
	for _, e := range group {
		size += int64(len(e.frame))
	}
	s.waiting -= size
	switch {
	case err == nil:
		to.size += size
		to.records += len(group)
		s.bytes += size
		s.pending += len(group)
	case to != nil:
		_ = to.f.Truncate(to.size)
	}
	if to != nil && (err != nil || to.size >= s.o.Segment) {
		_ = s.seal()
	}
	s.mu.Unlock()
	for _, e := range group {
		e.done <- err
	}
}
