package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
)

// What the row knows of the spool's files: the head of a record is magic, length, checksum, version and kind; the length of what follows
// stands at 4.
const (
	recordHead   = 14
	recordLength = 4
)

// spoolDisk breaks the disk under the spool while the database is away: full, read-only, a torn tail, a flipped bit. What cannot be kept
// is answered 503, never 2xx; what is good stays good, and what is bad is set aside.
func spoolDisk(t *trial) error {
	s := &spoolRow{trial: t, node: t.world.nodes[0]}
	s.folder = filepath.Join(s.node.folder, "spool")
	rounds := t.asked
	t.asked *= 4
	defer s.unmount()
	for range rounds {
		steps := []func() error{s.full, s.readOnly, s.torn, s.flipped}
		if os.Geteuid() != 0 {
			t.note("only-root-can-give-it-a-small-disk")
			steps = steps[2:]
		}
		for _, step := range steps {
			t.world.broke()
			if err := step(); err != nil {
				return err
			}
		}
	}
	return nil
}

type spoolRow struct {
	*trial
	node   *node
	folder string
}

// post lets somebody new write their first message; its status.
func (s *spoolRow) post() (*resident, int) {
	for {
		r := s.world.newResident(s.seed)
		if r.kind == channels.Telegram { // which writes again and again until it is taken: here a refusal is to be seen
			continue
		}
		first := r.walk()[0]
		status := r.write(context.Background(), first.say)
		r.expect(first, status)
		s.people = append(s.people, r)
		return r, status
	}
}

// refused posts until the spool refuses, at most n times, and then some more: no refusal may look like anything but 503.
func (s *spoolRow) refused(n int) (times int) {
	for i := 0; i < n && times < 5; i++ {
		_, status := s.post()
		switch {
		case status == 503:
			times++
		case status < 200 || status > 299:
			s.breaks("a webhook was answered %d; 503 says that it could not be kept", status)
		}
	}
	return times
}

// outage runs f while Postgres is away and nothing is taken directly.
func (s *spoolRow) outage(f func() error) error {
	s.world.postgres.down()
	err := f()
	return errors.Join(err, s.world.postgres.up())
}

// answered waits until the last who was acknowledged has an answer.
func (s *spoolRow) answered() error {
	if !s.node.up.Load() {
		if err := s.node.start(); err != nil {
			return err
		}
	}
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	for _, r := range slices.Backward(s.people) {
		if !r.doubt && !r.due[0].unsure {
			if _, ok := r.hear(ctx, 30*time.Second); !ok {
				s.breaks("%s was acknowledged and has no answer 30 s after the outage", r.at)
			}
			break
		}
	}
	return nil
}

// full gives the spool a disk of 64 KiB.
func (s *spoolRow) full() error {
	if err := s.mount("size=64k"); err != nil {
		return err
	}
	if err := s.node.start(); err != nil {
		return err
	}
	err := s.outage(func() error {
		switch times := s.refused(400); {
		case times == 0:
			s.breaks("400 messages went onto a disk of 64 KiB")
		case !s.logged("spool cannot be written"):
			s.breaks("nobody was told that the spool is full")
		default:
			s.injected++
		}
		return nil
	})
	return errors.Join(err, s.answered())
}

// readOnly puts a disk that cannot be written under the running node, and then starts a node on it, which must refuse.
func (s *spoolRow) readOnly() error {
	for begun := time.Now(); s.kept() > 0; time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			return errors.New("the spool is not empty 20 s after an outage")
		}
	}
	if err := syscall.Mount("tmpfs", s.folder, "tmpfs", syscall.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("a disk that cannot be written: %w", err)
	}
	err := s.outage(func() error {
		if times := s.refused(8); times == 0 {
			s.breaks("messages were acknowledged on a disk that cannot be written")
		} else {
			s.injected++
		}
		return nil
	})
	if _, stopped := s.node.stop(); stopped != nil {
		err = errors.Join(err, stopped)
	}
	if begun := s.node.launch(); begun != nil {
		return errors.Join(err, begun)
	}
	select {
	case <-s.node.ended:
	case <-time.After(5 * time.Second):
		s.breaks("a node started whose spool cannot be written")
		_ = s.node.kill()
	}
	s.unmount()
	return errors.Join(err, s.node.start())
}

// kept is how many segments there are.
func (s *spoolRow) kept() int {
	files, _ := filepath.Glob(filepath.Join(s.folder, "*.spool"))
	return len(files)
}

// keptNow fills the spool in an outage and kills the node; those who wrote, in the order of their records.
func (s *spoolRow) keptNow(damage func(file string, b []byte) error) (people []*resident, err error) {
	for told := -1; told != s.world.ledger.Count(channeltest.Told); time.Sleep(2 * time.Second) { // receipts would be kept too
		told = s.world.ledger.Count(channeltest.Told)
	}
	err = s.outage(func() error {
		for range 12 {
			r, status := s.post()
			if status < 200 || status > 299 {
				s.breaks("a webhook was answered %d in an outage", status)
			}
			people = append(people, r)
		}
		if err := s.node.kill(); err != nil {
			return err
		}
		files, _ := filepath.Glob(filepath.Join(s.folder, "*.spool"))
		if len(files) == 0 {
			return errors.New("12 messages were acknowledged in an outage and no segment is there")
		}
		last := files[len(files)-1]
		b, err := os.ReadFile(last) //nolint:gosec // of the node we started
		if err != nil {
			return err
		}
		return damage(last, b)
	})
	return people, err
}

// torn leaves half a record at the end, as a power cut does.
func (s *spoolRow) torn() error {
	_, err := s.keptNow(func(file string, b []byte) error {
		n := recordHead + int(binary.LittleEndian.Uint32(b[recordLength:]))
		s.injected++
		return os.WriteFile(file, append(b, b[:n/2]...), 0o600)
	})
	return errors.Join(err, s.answered())
}

// flipped flips one bit in the middle record: it is set aside, and its sender has no answer; all others do.
func (s *spoolRow) flipped() error {
	victim := 5
	people, err := s.keptNow(func(file string, b []byte) error {
		at := 0
		for range victim {
			at += recordHead + int(binary.LittleEndian.Uint32(b[at+recordLength:]))
		}
		b[at+recordHead+40] ^= 1
		s.injected++
		return os.WriteFile(file, b, 0o600)
	})
	if err != nil {
		return err
	}
	poor := people[victim]
	for i := range poor.due {
		poor.due[i].unsure = true
	}
	if err := s.answered(); err != nil {
		return err
	}
	if bad, _ := filepath.Glob(filepath.Join(s.folder, "*.bad")); len(bad) == 0 {
		s.breaks("a record with a flipped bit was not set aside")
	}
	if !s.logged("set aside") {
		s.breaks("nobody was told of the record with a flipped bit")
	}
	if got := s.world.ledger.Accepted(poor.at); len(got) > 0 {
		s.breaks("the record with a flipped bit was read all the same: %s", brief(got))
	}
	return nil
}

// mount puts a small disk under the spool of the stopped node.
func (s *spoolRow) mount(options string) error {
	if _, err := s.node.stop(); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", s.folder, "tmpfs", 0, options); err != nil {
		return fmt.Errorf("a small disk for the spool (this row must run as root, as in a container): %w", err)
	}
	return nil
}

// unmount takes every disk of ours away from there again.
func (s *spoolRow) unmount() {
	for syscall.Unmount(s.folder, syscall.MNT_DETACH) == nil {
	}
}

func (s *spoolRow) logged(words string) bool {
	b, err := os.ReadFile(s.node.log)
	return err == nil && strings.Contains(string(b), words)
}
