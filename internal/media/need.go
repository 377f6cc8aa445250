package media

import (
	"bytes"
	"encoding/binary"
)

// maxScans bounds the passes of a progressive JPEG: cameras make about ten, a bomb makes thousands of a few bytes each.
const maxScans = 100

// jpegNeed is what image/jpeg takes: one byte a sample, four more a sample for a progressive file's coefficients, four a pixel for
// colours that are converted at the end. Up to its first frame header the file is walked as image/jpeg walks it.
func jpegNeed(raw []byte, pixels int64) int64 {
	plain := false // RGB or CMYK as it is, by Adobe's marker
	for i := 2; i+4 <= len(raw); {
		if raw[i] != 0xff || raw[i+1] == 0 || raw[i+1] == 0xff {
			i++ // stray bytes and padding
			continue
		}
		marker := raw[i+1]
		if marker >= 0xd0 && marker <= 0xd9 {
			i += 2
			continue
		}
		n := int(binary.BigEndian.Uint16(raw[i+2:]))
		body := raw[i+4 : min(len(raw), i+2+max(2, n))]
		switch {
		case marker == 0xee && bytes.HasPrefix(body, []byte("Adobe")) && len(body) >= 12 && body[11] == 0:
			plain = true
		case marker >= 0xc0 && marker <= 0xc2:
			return frameNeed(body, pixels, plain, marker == 0xc2, raw)
		}
		i += 2 + n
	}
	return maxDecoded + 1 // no frame: no decoder takes it
}

// frameNeed reads a frame header: precision, height, width, then id, sampling and table of each component.
func frameNeed(body []byte, pixels int64, plain, progressive bool, raw []byte) int64 {
	if len(body) < 6 || len(body) < 6+3*int(body[5]) {
		return maxDecoded + 1
	}
	var most, all int64
	var ids []byte
	for c := range int(body[5]) {
		ids = append(ids, body[6+3*c])
		area := int64(body[7+3*c]>>4) * int64(body[7+3*c]&15)
		most, all = max(most, area), all+area
	}
	if most == 0 {
		return maxDecoded + 1
	}
	samples := (pixels*all + most - 1) / most
	need := samples
	if progressive {
		if bytes.Count(raw, []byte{0xff, 0xda}) > maxScans {
			return maxDecoded + 1
		}
		need += 4 * samples
	}
	if len(ids) == 4 || plain || string(ids) == "RGB" {
		need += 4 * pixels
	}
	return need
}

// pngNeed is what image/png takes at most: four bytes a pixel, eight at 16 bits, twice that where passes are put together.
func pngNeed(raw []byte, pixels int64) int64 {
	if len(raw) < 29 { // signature, IHDR's length, name and 13 bytes
		return maxDecoded + 1
	}
	need := 4 * pixels
	if raw[24] == 16 {
		need *= 2
	}
	if raw[28] != 0 {
		need *= 2
	}
	return need
}

// webpNeed is what x/image/webp takes at most: YCbCr 4:2:0 for the plain lossy form, twice four bytes for all others.
func webpNeed(raw []byte, pixels int64) int64 {
	if len(raw) >= 16 && string(raw[12:16]) == "VP8 " {
		return 2 * pixels
	}
	return 8 * pixels
}
