package media

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"

	"github.com/gabriel-vasile/mimetype"
	"golang.org/x/image/webp"
)

// Limits of a photo (docs/channels.md). MaxBytes is checked before anything is decoded, maxPixels and maxDecoded from the header alone.
// A photo of 40 Mpx as phones save it takes 60 MB to decode, without colour subsampling 120 MB: what takes more is no phone's.
const (
	MaxBytes   = 10 << 20
	maxPixels  = 40_000_000
	maxDecoded = 120_000_000
	maxSide    = 2048

	worthFreeing = 32_000_000
	quality      = 85
)

// Why a photo is not taken. Each has its words for the resident.
var (
	ErrTooLarge = errors.New("the photo is too large")
	ErrNoPhoto  = errors.New("this is no photo we can read")
)

// Photo is a kept photo: upright JPEG, at most 2,048 pixels a side, no metadata. File is what we keep but cannot show (HEIC).
type Photo struct {
	Type          string // image/jpeg, or image/heic
	Bytes         int
	Width, Height int
	File          bool
}

// cleaned is a photo and what is to be kept of it.
type cleaned struct {
	Photo
	raw []byte
}

// format is what we decode ourselves: by what the bytes are, never by what they are called.
type format struct {
	name   string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	need   func(raw []byte, pixels int64) int64 // bytes a decoder takes for so many pixels
}

var formats = map[string]format{
	"image/jpeg": {"jpeg", jpeg.DecodeConfig, jpeg.Decode, jpegNeed},
	"image/png":  {"png", png.DecodeConfig, png.Decode, pngNeed},
	"image/webp": {"webp", webp.DecodeConfig, webp.Decode, webpNeed},
}

// clean returns the photo without anything that says where or by whom it was taken.
func clean(raw []byte) (cleaned, error) {
	kind := mimetype.Detect(raw)
	if kind.Is("image/heic") || kind.Is("image/heif") {
		blank, ok := blankHEIC(raw)
		if !ok {
			return cleaned{}, ErrNoPhoto
		}
		return cleaned{Photo{Type: "image/heic", Bytes: len(blank), File: true}, blank}, nil
	}
	f, ok := formats[kind.String()]
	if !ok {
		return cleaned{}, ErrNoPhoto
	}
	size, err := f.config(bytes.NewReader(raw))
	if err != nil || size.Width <= 0 || size.Height <= 0 {
		return cleaned{}, ErrNoPhoto
	}
	pixels := int64(size.Width) * int64(size.Height)
	need := f.need(raw, pixels)
	if pixels > maxPixels || need > maxDecoded {
		return cleaned{}, ErrTooLarge
	}
	img, err := f.decode(bytes.NewReader(raw))
	if err != nil {
		return cleaned{}, ErrNoPhoto
	}
	small, way := shrink(img), orientation(raw, f.name)
	img, raw = nil, nil
	if need > worthFreeing {
		runtime.GC() // the large picture goes before copies of the small one are made
	}
	upright := turn(small, way)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, upright, &jpeg.Options{Quality: quality}); err != nil {
		return cleaned{}, fmt.Errorf("encode photo: %w", err)
	}
	b := upright.Bounds()
	return cleaned{Photo{Type: "image/jpeg", Bytes: out.Len(), Width: b.Dx(), Height: b.Dy()}, out.Bytes()}, nil
}
