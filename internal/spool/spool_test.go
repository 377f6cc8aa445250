package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var (
	key   = bytes.Repeat([]byte{7}, 32)
	began = time.Date(2027, 4, 5, 6, 7, 8, 9000, time.UTC)
)

func open(t testing.TB, folder string, o Options) *Spool {
	t.Helper()
	s, err := Open(folder, key, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func add(t testing.TB, s *Spool, texts ...string) {
	t.Helper()
	for i, text := range texts {
		if err := s.Append(byte(len(text)), began.Add(time.Duration(i)*time.Second), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
}

// drain reads and commits all there is, a few at a time.
func drain(t testing.TB, s *Spool) (texts []string) {
	t.Helper()
	for {
		all, err := s.Peek(3)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 0 {
			return texts
		}
		for _, r := range all {
			if r.Kind != byte(len(r.Data)) {
				t.Errorf("record %q has kind %d", r.Data, r.Kind)
			}
			texts = append(texts, string(r.Data))
		}
		if err := s.Commit(all[len(all)-1], len(all)); err != nil {
			t.Fatal(err)
		}
	}
}

func files(t testing.TB, folder, like string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(folder, like))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func same(t testing.TB, got, want []string) {
	t.Helper()
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %d records %.80q, want %d %.80q", len(got), got, len(want), want)
	}
}

// What was appended is read in order, by the same process and by the next, until it is committed; then no file is left.
func TestKeepsOrderAcrossStarts(t *testing.T) {
	folder := t.TempDir()
	var want []string
	for start := range 3 {
		s := open(t, folder, Options{Segment: 300}) // three records a segment
		for i := range 10 {
			want = append(want, fmt.Sprintf("message %d of start %d", i, start))
			add(t, s, want[len(want)-1])
		}
		first, err := s.Peek(1)
		if err != nil || string(first[0].Data) != want[0] || !first[0].At.Equal(began) {
			t.Fatalf("first is %v %v", first, err)
		}
		if n, size := s.Pending(); n != len(want) || size == 0 {
			t.Errorf("%d records in %d bytes wait, want %d", n, size, len(want))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Append(1, began, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("closed spool says %v", err)
		}
	}
	s := open(t, folder, Options{})
	same(t, drain(t, s), want)
	add(t, s, "and on it goes")
	same(t, drain(t, s), []string{"and on it goes"})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n, size := s.Pending(); n != 0 || size != 0 || len(files(t, folder, "*")) != 0 {
		t.Errorf("%d records, %d bytes and %v are left", n, size, files(t, folder, "*"))
	}
}

// Nobody reads a record without the key, and a spool of another secret is refused whole, not set aside.
func TestSealed(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder, Options{})
	add(t, s, "+447700900123 says there is a hole")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(files(t, folder, "*.spool")[0])
	if err != nil || bytes.Contains(b, []byte("447700900123")) {
		t.Errorf("the number lies open on the disk (%v)", err)
	}
	if _, err := Open(folder, bytes.Repeat([]byte{8}, 32), Options{}); !errors.Is(err, ErrSecret) {
		t.Errorf("another secret: %v", err)
	}
	same(t, drain(t, open(t, folder, Options{})), []string{"+447700900123 says there is a hole"})
}

func TestCaps(t *testing.T) {
	s := open(t, t.TempDir(), Options{MaxBytes: 3 << 20})
	if err := s.Append(1, began, make([]byte, MaxRecord+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	for range 2 {
		if err := s.Append(1, began, make([]byte, MaxRecord)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Append(1, began, make([]byte, MaxRecord)); !errors.Is(err, ErrFull) {
		t.Errorf("full: %v", err)
	}
	all, err := s.Peek(1)
	if err != nil || len(all) != 1 || len(all[0].Data) != MaxRecord {
		t.Fatalf("largest record: %d, %v", len(all), err)
	}
	if err := s.Commit(all[0], 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(1, began, make([]byte, MaxRecord)); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// Appends that come while one is synced share the next sync.
func TestGroupsShareASync(t *testing.T) {
	var syncs atomic.Int64
	s := open(t, t.TempDir(), Options{Create: func(path string) (File, error) {
		f, err := createFile(path)
		return &failing{File: f, sync: func() error { syncs.Add(1); time.Sleep(5 * time.Millisecond); return nil }}, err
	}})
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			if err := s.Append(1, began, fmt.Appendf(nil, "%d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := syncs.Load(); n > 100 {
		t.Errorf("%d syncs for 200 appends at once", n)
	}
	if n, _ := s.Pending(); n != 200 {
		t.Errorf("%d kept", n)
	}
}

// failing is a segment whose disk does as told.
type failing struct {
	File
	write func(b []byte) (int, error)
	sync  func() error
	cut   error
}

func (f *failing) Write(b []byte) (int, error) {
	if f.write != nil {
		if n, err := f.write(b); err != nil {
			_, _ = f.File.Write(b[:n])
			return n, err
		}
	}
	return f.File.Write(b)
}

func (f *failing) Sync() error {
	if f.sync != nil {
		if err := f.sync(); err != nil {
			return err
		}
	}
	return f.File.Sync()
}

func (f *failing) Truncate(n int64) error {
	if f.cut != nil {
		return f.cut
	}
	return f.File.Truncate(n)
}

// A disk that is full, read-only or broken refuses, what it took before stays good, and once it is well again it takes more.
func TestFailingDisk(t *testing.T) {
	for name, ill := range map[string]*failing{
		"full":               {write: func(b []byte) (int, error) { return len(b) / 3, syscall.ENOSPC }},
		"sync fails":         {sync: func() error { return syscall.EIO }},
		"nothing can be cut": {write: func(b []byte) (int, error) { return len(b) / 3, syscall.EIO }, cut: syscall.EIO},
	} {
		t.Run(name, func(t *testing.T) {
			var broken atomic.Bool
			folder := t.TempDir()
			s := open(t, folder, Options{Create: func(path string) (File, error) {
				f, err := createFile(path)
				one := &failing{File: f, cut: ill.cut}
				one.write = func(b []byte) (int, error) {
					if broken.Load() && ill.write != nil {
						return ill.write(b)
					}
					return len(b), nil
				}
				one.sync = func() error {
					if broken.Load() && ill.sync != nil {
						return ill.sync()
					}
					return nil
				}
				return one, err
			}})
			add(t, s, "before")
			broken.Store(true)
			for range 3 {
				if err := s.Append(7, began, []byte("refused")); err == nil {
					t.Fatal("a broken disk took a record")
				}
			}
			broken.Store(false)
			add(t, s, "after")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			same(t, drain(t, open(t, folder, Options{})), []string{"before", "after"})
		})
	}
	_, err := Open(t.TempDir(), key, Options{Create: func(string) (File, error) { return nil, syscall.EROFS }})
	if !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "not writable") {
		t.Errorf("read-only at the start: %v", err)
	}
	s := open(t, t.TempDir(), Options{})
	s.o.Create = func(string) (File, error) { return nil, syscall.EROFS }
	if err := s.Append(1, began, nil); !errors.Is(err, syscall.EROFS) {
		t.Errorf("read-only later: %v", err)
	}
}

// written is one segment with records as a process that was killed would leave it, and where each ends.
func written(t testing.TB, texts ...string) (b []byte, ends []int) {
	t.Helper()
	s := open(t, t.TempDir(), Options{})
	for i, text := range texts {
		b = append(b, s.frame(byte(len(text)), began.Add(time.Duration(i)), []byte(text))...)
		ends = append(ends, len(b))
	}
	return b, ends
}

func left(t testing.TB, b []byte, o Options) *Spool {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "0000000000000005.spool"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, folder, o)
}

// A crash may cut the file anywhere: every record that was whole is read, the rest is cut, nothing is called bad.
func TestTornAnywhere(t *testing.T) {
	texts := []string{"one", "two, which is longer", ""}
	b, ends := written(t, texts...)
	for cut := range len(b) + 1 {
		want := []string{}
		for i, end := range ends {
			if end <= cut {
				want = append(want, texts[i])
			}
		}
		for _, zeros := range []int{0, 100} { // a file system may have made room for more
			if zeros > 0 && (cut%5 != 0 || (cut < len(b) && b[cut] == 0)) {
				continue // zeros that may be the record's own
			}
			s := left(t, append(bytes.Clone(b[:cut]), make([]byte, zeros)...), Options{Bad: func(string, int) {
				if zeros == 0 {
					t.Errorf("cut at %d: called bad", cut)
				}
			}})
			add(t, s, "new")
			same(t, drain(t, s), append(want, "new"))
		}
	}
}

// Any byte may rot: the records around it are read, the bad one is set aside and told of, once.
func TestRotAnywhere(t *testing.T) {
	texts := []string{"one", "two, which is longer", "three"}
	b, ends := written(t, texts...)
	for at := range ends[1] {
		rotten := bytes.Clone(b)
		rotten[at] ^= 0x10
		hit := 0
		if at >= ends[0] {
			hit = 1
		}
		told := 0
		s := left(t, rotten, Options{Bad: func(file string, n int) {
			told++
			if kept, err := os.ReadFile(file); err != nil || len(kept) != n || n != len(written1(t, texts[hit])) {
				t.Errorf("byte %d: %d bytes kept of %d, %v", at, len(kept), n, err)
			}
		}})
		got := drain(t, s)
		same(t, got, append(append([]string{}, texts[:hit]...), texts[hit+1:]...))
		if told != 1 || len(files(t, s.folder, "*.bad")) != 1 {
			t.Errorf("byte %d: told %d times of %v", at, told, files(t, s.folder, "*.bad"))
		}
		if n, size := s.Pending(); n != 0 || size != 0 || len(files(t, s.folder, "*.spool")) != 0 {
			t.Errorf("byte %d: %d records, %d bytes, %v left", at, n, size, files(t, s.folder, "*.spool"))
		}
	}
}

func written1(t testing.TB, text string) []byte {
	b, _ := written(t, text)
	return b
}

// A record its reader cannot use is set aside by it, sealed as it was, and can be read from there.
func TestSetAside(t *testing.T) {
	told := 0
	s := open(t, t.TempDir(), Options{Bad: func(string, int) { told++ }})
	add(t, s, "poison", "food")
	all, err := s.Peek(1)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.SetAside(all[0]), s.SetAside(all[0]), s.Commit(all[0], 1)); err != nil {
		t.Fatal(err)
	}
	same(t, drain(t, s), []string{"food"})
	b, err := os.ReadFile(files(t, s.folder, "*.bad")[0])
	if err != nil || told != 1 {
		t.Fatal(told, err)
	}
	if r, err := s.open(b); err != nil || string(r.Data) != "poison" {
		t.Errorf("set aside: %q, %v", r.Data, err)
	}
}

// Appends go on while records are read and committed: none is lost, none comes twice, each writer's stay in order.
func TestAppendsWhileDraining(t *testing.T) {
	s := open(t, t.TempDir(), Options{Segment: 2000})
	const writers, each = 4, 100
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				if err := s.Append(byte(w), began, fmt.Appendf(nil, "%d", i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	next := make([]int, writers)
	for got := 0; got < writers*each; {
		records, err := s.Peek(7)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if string(r.Data) != fmt.Sprint(next[r.Kind]) {
				t.Fatalf("writer %d: got %s, want %d", r.Kind, r.Data, next[r.Kind])
			}
			next[r.Kind]++
		}
		if got += len(records); len(records) > 0 {
			if err := s.Commit(records[len(records)-1], len(records)); err != nil {
				t.Fatal(err)
			}
		}
	}
	all.Wait()
	if _, err := s.Peek(1); err != nil {
		t.Fatal(err)
	}
	if n, _ := s.Pending(); n != 0 {
		t.Errorf("%d left", n)
	}
}

// Whatever lies in the folder, the spool opens, never gives what was not appended, and takes more.
func FuzzSpool(f *testing.F) {
	b, _ := written(f, "one", "two")
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Add(append([]byte("rubbish"), b...))
	f.Add(append(append(bytes.Clone(b), make([]byte, 40)...), b...))
	f.Fuzz(func(t *testing.T, b []byte) {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "0000000000000001.spool"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(folder, key, Options{})
		if errors.Is(err, ErrSecret) {
			return // a good CRC over what does not open
		}
		if err != nil {
			t.Fatal(err)
		}
		add(t, s, "new")
		got := drain(t, s)
		if len(got) == 0 || got[len(got)-1] != "new" {
			t.Errorf("got %q", got)
		}
		for _, text := range got[:max(0, len(got)-1)] {
			if text != "one" && text != "two" {
				t.Errorf("read %q", text)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if n, size := s.Pending(); n != 0 || size != 0 {
			t.Errorf("%d records, %d bytes left", n, size)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	s := open(b, b.TempDir(), Options{})
	text := bytes.Repeat([]byte("x"), 500)
	b.SetParallelism(64)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := s.Append(1, began, text); err != nil && !errors.Is(err, ErrFull) {
				b.Error(err)
			}
		}
	})
}

var _ io.Writer = (*failing)(nil)

// What was set aside is a whole record: when its reason is mended, a file of another name brings it back (docs/operating.md, "The spool").
func TestSetAsideComesBackByAnotherName(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder, Options{})
	add(t, s, "a", "bb", "ccc")
	all, err := s.Peek(3)
	if err == nil {
		err = errors.Join(s.SetAside(all[1]), s.Commit(all[2], 3), s.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	bad := files(t, folder, "*.bad")
	if len(bad) != 1 {
		t.Fatalf("set aside: %v", bad)
	}
	if err := os.Rename(bad[0], filepath.Join(folder, "0000000000000000.spool")); err != nil {
		t.Fatal(err)
	}
	s = open(t, folder, Options{})
	defer s.Close()
	if got := drain(t, s); len(got) != 1 || got[0] != "bb" {
		t.Errorf("it reads %q", got)
	}
}
