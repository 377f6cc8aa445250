package media

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	_ "image/png" // registers the decoder
	"io"
	"sync"

	"github.com/bep/imagemeta"
	"github.com/gabriel-vasile/mimetype"
	xdraw "golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // registers the decoder
)

// Limits of a photo (docs/channels.md). MaxBytes is checked before anything is decoded, maxPixels from the header alone.
const (
	MaxBytes  = 10 << 20
	maxPixels = 40_000_000
	maxSide   = 2048
	quality   = 85
)

// Why a photo is not taken. Each has its words for the resident.
var (
	ErrTooLarge = errors.New("the photo is too large")
	ErrNoPhoto  = errors.New("this is no photo we can read")
)

// Photo is a cleaned photo: upright JPEG, at most 2,048 pixels a side, no metadata. File is what we keep but cannot show (HEIC).
type Photo struct {
	Bytes         []byte
	Type          string
	Width, Height int
	File          bool
}

// decoding lets one photo be decoded at a time: 40 Mpx are 160 MB.
var decoding sync.Mutex

// Clean reads a photo from r, at most MaxBytes, and returns it without anything that says where or by whom it was taken.
func Clean(r io.Reader) (Photo, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return Photo{}, fmt.Errorf("read photo: %w", err)
	}
	if len(raw) > MaxBytes {
		return Photo{}, ErrTooLarge
	}
	switch kind := mimetype.Detect(raw); {
	case kind.Is("image/jpeg"), kind.Is("image/png"), kind.Is("image/webp"):
		return clean(raw)
	case kind.Is("image/heic"), kind.Is("image/heif"):
		return Photo{Bytes: raw, Type: "image/heic", File: true}, nil
	}
	return Photo{}, ErrNoPhoto
}

func clean(raw []byte) (Photo, error) {
	size, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return Photo{}, ErrNoPhoto
	}
	if size.Width <= 0 || size.Height <= 0 || size.Width > maxPixels/size.Height {
		return Photo{}, ErrTooLarge
	}
	decoding.Lock()
	defer decoding.Unlock()
	img, format, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return Photo{}, ErrNoPhoto
	}
	upright := turn(shrink(img), orientation(raw, format))
	var out bytes.Buffer
	if err := jpeg.Encode(&out, upright, &jpeg.Options{Quality: quality}); err != nil {
		return Photo{}, fmt.Errorf("encode photo: %w", err)
	}
	b := upright.Bounds()
	return Photo{Bytes: out.Bytes(), Type: "image/jpeg", Width: b.Dx(), Height: b.Dy()}, nil
}

// orientation reads EXIF's 1–8; anything unreadable is 1, upright.
func orientation(raw []byte, format string) int {
	kinds := map[string]imagemeta.ImageFormat{"jpeg": imagemeta.JPEG, "png": imagemeta.PNG, "webp": imagemeta.WebP}
	found := 1
	_, err := imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(raw), ImageFormat: kinds[format], Sources: imagemeta.EXIF,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool { return t.Tag == "Orientation" },
		HandleTag: func(t imagemeta.TagInfo) error {
			if n, ok := t.Value.(uint16); ok && n >= 1 && n <= 8 {
				found = int(n)
			}
			return nil
		},
	})
	if err != nil {
		return 1
	}
	return found
}

func shrink(img image.Image) image.Image {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if w <= maxSide && h <= maxSide {
		return img
	}
	if w > h {
		w, h = maxSide, max(1, h*maxSide/w)
	} else {
		w, h = max(1, w*maxSide/h), maxSide
	}
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	xdraw.ApproxBiLinear.Scale(small, small.Bounds(), img, b, xdraw.Src, nil)
	return small
}

// turn undoes EXIF's orientation: 1 is upright, 3 upside down, 6 and 8 on their sides, the others mirrored too.
func turn(img image.Image, o int) image.Image {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	flat := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(flat, flat.Bounds(), image.White, image.Point{}, draw.Src) // what was transparent
	draw.Draw(flat, flat.Bounds(), img, b.Min, draw.Over)
	if o <= 1 {
		return flat
	}
	size := image.Rect(0, 0, w, h)
	if o >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			tx, ty := turned(o, x, y, w, h)
			copy(out.Pix[out.PixOffset(tx, ty):][:4], flat.Pix[flat.PixOffset(x, y):][:4])
		}
	}
	return out
}

func turned(o, x, y, w, h int) (int, int) {
	switch o {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8:
		return y, w - 1 - x
	}
	return x, y
}
