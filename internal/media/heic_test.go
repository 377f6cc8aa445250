package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"concierge/internal/media"
)

func bx(kind string, parts ...string) string {
	body := strings.Join(parts, "")
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))) + kind + body
}

func u16(n int) string { return string(binary.BigEndian.AppendUint16(nil, uint16(n))) }
func u32(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }

// profile is an ICC profile of two tags: a description, and a number.
func profile(words string) string {
	return strings.Repeat("\x01", 128) + u32(2) + "desc" + u32(156) + u32(8+len(words)) + "wtpt" + u32(164+len(words)) + u32(8) +
		"mluc\x00\x00\x00\x00" + words + "XYZ\x01numb"
}

// heicFile is what a phone saves: a picture, its EXIF and XMP, and canaries wherever a file of this kind may hold words.
func heicFile(method int) (file, picture string) {
	picture = strings.Repeat("PICTURE!", 16)
	build := func(base int) string {
		item := func(id int, kind, name string) string {
			return bx("infe", "\x02\x00\x00\x00", u16(id), u16(0), kind, name)
		}
		place := func(id, at, size int) string {
			m := 0
			if id == 1 {
				m = method
			}
			return u16(id) + u16(m) + u16(0) + u16(1) + u32(at) + u32(size)
		}
		at, idat := base, ""
		if method == 1 {
			at, idat = 0, bx("idat", picture)
		}
		meta := bx("meta", "\x00\x00\x00\x00",
			bx("hdlr", u32(0), u32(0), "pict", u32(0), u32(0), u32(0), "CANARY hdlr\x00"),
			bx("pitm", u32(0), u16(1)),
			bx("iinf", u32(0), u16(3), item(1, "hvc1", "CANARY item\x00"), item(2, "Exif", "\x00"), item(3, "mime", "\x00application/rdf+xml\x00")),
			bx("iprp", bx("ipco", bx("ispe", u32(0), u32(4), u32(4)), bx("udes", "CANARY udes"), bx("colr", "prof", profile("CANARY icc"))), bx("ipma", u32(0), u32(0))),
			idat,
			bx("iloc", "\x01\x00\x00\x00", "\x44\x00", u16(3), place(1, at, len(picture)), place(2, base+len(picture), 11), place(3, base+len(picture)+11, 10)),
			bx("uuid", "CANARY uuid in meta"))
		return bx("ftyp", "heic", u32(0), "mif1heic") + meta
	}
	head := build(0)
	head = build(len(head) + 8)
	return head + bx("mdat", picture, "CANARY exif", "CANARY xmp") + bx("moov", "CANARY moov") + bx("uuid", "CANARY uuid") + "CANARY trailer", picture
}

func TestAHEICKeepsItsPictureAndNothingElse(t *testing.T) {
	for method := range 2 {
		file, picture := heicFile(method)
		at := strings.LastIndex(file, picture) // in mdat
		if method == 1 {
			at = strings.Index(file, picture) // in meta
		}
		p, kept, err := keep(t, strings.NewReader(file))
		if err != nil || !p.File || p.Type != "image/heic" {
			t.Fatalf("method %d: %+v, %v", method, p, err)
		}
		if i := bytes.Index(kept, []byte("CANARY")); i >= 0 {
			t.Errorf("method %d: %q is left", method, kept[i:min(len(kept), i+20)])
		}
		if len(kept) != len(file) || bytes.Index(kept, []byte(picture)) != at {
			t.Errorf("method %d: the picture has moved", method)
		}
		if !bytes.Contains(kept, []byte(picture)) || !bytes.Contains(kept, []byte("XYZ\x01numb")) || !bytes.Contains(kept, []byte("ispe")) {
			t.Errorf("method %d: the picture, its size or its colours are gone", method)
		}
	}
}

func TestAHEICWeCannotFollowIsRefused(t *testing.T) {
	file, picture := heicFile(0)
	for name, raw := range map[string]string{
		"cut in its boxes":       file[:60],
		"no meta":                bx("ftyp", "heic", u32(0), "mif1heic") + bx("mdat", picture),
		"a picture outside":      strings.Replace(file, "hvc1", "Exif", 1),
		"a constructed picture":  strings.Replace(file, u16(1)+u16(0)+u16(0)+u16(1), u16(1)+u16(2)+u16(0)+u16(1), 1),
		"boxes that never end":   bx("ftyp", "heic", u32(0), "mif1heic") + u32(8) + "meta" + u32(0),
		"a box larger than life": bx("ftyp", "heic", u32(0), "mif1heic") + "\xff\xff\xff\xffmeta",
	} {
		if _, _, err := keep(t, strings.NewReader(raw)); !errors.Is(err, media.ErrNoPhoto) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzPhoto(f *testing.F) {
	for method := range 2 {
		file, _ := heicFile(method)
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, kept, err := keep(t, bytes.NewReader(raw)); err == nil && len(kept) == 0 {
			t.Error("nothing was kept")
		}
	})
}
