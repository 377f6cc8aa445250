package council

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// Overlay lays a council's folder over the built-in one: a file of over hides the one of the same name in base, folders hold both.
// So council.yaml is replaced whole, and places/ may bring one file of its own.
func Overlay(base, over fs.FS) fs.FS { return overlay{base, over} }

type overlay struct{ base, over fs.FS }

func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.over.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return o.base.Open(name)
	}
	return f, err
}

// ReadDir lists what is in either folder, by name.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	top, err := fs.ReadDir(o.over, name)
	below, err2 := fs.ReadDir(o.base, name)
	if err != nil && err2 != nil {
		return nil, err
	}
	for _, e := range below {
		if !slices.ContainsFunc(top, func(t fs.DirEntry) bool { return t.Name() == e.Name() }) {
			top = append(top, e)
		}
	}
	slices.SortFunc(top, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return top, nil
}
