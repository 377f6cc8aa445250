package media_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"concierge/internal/media"
)

// crowded is a store that notes how many photos are being kept at once, and holds each until another could have come.
type crowded struct {
	media.Store
	in, most atomic.Int32
	entered  chan struct{}
	held     chan struct{}
}

func (c *crowded) Put(ctx context.Context, name string, r io.Reader) error {
	n := c.in.Add(1)
	for m := c.most.Load(); n > m && !c.most.CompareAndSwap(m, n); m = c.most.Load() {
	}
	select {
	case c.entered <- struct{}{}:
	default:
	}
	<-c.held
	defer c.in.Add(-1)
	return c.Store.Put(ctx, name, r)
}

func TestOnePhotoAtATimeIsReadAndKept(t *testing.T) {
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	store, waiting := &crowded{Store: folder, held: make(chan struct{})}, t.TempDir()
	gate := media.NewGate(waiting)
	raw := encode(t, 40, 30)
	var all sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d"} {
		all.Go(func() {
			if _, err := gate.Keep(context.Background(), store, name, bytes.NewReader(raw)); err != nil {
				t.Error(err)
			}
		})
	}
	for range 4 {
		store.held <- struct{}{}
	}
	all.Wait()
	if store.most.Load() != 1 {
		t.Errorf("%d photos at once", store.most.Load())
	}
	if left, err := os.ReadDir(waiting); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestWhoeverWaitsMayGiveUp(t *testing.T) {
	folder, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	store, gate, raw := &crowded{Store: folder, entered: make(chan struct{}, 1), held: make(chan struct{})}, media.NewGate(t.TempDir()), encode(t, 40, 30)
	var first sync.WaitGroup
	first.Go(func() {
		if _, err := gate.Keep(context.Background(), store, "a", bytes.NewReader(raw)); err != nil {
			t.Error(err)
		}
	})
	<-store.entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := gate.Keep(ctx, store, "b", bytes.NewReader(raw)); !errors.Is(err, context.Canceled) {
		t.Errorf("it waited on: %v", err)
	}
	store.held <- struct{}{}
	first.Wait()
}
