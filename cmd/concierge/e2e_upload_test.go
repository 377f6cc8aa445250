package main_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"concierge/internal/database"
)

// A photo for a phone without picture messages: asked for by SMS with a link, sent by the page behind it, answered by SMS.
func TestAPhotoByTheUploadPage(t *testing.T) {
	for _, e := range []database.Engine{database.SQLite, database.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			b := newBinary(t, e, true)
			b.start()
			k := b.sms(t, "+447700900311")
			link := k.toThePhoto()
			var both sync.WaitGroup
			for range 2 { // pressed twice
				both.Go(func() { b.upload(t, link, noise(64, 48)) })
			}
			both.Wait()
			k.hears("Got your photo.", "nything else")
			ref := reference.FindString(k.says("skip", "Photo: 1") + k.says("send", "number is"))
			if shown := b.run("cases", "show", ref); ref == "" || !strings.Contains(shown, "photo") {
				t.Errorf("the case %s has no photo:\n%s", ref, shown)
			}
			for _, e := range b.ledger.Broken() {
				t.Errorf("a provider would not take %s: %s", e.Call, e.Why)
			}
		})
	}
}

// TestPhotosAtOnceDoNotFillTheMemory sends the largest photos there are by the page, all at once, and reads the most the process ever
// had. CONCIERGE_TEST_UPLOADS asks for more of them.
func TestPhotosAtOnceDoNotFillTheMemory(t *testing.T) {
	status := func(b *binary) []byte {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.process.Process.Pid))
		if err != nil {
			t.Skip("no /proc on this machine to read the memory from")
		}
		return text
	}
	n := 3
	if more, err := strconv.Atoi(os.Getenv("CONCIERGE_TEST_UPLOADS")); err == nil {
		n = more
	}
	b := newBinary(t, database.SQLite, true)
	b.start()
	status(b)
	large := [][]byte{noise(8000, 5000), flat(6000, 4950)} // 40 Mpx as a phone takes them, and the most that a PNG may take to decode
	phones, links := make([]*talk, n), make([]string, n)
	for i := range n {
		phones[i] = b.sms(t, fmt.Sprintf("+4477009004%02d", i))
		links[i] = phones[i].toThePhoto()
	}
	before := peak(status(b))
	began := time.Now()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { b.upload(t, links[i], large[i%2]) })
	}
	all.Wait()
	for _, k := range phones {
		k.hears("Got your photo.")
	}
	most := peak(status(b))
	t.Logf("%d large photos at once: at most %d MiB resident, %d MiB before, in %v", n, most>>10, before>>10, time.Since(began).Round(time.Second))
	if most > 256<<10 {
		t.Errorf("at most %d MiB resident: 256 are promised (docs/operating.md)", most>>10)
	}
}

// peak reads VmHWM, in KiB.
func peak(status []byte) int {
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(found[1]))
	return n
}

var uploadLink = regexp.MustCompile(`http://\S+/u/[1-9A-Za-z]{22}`)

// toThePhoto answers until a photo is asked, and gives the link.
func (k *talk) toThePhoto() string {
	k.t.Helper()
	k.says("big pothole outside 12 Stratford Road", "hurt")
	k.says("2", "Where")
	link := uploadLink.FindString(k.says("1", "photo", "/u/", "1 to skip"))
	if link == "" {
		k.t.Fatal("no link to the upload page was sent")
	}
	return link
}

var formToken = regexp.MustCompile(`name="form" value="([^"]+)"`)

// upload sends a photo as a browser does.
func (b *binary) upload(t *testing.T, link string, photo []byte) {
	t.Helper()
	status, page := get(t, http.DefaultClient, link)
	token := formToken.FindStringSubmatch(page)
	if status != http.StatusOK || token == nil {
		t.Errorf("the upload page answers %d:\n%s", status, page)
		return
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("form", token[1])
	f, _ := w.CreateFormFile("photo", "IMG_0001.jpg")
	_, _ = f.Write(photo)
	_ = w.Close()
	resp, err := http.Post(link, w.FormDataContentType(), &body) // follows to the page that says thanks
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(text), "go back to your messages") {
		t.Errorf("the upload is answered %d:\n%s", resp.StatusCode, text)
	}
}

// flat is a PNG of one colour: small to send, large to decode.
func flat(w, h int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, w, h)))
	return b.Bytes()
}

// noise is a photo that a coder cannot make small, as long as it stays under what we take.
func noise(w, h int) []byte {
	img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	r := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	for i := range img.Y {
		img.Y[i] = byte(128 + r.IntN(9))
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 100, 140
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, &jpeg.Options{Quality: 80})
	return b.Bytes()
}
