package upload

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"strconv"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/media"
)

// Why a form is not taken.
var (
	errForeign = errors.New("not a form of ours")
	errBad     = errors.New("not a form")
)

// sent is a form as it came.
type sent struct {
	parts    []inbox.UploadPart
	place    *channels.Location
	problems []problem
	photos   int // chosen
}

// read takes the form part by part: photos go to disk, and one after the other through the gate.
func (p *Page) read(r *http.Request, v *opened) (s sent, err error) {
	m, err := r.MultipartReader()
	if err != nil {
		return s, errBad
	}
	ours, at := false, map[string]string{}
	for n := 0; ; n++ {
		part, err := m.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s, broken(err)
		}
		if n >= mostFields {
			return s, errBad
		}
		switch name := part.FormName(); name {
		case "photo":
			if !ours { // its token stands before the photos
				return s, errForeign
			}
			if err := p.photo(r.Context(), part, v, &s); err != nil {
				return s, err
			}
		case "form", "lat", "lon", "metres":
			text, err := io.ReadAll(io.LimitReader(part, fieldBytes))
			if err != nil {
				return s, broken(err)
			}
			if name == "form" {
				ours = hmac.Equal(text, []byte(v.token))
			} else {
				at[name] = string(text)
			}
		}
	}
	if !ours {
		return s, errForeign
	}
	if at["lat"] != "" || at["lon"] != "" {
		if s.place = position(at["lat"], at["lon"], at["metres"]); s.place == nil {
			return s, errBad
		}
	}
	return s, nil
}

// broken tells a form that is too large from one that is none.
func broken(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return errBad
}

// photo cleans and keeps one photo. What is none, or too large, is noted by its name; only trouble of our own is an error.
func (p *Page) photo(ctx context.Context, part *multipart.Part, v *opened, s *sent) error {
	first := make([]byte, 1)
	if n, err := io.ReadFull(part, first); n == 0 {
		if !errors.Is(err, io.EOF) {
			return broken(err)
		}
		if part.FileName() != "" {
			s.photos++
			s.problems = append(s.problems, problem{part.FileName(), v.say("upload.wrong_kind")})
		}
		return nil // nothing was chosen: browsers send the field all the same
	}
	if s.photos++; s.photos > inbox.MostPhotos {
		return rest(part)
	}
	ctx, cancel := context.WithTimeout(ctx, gateTime)
	defer cancel()
	sum := sha256.New()
	body := io.TeeReader(io.MultiReader(bytes.NewReader(first), part), sum)
	id := p.s.NewID()
	photo, err := p.s.Gate.Keep(ctx, p.s.Media, id, body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return err
	case errors.Is(err, media.ErrTooLarge):
		s.problems = append(s.problems, problem{part.FileName(), v.say("upload.too_big")})
	case errors.Is(err, media.ErrNoPhoto):
		s.problems = append(s.problems, problem{part.FileName(), v.say("upload.wrong_kind")})
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errBad // cut off on the way
	case err != nil:
		return err
	default:
		s.parts = append(s.parts, inbox.UploadPart{Content: p.s.Keys.Hash("upload content", string(sum.Sum(nil))), Blob: id, Bytes: photo.Bytes})
		if photo.File { // kept as it is elsewhere, with all the camera wrote: browsers make a JPEG of it when asked for one
			s.problems = append(s.problems, problem{part.FileName(), v.say("upload.wrong_kind")})
		}
	}
	return rest(part)
}

// rest reads what is left of a part, so that the browser comes to hear of us.
func rest(part *multipart.Part) error {
	if _, err := io.Copy(io.Discard, part); err != nil {
		return broken(err)
	}
	return nil
}

// position reads where the phone says it is; nil when that is nowhere.
func position(lat, lon, metres string) *channels.Location {
	a, err := strconv.ParseFloat(lat, 64)
	o, err2 := strconv.ParseFloat(lon, 64)
	if err != nil || err2 != nil || !(math.Abs(a) <= 90) || !(math.Abs(o) <= 180) {
		return nil
	}
	l := &channels.Location{Lat: a, Lon: o}
	if m, err := strconv.ParseFloat(metres, 64); err == nil && m > 0 && m < 1e6 {
		l.Metres = m
	}
	return l
}
