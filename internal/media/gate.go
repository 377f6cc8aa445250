package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// Gate lets one photo at a time be read into memory, decoded and kept, whichever way it came in: a process makes one Gate, and the
// jobs and the upload page share it. What waits lies on disk.
type Gate struct {
	one    chan struct{}
	folder string
}

// NewGate makes the process's gate. What waits lies in the folder, or in the system's own when it is empty.
func NewGate(folder string) *Gate { return &Gate{make(chan struct{}, 1), folder} }

// Keep reads a photo, at most MaxBytes, cleans it and puts it into the store. It returns ErrTooLarge or ErrNoPhoto for what is not
// taken, and the context's error if its turn did not come in time. The same name twice keeps the later.
func (g *Gate) Keep(ctx context.Context, s Store, name string, r io.Reader) (Photo, error) {
	f, err := g.lay(r)
	if err != nil {
		return Photo{}, err
	}
	defer f.Close()
	select {
	case g.one <- struct{}{}:
	case <-ctx.Done():
		return Photo{}, fmt.Errorf("wait to read photo: %w", ctx.Err())
	}
	defer func() { <-g.one }()
	defer debug.FreeOSMemory() // or the next photo is decoded beside what is left of this one
	raw, err := io.ReadAll(f)
	if err != nil {
		return Photo{}, fmt.Errorf("read photo: %w", err)
	}
	p, err := clean(raw)
	if err != nil {
		return Photo{}, err
	}
	return p.Photo, s.Put(ctx, name, bytes.NewReader(p.raw))
}

// lay writes what comes to a file without a name: it is gone with the process, whatever happens.
func (g *Gate) lay(r io.Reader) (*os.File, error) {
	f, err := os.CreateTemp(g.folder, ".photo-*")
	if err != nil {
		return nil, fmt.Errorf("lay photo down: %w", err)
	}
	n, err := copyTo(f, r)
	if err == nil && n > MaxBytes {
		err = ErrTooLarge
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func copyTo(f *os.File, r io.Reader) (int64, error) {
	if err := os.Remove(f.Name()); err != nil {
		return 0, fmt.Errorf("lay photo down: %w", err)
	}
	n, err := io.Copy(f, io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return 0, fmt.Errorf("read photo: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("read photo: %w", err)
	}
	return n, nil
}
