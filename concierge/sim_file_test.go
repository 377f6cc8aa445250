package concierge

import (
	"os"

	"concierge/internal/spool"
)

// simFile is a segment on a disk that may lose what is not synced.
type simFile struct {
	*os.File
	n            *simNode
	path         string
	size, synced int64
}

func (n *simNode) create(path string) (spool.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	s := &simFile{File: f, n: n, path: path}
	n.mu.Lock()
	if n.files != nil {
		n.files[path] = s
	}
	n.mu.Unlock()
	return s, nil
}

func (f *simFile) Write(b []byte) (int, error) {
	if err := f.n.disk(); err != nil {
		return 0, err
	}
	k, err := f.File.Write(b)
	f.size += int64(k)
	return k, err
}

// Sync is what the 2xx waits for. The node may die before it, or after.
func (f *simFile) Sync() error {
	if err := f.n.disk(); err != nil {
		return err
	}
	f.synced = f.size
	f.n.mu.Lock()
	f.n.kept++
	f.n.mu.Unlock()
	return f.n.disk()
}

func (f *simFile) Truncate(size int64) error {
	if f.n.isDead() {
		return errSimDead
	}
	f.size, f.synced = size, min(size, f.synced)
	return f.File.Truncate(size)
}

// lose drops what was written and not synced, but for a part.
func (f *simFile) lose(part int) {
	if f.size > f.synced {
		_ = os.Truncate(f.path, f.synced+(f.size-f.synced)*int64(part)/100)
	}
}

// disk is a place at which the node may die; its disk is there without a database.
func (n *simNode) disk() error {
	n.mu.Lock()
	if n.fuse > 0 {
		if n.fuse--; n.fuse == 0 {
			n.mu.Unlock()
			n.die()
			return errSimDead
		}
	}
	defer n.mu.Unlock()
	if n.dead {
		return errSimDead
	}
	return nil
}
