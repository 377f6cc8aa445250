package media_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"testing"

	"concierge/internal/media"
)

func TestAPhotoIsMadeUprightAndAnonymous(t *testing.T) {
	raw := withEXIF(t, encode(t, 40, 20), 6, "GPS-CANARY-52.48")
	p, kept, err := keep(t, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if p.Width != 20 || p.Height != 40 {
		t.Errorf("it lies on its side: %d × %d", p.Width, p.Height)
	}
	if bytes.Contains(kept, []byte("CANARY")) || bytes.Contains(kept, []byte("Exif")) {
		t.Error("metadata is left in it")
	}
}

func TestALargePhotoIsMadeSmaller(t *testing.T) {
	p, _, err := keep(t, bytes.NewReader(encode(t, 4000, 1000)))
	if err != nil || p.Width != 2048 || p.Height != 512 {
		t.Fatalf("%d × %d, %v", p.Width, p.Height, err)
	}
}

func TestHostileFilesAreRefused(t *testing.T) {
	huge := bytes.NewBuffer(nil)
	if err := png.Encode(huge, image.NewPaletted(image.Rect(0, 0, 9000, 9000), color.Palette{color.Black})); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		raw  []byte
		want error
	}{
		{"nothing", nil, media.ErrNoPhoto},
		{"a web page", []byte("<html><script>alert(1)</script>"), media.ErrNoPhoto},
		{"a picture that is a script", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), media.ErrNoPhoto},
		{"a cut photo", encode(t, 40, 20)[:200], media.ErrNoPhoto},
		{"a small file of many pixels", huge.Bytes(), media.ErrTooLarge},
		{"a file over ten megabytes", make([]byte, media.MaxBytes+1), media.ErrTooLarge},
	} {
		if _, _, err := keep(t, bytes.NewReader(c.raw)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, not %v", c.name, err, c.want)
		}
	}
}

func TestAFolderKeepsBlobs(t *testing.T) {
	f, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ctx := context.Background()
	if err := f.Put(ctx, "a.jpg", bytes.NewReader([]byte("one"))); err != nil {
		t.Fatal(err)
	}
	r, err := f.Open(ctx, "a.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(r); string(got) != "one" {
		t.Errorf("%q came back", got)
	}
	r.Close()
	if err := errors.Join(f.Delete(ctx, "a.jpg"), f.Delete(ctx, "a.jpg")); err != nil {
		t.Error(err)
	}
	if _, err := f.Open(ctx, "a.jpg"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a deleted blob: %v", err)
	}
	for _, name := range []string{"", "../a", "a/b", ".a"} {
		if err := f.Put(ctx, name, bytes.NewReader(nil)); err == nil {
			t.Errorf("%q is taken as a name", name)
		}
	}
}

// keep takes a photo through a gate of its own, and gives what the store has of it.
func keep(t *testing.T, r io.Reader) (media.Photo, []byte, error) {
	t.Helper()
	store, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	p, err := media.NewGate(t.TempDir()).Keep(context.Background(), store, "p", r)
	if err != nil {
		return p, nil, err
	}
	f, err := store.Open(context.Background(), "p")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return p, raw, nil
}

func encode(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(i)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withEXIF puts an EXIF segment with an orientation and a camera's name behind the JPEG's first marker.
func withEXIF(t *testing.T, raw []byte, orientation byte, maker string) []byte {
	t.Helper()
	maker += "\x00"
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x02")
	tiff = append(tiff, 0x01, 0x0f, 0, 2, 0, 0, 0, byte(len(maker)), 0, 0, 0, 38)
	tiff = append(tiff, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0)
	tiff = append(tiff, 0, 0, 0, 0)
	tiff = append(tiff, maker...)
	body := append([]byte("Exif\x00\x00"), tiff...)
	head := fmt.Appendf(nil, "\xff\xe1%c%c", (len(body)+2)>>8, (len(body)+2)&255)
	return append(append(append([]byte{}, raw[:2]...), append(head, body...)...), raw[2:]...)
}
