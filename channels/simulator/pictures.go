package simulator

import (
	"bytes"
	"embed"
	"errors"
	"io"
	"net/http"
	"strings"

	"concierge/channels"
)

// Limits of uploaded photos: one is as large as the concierge takes; a visitor has a few, and all together fit in memory.
const (
	maxUpload  = 10 << 20
	maxUploads = 8
	maxHeld    = 96 << 20
)

// ErrPicture is a reference to a photo that is none, or is forgotten.
var ErrPicture = errors.New("simulator: no such photo")

//go:embed page/photos/*.jpg
var samples embed.FS

// sampleNames are the three photos a visitor can send without having one.
var sampleNames = [...]string{"pothole", "street_light", "park_path"}

// pictures are the uploads. The simulator's lock guards them.
type pictures struct {
	byID  map[string]picture
	order []string
	held  int
}

type picture struct {
	owner string // the visitor's id: nobody else is shown it
	bytes []byte
	kind  string // as we sniffed it
}

func (p *pictures) put(id string, one picture) {
	if p.byID == nil {
		p.byID = map[string]picture{}
	}
	p.byID[id], p.order, p.held = one, append(p.order, id), p.held+len(one.bytes)
	for p.held > maxHeld {
		p.drop(p.order[0])
	}
}

func (p *pictures) drop(id string) {
	p.held -= len(p.byID[id].bytes)
	delete(p.byID, id)
	for i, o := range p.order {
		if o == id {
			p.order = append(p.order[:i:i], p.order[i+1:]...)
			return
		}
	}
}

// sample is one of the three as media; nil for another name.
func sample(name string) *channels.Media {
	b, err := samplePhoto(name)
	if err != nil {
		return nil
	}
	return &channels.Media{Ref: "sample:" + name, Kind: "photo", Type: "image/jpeg", Size: int64(len(b))}
}

func samplePhoto(name string) ([]byte, error) {
	for _, n := range sampleNames {
		if n == name {
			return samples.ReadFile("page/photos/" + n + ".jpg")
		}
	}
	return nil, ErrPicture
}

// upload keeps a photo of a visitor and gives it as media. What is no picture a browser shows is a file.
func (s *Simulator) upload(v *visitor, b []byte) *channels.Media {
	one, id, kind := picture{owner: v.id, bytes: b, kind: http.DetectContentType(b)}, newID(), "photo"
	if !shows(one.kind) {
		kind = "file"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pictures.put(id, one)
	s.keep(v, id)
	return &channels.Media{Ref: "upload:" + id, Kind: kind, Type: one.kind, Size: int64(len(b))}
}

func shows(kind string) bool {
	return kind == "image/jpeg" || kind == "image/png" || kind == "image/webp"
}

// picture opens a reference.
func (s *Simulator) picture(ref string) (io.ReadCloser, error) {
	if name, ok := strings.CutPrefix(ref, "sample:"); ok {
		b, err := samplePhoto(name)
		if err != nil {
			return nil, ErrPicture
		}
		return io.NopCloser(bytes.NewReader(b)), nil
	}
	id, ok := strings.CutPrefix(ref, "upload:")
	s.mu.Lock()
	one, found := s.pictures.byID[id]
	s.mu.Unlock()
	if !ok || !found {
		return nil, ErrPicture
	}
	return io.NopCloser(bytes.NewReader(one.bytes)), nil
}

// pictureURL is where the page finds a photo, below /simulator/.
func pictureURL(ref string) string {
	if name, ok := strings.CutPrefix(ref, "sample:"); ok {
		return "page/photos/" + name + ".jpg"
	}
	return "photos/" + strings.TrimPrefix(ref, "upload:")
}
