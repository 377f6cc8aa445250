package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"concierge/internal/failpoint"
)

const (
	ending    = ".spool"
	badEnding = ".bad"
)

// find reads what an earlier start left: counts its records, cuts torn tails, and sets aside what cannot be read.
func (s *Spool) find() error {
	names, err := os.ReadDir(s.folder)
	if err != nil {
		return fmt.Errorf("read spool: %w", err)
	}
	for _, n := range names {
		number, err := strconv.ParseUint(strings.TrimSuffix(n.Name(), ending), 16, 64)
		if err != nil || !strings.HasSuffix(n.Name(), ending) {
			continue // a .bad file, or nothing of ours
		}
		s.next = max(s.next, number+1)
		if err := s.adopt(filepath.Join(s.folder, n.Name())); err != nil {
			return err
		}
	}
	return nil
}

// adopt takes over one segment. os.ReadDir sorts by name, so they come in order.
func (s *Spool) adopt(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read spool: %w", err)
	}
	g := &segment{path: path, size: int64(len(b))}
	for at := 0; at < len(b); {
		n, err := check(b[at:])
		switch {
		case err == nil:
			if _, err := s.open(b[at : at+n]); err != nil && g.records == 0 {
				return ErrSecret
			}
			g.records++
			at += n
		case errors.Is(err, errTorn) && nextGood(b, at+1) == len(b), zeros(b[at:]):
			g.size = int64(at)
			if err := os.Truncate(path, g.size); err != nil {
				return fmt.Errorf("cut torn tail: %w", err)
			}
			b = b[:at]
		default:
			at = nextGood(b, at+1) // Peek sets it aside
		}
	}
	s.segments = append(s.segments, g)
	s.pending += g.records
	s.bytes += g.size
	return nil
}

// zeros tells a tail the file system had made room for and never wrote.
func zeros(b []byte) bool {
	return !slices.ContainsFunc(b, func(x byte) bool { return x != 0 })
}

// Peek reads the oldest records that are not committed, in order, at most max of them; none when there is nothing. They come again
// until they are committed.
func (s *Spool) Peek(max int) ([]Record, error) {
	for {
		s.mu.Lock()
		if len(s.segments) == 0 {
			s.mu.Unlock()
			return nil, nil
		}
		g, from, size, active := s.segments[0], s.cursor, s.segments[0].size, s.segments[0] == s.active
		s.mu.Unlock()
		all, err := s.read(g, from, size, max)
		if err != nil || len(all) > 0 || active {
			return all, err
		}
		if err := s.drop(g); err != nil { // nothing good is left in it
			return nil, err
		}
	}
}

// read reads records of one segment. What is none is set aside.
func (s *Spool) read(g *segment, from, size int64, max int) ([]Record, error) {
	if from >= size {
		return nil, nil
	}
	f, err := os.Open(g.path)
	if err != nil {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	defer f.Close()
	b := make([]byte, size-from)
	if _, err := io.ReadFull(io.NewSectionReader(f, from, size-from), b); err != nil {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	var all []Record
	for at := 0; at < len(b) && len(all) < max; {
		n, err := check(b[at:])
		var r Record
		if err == nil {
			r, err = s.open(b[at : at+n])
		}
		if err != nil {
			end := nextGood(b, at+1)
			if err := s.setAside(g, from+int64(at), b[at:end]); err != nil {
				return nil, err
			}
			at = end
			continue
		}
		at += n
		r.segment, r.end = g, from+int64(at)
		all = append(all, r)
	}
	return all, nil
}

// SetAside keeps a record that cannot be used beside the spool, in a file ending in .bad, still sealed. Commit it afterwards.
func (s *Spool) SetAside(r Record) error {
	return s.setAside(r.segment, r.end, s.frame(r.Kind, r.At, r.Data))
}

// setAside writes what cannot be read into a file of its own, named by where it stood: twice is once.
func (s *Spool) setAside(g *segment, at int64, b []byte) error {
	path := fmt.Sprintf("%s-%d%s", strings.TrimSuffix(g.path, ending), at, badEnding)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("set bad record aside: %w", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close(), s.o.SyncFolder(s.folder)); err != nil {
		return fmt.Errorf("set bad record aside: %w", errors.Join(err, os.Remove(path)))
	}
	s.o.Bad(path, len(b))
	return nil
}

// Commit says that records are safe elsewhere: r, and all that Peek gave before it. A segment whose last record is committed is
// deleted.
func (s *Spool) Commit(r Record, n int) error {
	s.mu.Lock()
	g := r.segment
	if len(s.segments) == 0 || s.segments[0] != g || r.end <= s.cursor {
		s.mu.Unlock()
		return nil // said before
	}
	s.cursor = r.end
	s.pending -= n
	g.records -= n
	s.mu.Unlock()
	return s.tidy()
}

// tidy deletes the oldest segment if all of it is committed and nothing more is being written to it.
func (s *Spool) tidy() error {
	s.mu.Lock()
	if len(s.segments) == 0 || s.cursor < s.segments[0].size || (s.segments[0] == s.active && s.writing) {
		s.mu.Unlock()
		return nil
	}
	g := s.segments[0]
	if g == s.active {
		_ = s.seal()
	}
	s.mu.Unlock()
	return s.drop(g)
}

// drop deletes the oldest segment.
func (s *Spool) drop(g *segment) error {
	s.mu.Lock()
	if len(s.segments) == 0 || s.segments[0] != g {
		s.mu.Unlock()
		return nil
	}
	s.segments = s.segments[1:]
	s.cursor = 0
	s.bytes -= g.size
	s.pending -= g.records // what was set aside
	s.mu.Unlock()
	failpoint.Hit("spool: before delete")
	if err := errors.Join(os.Remove(g.path), s.o.SyncFolder(s.folder)); err != nil {
		return fmt.Errorf("delete segment: %w", err)
	}
	failpoint.Hit("spool: after delete")
	return nil
}
