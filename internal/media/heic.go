package media

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// HEIC is kept as it came, as we have no decoder, but for what says where and by whom it was taken. Its boxes are walked, and what is
// not known to be picture becomes zeros: no byte moves, so that every offset in the file stays true.

// box is one box of an ISO media file: raw[at:end], whose content begins at body.
type box struct {
	kind          string
	at, body, end int
}

// boxes reads the boxes of raw[from:to]; ok is false when they do not fill it.
func boxes(raw []byte, from, to int) (all []box, ok bool) {
	for at := from; at < to; {
		if to-at < 8 {
			return all, false
		}
		size, head := int64(binary.BigEndian.Uint32(raw[at:])), 8
		switch size {
		case 0:
			size = int64(to - at)
		case 1:
			if to-at < 16 {
				return all, false
			}
			size, head = int64(binary.BigEndian.Uint64(raw[at+8:])&(1<<62-1)), 16
		}
		if size < int64(head) || size > int64(to-at) {
			return all, false
		}
		all = append(all, box{string(raw[at+4 : at+8]), at, at + head, at + int(size)})
		at += int(size)
	}
	return all, true
}

// span is a stretch of bytes that is picture.
type span struct{ from, to int }

// pictures are the kinds of items that are picture: coded, or derived from coded ones. "Exif" and "mime" (XMP) are none.
func pictures() []string { return []string{"hvc1", "lhv1", "av01", "grid", "iden", "iovl"} }

// properties are those of a picture that hold no words.
func properties() []string {
	return []string{"hvcC", "lhvC", "av1C", "ispe", "irot", "imir", "clap", "pasp", "pixi", "colr", "auxC", "clli", "mdcv", "cclv", "lsel", "rloc"}
}

// blankHEIC returns a copy without metadata; false for a file whose boxes we cannot follow.
func blankHEIC(raw []byte) ([]byte, bool) {
	out := bytes.Clone(raw)
	top, whole := boxes(out, 0, len(out))
	meta, rooms, ok := metaOf(top)
	if !ok || meta.end-meta.body < 4 {
		return nil, false
	}
	inner, ok := boxes(out, meta.body+4, meta.end)
	if !ok {
		return nil, false
	}
	h := heic{out: out, kinds: map[uint32]string{}}
	if !h.find(inner, rooms) {
		return nil, false
	}
	h.blank(top, inner)
	if !whole { // a maker's trailer behind the last box
		clear(out[top[len(top)-1].end:])
	}
	return out, true
}

// metaOf is the one box that says what lies where, and the rooms in which picture bytes may lie.
func metaOf(top []box) (meta box, rooms []span, ok bool) {
	for _, b := range top {
		switch b.kind {
		case "meta":
			if ok {
				return box{}, nil, false
			}
			meta, ok = b, true
		case "mdat":
			rooms = append(rooms, span{b.body, b.end})
		}
	}
	return meta, rooms, ok
}

// heic is a file being blanked.
type heic struct {
	out   []byte
	kinds map[uint32]string // of items, by id
	idat  box
	keep  []span
}

// find finds what is picture: which items there are comes before where they lie. false when some would lie elsewhere than in a room.
func (h *heic) find(inner []box, rooms []span) bool {
	for _, b := range inner {
		if b.kind == "idat" {
			rooms, h.idat = append(rooms, span{b.body, b.end}), b
		}
	}
	for _, b := range inner {
		if b.kind == "iinf" && !h.items(b) {
			return false
		}
	}
	for _, b := range inner {
		if b.kind == "iloc" && !h.places(b) {
			return false
		}
	}
	return len(h.keep) > 0 && within(h.keep, rooms)
}

// blank zeroes all that is not picture.
func (h *heic) blank(top, inner []box) {
	for _, b := range inner {
		h.inside(b)
	}
	for _, b := range top {
		switch b.kind {
		case "ftyp", "meta":
		case "mdat":
			h.zero(b.body, b.end)
		default:
			h.free(b)
		}
	}
}

// inside blanks what a box of meta says beyond the picture.
func (h *heic) inside(b box) {
	switch b.kind {
	case "pitm", "iinf", "iloc", "iref", "dinf":
	case "idat":
		h.zero(b.body, b.end)
	case "hdlr":
		clear(h.out[min(b.body+24, b.end):b.end]) // a name
	case "iprp":
		parts, _ := boxes(h.out, b.body, b.end)
		for _, p := range parts {
			if p.kind == "ipco" {
				h.describe(p)
			}
		}
	default:
		h.free(b)
	}
}

// describe blanks properties that are words, and the words of colour profiles.
func (h *heic) describe(b box) {
	parts, ok := boxes(h.out, b.body, b.end)
	if !ok {
		clear(h.out[b.body:b.end])
	}
	for _, p := range parts {
		switch {
		case !slices.Contains(properties(), p.kind):
			h.free(p)
		case p.kind == "colr" && p.end-p.body > 4 && string(h.out[p.body:p.body+4]) != "nclx":
			blankProfile(h.out[p.body+4 : p.end])
		}
	}
}

// free makes a box one that readers skip.
func (h *heic) free(b box) {
	copy(h.out[b.at+4:], "free")
	clear(h.out[b.body:b.end])
}

// zero blanks a stretch, but for what is picture in it.
func (h *heic) zero(from, to int) {
	for _, k := range h.keep { // sorted by places
		if k.to <= from || k.from >= to {
			continue
		}
		if k.from > from {
			clear(h.out[from:k.from])
		}
		from = max(from, k.to)
	}
	if from < to {
		clear(h.out[from:to])
	}
}

func within(keep, rooms []span) bool {
	for _, k := range keep {
		if !slices.ContainsFunc(rooms, func(r span) bool { return k.from >= r.from && k.to <= r.to }) {
			return false
		}
	}
	return true
}
