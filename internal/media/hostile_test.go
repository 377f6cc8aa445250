package media_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"concierge/internal/media"
)

// chunk is one of a PNG's.
func chunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// bomb is a PNG of zeros: small as a file, as large as its header says when decoded.
func bomb(t testing.TB, w, h int, depth, colour, interlaced byte, bytesPerPixel int) []byte {
	t.Helper()
	head := binary.BigEndian.AppendUint32(nil, uint32(w))
	head = append(binary.BigEndian.AppendUint32(head, uint32(h)), depth, colour, 0, 0, interlaced)
	var packed bytes.Buffer
	z, err := zlib.NewWriterLevel(&packed, zlib.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	row := make([]byte, 1+w*bytesPerPixel)
	for range h {
		if _, err := z.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", head)...)
	out = append(out, chunk("IDAT", packed.Bytes())...)
	return append(out, chunk("IEND", nil)...)
}

// frames is a GIF of n frames.
func frames(t *testing.T, n int) []byte {
	t.Helper()
	one := image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.Black, color.White})
	g := &gif.GIF{}
	for range n {
		g.Image, g.Delay = append(g.Image, one), append(g.Delay, 1)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sized rewrites the first frame header of a JPEG: its size, and with progressive its kind.
func sized(raw []byte, w, h int, progressive bool) []byte {
	out := bytes.Clone(raw)
	i := bytes.Index(out, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(out[i+5:], uint16(h))
	binary.BigEndian.PutUint16(out[i+7:], uint16(w))
	if progressive {
		out[i+1] = 0xc2
	}
	return out
}

func TestWhatIsMadeToHurtIsRefusedBeforeItIsDecoded(t *testing.T) {
	small := encode(t, 40, 30)
	lossless := "RIFF\x1e\x00\x00\x00WEBPVP8L\x11\x00\x00\x00\x2f\xff\xff\xff\x0f" + strings.Repeat("\x00", 12) // 16384 × 16384
	for _, c := range []struct {
		name string
		raw  []byte
		want error
	}{
		{"a PNG of 50,000 × 50,000", append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", []byte("\x00\x00\xc3\x50\x00\x00\xc3\x50\x08\x06\x00\x00\x00"))...), media.ErrTooLarge},
		{"a PNG whose sides multiply to little", append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", []byte("\x00\x01\x00\x00\x00\x01\x00\x00\x08\x06\x00\x00\x00"))...), media.ErrTooLarge},
		{"a zip bomb in a PNG", bomb(t, 6400, 6400, 8, 6, 0, 4), media.ErrTooLarge},
		{"one of 16 bits", bomb(t, 4100, 4100, 16, 6, 0, 8), media.ErrTooLarge},
		{"one put together of passes", bomb(t, 4100, 4100, 8, 6, 1, 4), media.ErrTooLarge},
		{"a PNG of no size", append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", make([]byte, 13))...), media.ErrNoPhoto},
		{"a JPEG of 65,000 × 65,000", sized(small, 65000, 65000, false), media.ErrTooLarge},
		{"a progressive JPEG of 36 Mpx", sized(small, 6000, 6000, true), media.ErrTooLarge},
		{"a WebP without loss of 268 Mpx", []byte(lossless), media.ErrTooLarge},
		{"a progressive JPEG of a thousand passes", append(sized(small, 40, 30, true), bytes.Repeat([]byte("\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"), 1000)...), media.ErrTooLarge},
		{"a GIF of ten thousand frames", frames(t, 10_000), media.ErrNoPhoto},
		{"half a JPEG", small[:len(small)/2], media.ErrNoPhoto},
		{"half a PNG", bomb(t, 40, 30, 8, 6, 0, 4)[:60], media.ErrNoPhoto},
		{"nothing", nil, media.ErrNoPhoto},
		{"one byte", []byte{0xff}, media.ErrNoPhoto},
		{"an SVG", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), media.ErrNoPhoto},
		{"a web page that ends as a photo", append([]byte("<!doctype html><script>alert(1)</script>"), small...), media.ErrNoPhoto},
		{"a PDF", []byte("%PDF-1.7\n1 0 obj"), media.ErrNoPhoto},
		{"a program", []byte("\x7fELF\x02\x01\x01"), media.ErrNoPhoto},
		{"a PNG that says it is a JPEG", append([]byte("\xff\xd8\xff\xe0"), bomb(t, 40, 30, 8, 6, 0, 4)...), media.ErrNoPhoto},
	} {
		if _, _, err := keep(t, bytes.NewReader(c.raw)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// TestNothingButThePictureIsLeft: whichever segment words stand in, and whatever stands behind the picture, is gone.
func TestNothingButThePictureIsLeft(t *testing.T) {
	segment := func(marker byte, body string) string {
		return "\xff" + string([]byte{marker}) + u16(len(body)+2) + body
	}
	small := string(encode(t, 40, 30))
	behind := func(segments string) string { return small[:2] + segments + small[2:] }
	flat := string(bomb(t, 40, 30, 8, 6, 0, 4))
	inPNG := func(kind, data string) string { return flat[:33] + string(chunk(kind, []byte(data))) + flat[33:] }
	for name, raw := range map[string]string{
		"XMP":                        behind(segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>CANARY</x:xmpmeta>")),
		"IPTC":                       behind(segment(0xed, "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0bCANARY")),
		"an ICC profile":             behind(segment(0xe2, "ICC_PROFILE\x00\x01\x01"+profile("CANARY"))),
		"a comment":                  behind(segment(0xfe, "CANARY")),
		"a maker's segment":          behind(segment(0xef, "CANARY")),
		"EXIF":                       string(withEXIF(t, []byte(small), 1, "CANARY")),
		"what stands behind a JPEG":  small + "<script>CANARY</script>",
		"a PNG's text":               inPNG("tEXt", "Comment\x00CANARY"),
		"a PNG's EXIF":               inPNG("eXIf", "MM\x00\x2a\x00\x00\x00\x08\x00\x00CANARY"),
		"a PNG's XMP":                inPNG("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00CANARY"),
		"what stands behind a PNG":   flat + "CANARY",
		"a web page inside a JPEG":   behind(segment(0xfe, "<html><script>alert('CANARY')</script>")),
		"a chunk PNG does not know":  inPNG("caNy", "CANARY"),
		"a JPEG of another's colour": behind(segment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x01CANARY")),
	} {
		p, kept, err := keep(t, strings.NewReader(raw))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if bytes.Contains(kept, []byte("CANARY")) || bytes.Contains(kept, []byte("ICC_PROFILE")) {
			t.Errorf("%s is left", name)
		}
		if p.Width != 40 || p.Height != 30 || p.Type != "image/jpeg" {
			t.Errorf("%s: %+v", name, p)
		}
		if _, err := jpeg.DecodeConfig(bytes.NewReader(kept)); err != nil {
			t.Errorf("%s: what is kept is no JPEG: %v", name, err)
		}
	}
}

// TestLargePhotosOfPhonesAreTaken: the limits are for what no phone makes.
func TestLargePhotosOfPhonesAreTaken(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, 7200, 5400), image.YCbCrSubsampleRatio420), nil); err != nil { // 39 Mpx
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{"39 Mpx": b.Bytes(), "a screen of 15 Mpx": bomb(t, 5120, 2880, 8, 2, 0, 3)} {
		if p, _, err := keep(t, bytes.NewReader(raw)); err != nil || p.Width != 2048 {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	if _, err := png.DecodeConfig(bytes.NewReader(bomb(t, 40, 30, 8, 6, 0, 4))); err != nil {
		t.Errorf("the bombs of this test are no PNGs: %v", err)
	}
}
