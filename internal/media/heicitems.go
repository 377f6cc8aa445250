package media

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// reader reads big-endian numbers and remembers that there were too few bytes.
type reader struct {
	b    []byte
	fail bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.fail = true
		r.b = nil
		return nil
	}
	head := r.b[:n]
	r.b = r.b[n:]
	return head
}

func (r *reader) uint(n int) (v uint64) {
	for _, b := range r.take(n) {
		v = v<<8 | uint64(b)
	}
	return v
}

// items reads which item is of which kind, and blanks their names.
func (h *heic) items(b box) bool {
	r := &reader{b: h.out[b.body:b.end]}
	version := r.uint(1)
	r.take(3)
	if version == 0 {
		r.take(2)
	} else {
		r.take(4)
	}
	if r.fail {
		return false
	}
	all, ok := boxes(h.out, b.end-len(r.b), b.end)
	if !ok {
		return false
	}
	for _, e := range all {
		r := &reader{b: h.out[e.body:e.end]}
		version := r.uint(1)
		r.take(3)
		wide := 2
		if version >= 3 {
			wide = 4
		}
		id := uint32(r.uint(wide))
		r.take(2)
		kind := string(r.take(4))
		if e.kind != "infe" || version < 2 || r.fail {
			return false
		}
		h.kinds[id] = kind
		clear(r.b) // its name, and of what is no picture its type
	}
	return true
}

// places reads where the items lie, and keeps those that are picture.
func (h *heic) places(b box) bool {
	r := &reader{b: h.out[b.body:b.end]}
	version := r.uint(1)
	r.take(3)
	sizes := r.uint(2)
	offset, length, base, index := int(sizes>>12), int(sizes>>8&15), int(sizes>>4&15), int(sizes&15)
	wide := 2
	if version >= 2 {
		wide = 4
	}
	if version == 0 {
		index = 0
	}
	for n := r.uint(wide); n > 0 && !r.fail; n-- {
		id, method := uint32(r.uint(wide)), uint64(0)
		if version > 0 {
			method = r.uint(2) & 15
		}
		r.take(2)
		from := r.uint(base)
		picture := slices.Contains(pictures(), h.kinds[id])
		for extents := r.uint(2); extents > 0 && !r.fail; extents-- {
			r.take(index)
			at, size := from+r.uint(offset), r.uint(length)
			if picture && !h.place(method, at, size) {
				return false
			}
		}
	}
	slices.SortFunc(h.keep, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	return !r.fail
}

// place keeps one stretch; false where it cannot be.
func (h *heic) place(method, at, size uint64) bool {
	total := uint64(len(h.out))
	if size == 0 || size > total || at > total || method > 1 {
		return false
	}
	if method == 1 {
		at += uint64(h.idat.body)
	}
	if at+size > total || len(h.keep) > 10_000 {
		return false
	}
	h.keep = append(h.keep, span{int(at), int(at + size)})
	return true
}

// profileTags are the numbers of an ICC profile; all else in it is words.
func profileTags() []string {
	return []string{"rXYZ", "gXYZ", "bXYZ", "wtpt", "bkpt", "chad", "lumi", "rTRC", "gTRC", "bTRC", "kTRC", "cicp",
		"A2B0", "A2B1", "A2B2", "B2A0", "B2A1", "B2A2", "aarg", "aagg", "aabg", "vcgt", "ndin"}
}

// blankProfile zeroes the words of an ICC profile: a header of 128 bytes, a count, then name, offset and size of each tag.
func blankProfile(p []byte) {
	const head, entry = 132, 12
	if len(p) < head {
		clear(p)
		return
	}
	n := int(min(binary.BigEndian.Uint32(p[128:]), 100))
	if head+n*entry > len(p) {
		clear(p)
		return
	}
	h := heic{out: p}
	for i := range n {
		e := p[head+i*entry:]
		at, size := uint64(binary.BigEndian.Uint32(e[4:])), uint64(binary.BigEndian.Uint32(e[8:]))
		if at < head || at+size > uint64(len(p)) {
			clear(p)
			return
		}
		if !slices.Contains(profileTags(), string(e[:4])) {
			size = min(size, 8) // the type stays: with nothing in it, it is empty
		}
		h.keep = append(h.keep, span{int(at), int(at + size)})
	}
	slices.SortFunc(h.keep, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	h.zero(head+n*entry, len(p))
}
