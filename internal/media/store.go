// Package media takes what residents photograph, as their channel fetched it: bounded before it is decoded, turned upright, re-encoded
// without a trace of where and by whom, and kept. It refuses to know whose it is.
package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Store keeps blobs by name: a folder here, a bucket where a council has one.
type Store interface {
	// Put keeps the bytes under the name, on disk when it returns. The same name twice keeps the later.
	Put(ctx context.Context, name string, r io.Reader) error
	// Open reads a blob back; fs.ErrNotExist when there is none. The caller closes it.
	Open(ctx context.Context, name string) (io.ReadSeekCloser, error)
	// Delete removes a blob; one that is not there is no error.
	Delete(ctx context.Context, name string) error
}

// Folder is a store in a folder of this machine.
type Folder struct{ root *os.Root }

// OpenFolder opens the folder, making it if need be.
func OpenFolder(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("open photo folder: %w", err)
	}
	root, err := os.OpenRoot(path) // names cannot lead out of it
	if err != nil {
		return nil, fmt.Errorf("open photo folder: %w", err)
	}
	return &Folder{root}, nil
}

// Put writes beside the name and renames, so that a half-written blob never has it.
func (f *Folder) Put(_ context.Context, name string, r io.Reader) error {
	if err := valid(name); err != nil {
		return err
	}
	tmp := name + ".part"
	w, err := f.root.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keep photo: %w", err)
	}
	_, err = io.Copy(w, r)
	if err = errors.Join(err, w.Sync(), w.Close()); err != nil {
		return fmt.Errorf("keep photo: %w", errors.Join(err, f.root.Remove(tmp)))
	}
	return f.root.Rename(tmp, name)
}

// Open reads a blob.
func (f *Folder) Open(_ context.Context, name string) (io.ReadSeekCloser, error) {
	if err := valid(name); err != nil {
		return nil, err
	}
	return f.root.Open(name)
}

// Delete removes a blob.
func (f *Folder) Delete(_ context.Context, name string) error {
	if err := valid(name); err != nil {
		return err
	}
	if err := f.root.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("delete photo: %w", err)
	}
	return nil
}

// Close gives the folder up.
func (f *Folder) Close() error { return f.root.Close() }

func valid(name string) error {
	if name == "" || name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return errors.New("a blob's name is one plain word")
	}
	return nil
}
