package spool

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// frail is a disk without mercy: at a power cut it keeps what was synced and, of all else, what it likes. It drops, tears and zeroes
// bytes that were not synced, and forgets the names of files whose folder was not.
type frail struct {
	mu    sync.Mutex
	all   map[string]*frailFile
	ops   int
	cutAt int    // the operation before which the power fails
	cut   func() // takes the picture of that moment; called once, under mu
}

type frailFile struct {
	File
	on              *frail
	path            string
	written, synced []byte
	named           bool // its name is on disk
}

// tick counts an operation that is about to happen. The caller holds mu.
func (d *frail) tick() {
	if d.ops++; d.ops == d.cutAt {
		d.cut()
	}
}

func (d *frail) create(path string) (File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tick()
	f, err := createFile(path)
	if err != nil {
		return nil, err
	}
	one := &frailFile{File: f, on: d, path: path}
	d.all[path] = one
	return one, nil
}

func (d *frail) syncFolder(string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tick()
	for _, f := range d.all {
		f.named = true
	}
	return nil
}

func (f *frailFile) Write(b []byte) (int, error) {
	f.on.mu.Lock()
	defer f.on.mu.Unlock()
	f.on.tick()
	n, err := f.File.Write(b)
	f.written = append(f.written, b[:n]...)
	return n, err
}

func (f *frailFile) Sync() error {
	f.on.mu.Lock()
	defer f.on.mu.Unlock()
	f.on.tick()
	f.synced = slices.Clone(f.written)
	return nil
}

// image writes into a folder what the disk holds when the power comes back. Names in old are of files it had before. The caller holds mu.
func (d *frail) image(t *testing.T, from, to string, r *rand.Rand) {
	left, err := os.ReadDir(from)
	if err != nil {
		t.Error(err)
	}
	for _, n := range left {
		path := filepath.Join(from, n.Name())
		b, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		if f := d.all[path]; f != nil {
			if !f.named && r.IntN(2) == 0 {
				continue
			}
			b = f.after(r)
		}
		if err := os.WriteFile(filepath.Join(to, n.Name()), b, 0o600); err != nil {
			t.Error(err)
		}
	}
}

// sector is what a disk writes whole or not at all; small here, so that most records are torn.
const sector = 16

// after is what the file holds after a power cut: what was synced, and behind it sectors that came to the disk or did not.
func (f *frailFile) after(r *rand.Rand) []byte {
	b := slices.Clone(f.written[:len(f.synced)+r.IntN(len(f.written)-len(f.synced)+1)])
	for at := len(f.synced); at < len(b); at += sector {
		if r.IntN(3) == 0 {
			clear(b[at:min(at+sector, len(b))])
		}
	}
	return b
}

// What Append said is safe is there after a power cut at any moment, each record once and in its order, and nothing that nobody wrote.
func TestPowerCut(t *testing.T) {
	images := 100
	if v := os.Getenv("CRASHFS_IMAGES"); v != "" {
		var err error
		if images, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	torn, whole := 0, 0
	for seed := range images {
		lost, kept := powerCut(t, uint64(seed))
		torn, whole = torn+lost, whole+kept
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if torn == 0 || whole == 0 {
		t.Errorf("%d images lost something that was not promised, %d kept some: the power was never cut at a bad moment", torn, whole)
	}
}

// powerCut writes until the power fails at a moment drawn from the seed, and opens what is left.
func powerCut(t *testing.T, seed uint64) (lost, kept int) {
	r := rand.New(rand.NewPCG(seed, 5)) //nolint:gosec // a run repeats from its seed
	before, after := t.TempDir(), t.TempDir()
	defer func() { _ = errors.Join(os.RemoveAll(before), os.RemoveAll(after)) }()
	var safe, gone []string // promised, and given back to us: at the moment of the cut
	var promised, committed []string
	d := &frail{all: map[string]*frailFile{}, cutAt: 4 + r.IntN(150)}
	d.cut = func() {
		safe, gone = slices.Clone(promised), slices.Clone(committed)
		d.image(t, before, after, r)
	}
	s := open(t, before, Options{Segment: 400, Create: d.create, SyncFolder: d.syncFolder})
	const writers, each = 3, 12
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				text := fmt.Sprintf("writer %d number %02d %s", w, i, strings.Repeat("x", int(seed)%40))
				if s.Append(1, began.Add(time.Duration(i)*time.Second), []byte(text)) == nil {
					d.mu.Lock()
					promised = append(promised, text)
					d.mu.Unlock()
				}
			}
		})
	}
	all.Go(func() {
		for range 6 {
			some, err := s.Peek(2)
			if err != nil || len(some) == 0 {
				continue
			}
			d.mu.Lock()
			for _, one := range some {
				committed = append(committed, string(one.Data))
			}
			d.mu.Unlock()
			if err := s.Commit(some[len(some)-1], len(some)); err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
	d.mu.Lock()
	if d.ops < d.cutAt { // it ended before: the power fails now
		d.cut()
	}
	d.mu.Unlock()
	if err := s.Close(); err != nil {
		t.Error(err)
	}

	var got []string
	again := open(t, after, Options{})
	for {
		some, err := again.Peek(5)
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			break
		}
		for _, one := range some {
			got = append(got, string(one.Data))
		}
		if err := again.Commit(some[len(some)-1], len(some)); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range safe {
		if !slices.Contains(got, text) && !slices.Contains(gone, text) {
			t.Errorf("promised and lost: %s", text)
		}
	}
	last := map[string]string{}
	for _, text := range got {
		w := text[:len("writer 0")]
		if !strings.HasPrefix(text, "writer ") || text <= last[w] {
			t.Errorf("%q after %q", text, last[w])
		}
		last[w] = text
	}
	if len(got)+len(gone) < writers*each {
		lost = 1
	}
	if len(got) > 0 {
		kept = 1
	}
	return lost, kept
}
