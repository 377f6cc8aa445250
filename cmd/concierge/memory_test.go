package main_test

import (
	"bytes"
	"compress/zlib"
	"context"
	bytesof "encoding/binary"
	"fmt"
	"hash/crc32"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"concierge/channels/channeltest"
	"concierge/internal/database"
)

// worstRSS is what the whole process may take with the worst photos there are (docs/operating.md).
const worstRSS = 256 << 20

// flatJPEG is a JPEG of no detail: a few bytes a thousand pixels, and in memory as large as any. Every block is two bits, both 0.
func flatJPEG(w, h, components int, progressive bool) []byte {
	u16 := func(n int) string { return string(bytesof.BigEndian.AppendUint16(nil, uint16(n))) }
	segment := func(marker byte, body string) string {
		return "\xff" + string([]byte{marker}) + u16(len(body)+2) + body
	}
	frame, scan, frameMarker, last, bits := "\x08"+u16(h)+u16(w)+string(rune(components)), string(rune(components)), byte(0xc0), "\x3f", 2
	if progressive {
		frameMarker, last, bits = 0xc2, "\x00", 1
	}
	for c := 1; c <= components; c++ {
		frame, scan = frame+string(rune(c))+"\x11\x00", scan+string(rune(c))+"\x00"
	}
	one := "\x01" + strings.Repeat("\x00", 15) + "\x00" // a table of one code
	blocks := ((w + 7) / 8) * ((h + 7) / 8) * components
	adobe := ""
	if components == 4 {
		adobe = segment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x00")
	}
	return []byte("\xff\xd8" + adobe + segment(0xdb, "\x00"+strings.Repeat("\x01", 64)) + segment(frameMarker, frame) + segment(0xc4, "\x00"+one+"\x10"+one) +
		segment(0xda, scan+"\x00"+last+"\x00") + strings.Repeat("\x00", (blocks*bits+7)/8) + "\xff\xd9")
}

// flatPNG is the same as a PNG, of four bytes a pixel.
func flatPNG(w, h int) []byte {
	chunk := func(kind string, data []byte) []byte {
		out := append(bytesof.BigEndian.AppendUint32(nil, uint32(len(data))), kind...)
		out = append(out, data...)
		return bytesof.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	}
	head := bytesof.BigEndian.AppendUint32(bytesof.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	for row := make([]byte, 1+4*w); h > 0; h-- {
		_, _ = z.Write(row)
	}
	_ = z.Close()
	return bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 6, 0, 0, 0)), chunk("IDAT", packed.Bytes()), chunk("IEND", nil)}, nil)
}

func TestTheWorstPhotosDoNotFillTheMemory(t *testing.T) {
	data := t.TempDir()
	b := newBinary(t, database.SQLite, true, "CONCIERGE_DATA="+data)
	b.start()
	idle := b.peak()
	worst := []struct {
		name, kind string
		raw        []byte
		taken      bool
	}{
		{"40 Mpx, every pixel its own colour", "image/jpeg", flatJPEG(7300, 5470, 3, false), true},
		{"30 Mpx with transparency", "image/png", flatPNG(6000, 5000), true},
		{"8 Mpx, progressive", "image/jpeg", flatJPEG(3264, 2448, 3, true), true},
		{"15 Mpx for print", "image/jpeg", flatJPEG(5000, 2990, 4, false), true},
		{"ten megabytes behind a photo", "image/jpeg", append(flatJPEG(7300, 5400, 3, false), make([]byte, 9<<20)...), true},
		{"40 Mpx, progressive", "image/jpeg", flatJPEG(7300, 5470, 3, true), false},
		{"a bomb", "image/png", flatPNG(9000, 9000), false},
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	var all sync.WaitGroup
	taken := 0
	for i := range 20 {
		w := worst[i%len(worst)]
		if w.taken {
			taken++
		}
		all.Go(func() {
			status := b.twilio.Inbound(ctx, channeltest.Inbound{From: fmt.Sprintf("whatsapp:+4477009006%02d", i), Body: "look",
				Media: []channeltest.Photo{{Type: w.kind, Bytes: w.raw}}})
			if status != http.StatusOK {
				t.Errorf("%s: the webhook answered %d", w.name, status)
			}
		})
	}
	all.Wait()
	db, err := database.Open(ctx, database.Options{Folder: data})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	states := func(state string) (n int) {
		if err := db.Read(ctx, func(tx *database.Tx) error {
			return tx.QueryRow(ctx, `SELECT COUNT(*) FROM media WHERE state = $1`, state).Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for ctx.Err() == nil && states("stored")+states("unavailable") < 20 {
		time.Sleep(100 * time.Millisecond)
	}
	if n, m := states("stored"), states("unavailable"); n != taken || m != 20-taken {
		t.Errorf("%d photos are stored and %d refused, not %d and %d", n, m, taken, 20-taken)
	}
	peak := b.peak()
	t.Logf("peak of the process: %d MiB ready, %d MiB with 20 of the worst photos at once", idle>>20, peak>>20)
	if peak > worstRSS {
		t.Errorf("the process took %d MiB, more than %d", peak>>20, worstRSS>>20)
	}
}

// peak is the most memory the process has ever held (VmHWM).
func (b *binary) peak() int64 {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(b.process.Process.Pid), "status"))
	if err != nil {
		b.t.Skip("this system does not tell a process's peak of memory")
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	line, _, _ := strings.Cut(after, "\n")
	kib, err := strconv.ParseInt(strings.Fields(line)[0], 10, 64)
	if err != nil {
		b.t.Fatal(err)
	}
	return kib << 10
}
