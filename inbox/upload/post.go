package upload

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/media"
)

// What a form may be. A browser shows our answer only when we have read all it sends, so a photo that is too large is read to its end,
// as long as the whole is not absurd.
const (
	mostBytes  = 4 * inbox.MostPhotos * media.MaxBytes
	mostFields = 12
	fieldBytes = 200
	sendTime   = 6 * time.Minute // three photos over a slow connection, each after its wait
	gateTime   = 2 * time.Minute // how long a photo waits for those before it
)

// post takes a form: load → parse → validate → change → redirect.
func (p *Page) post(w http.ResponseWriter, r *http.Request, v *opened) {
	if !p.hands.take(v.conversation.ID) {
		p.tooMany(w, r)
		return
	}
	defer p.hands.give(v.conversation.ID)
	r.Body = http.MaxBytesReader(w, r.Body, mostBytes)
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(sendTime)); err != nil {
		p.failed(w, r, err)
		return
	}
	form, err := p.read(r, v)
	if err != nil {
		p.drop(r.Context(), form.parts)
		p.refuse(w, r, v, err)
		return
	}
	if form.problems = append(form.problems, v.check(form)...); len(form.problems) > 0 {
		p.drop(r.Context(), form.parts)
		p.show(w, http.StatusUnprocessableEntity, v.asking(form.problems...))
		return
	}
	if err := p.take(r.Context(), v, form); err != nil {
		p.failed(w, r, err)
		return
	}
	what := "place"
	if form.photos > 0 {
		what = "photo"
	}
	w.Header().Set("Location", v.path+"?lang="+v.tag+"&sent="+what)
	w.WriteHeader(http.StatusSeeOther)
}

// refuse answers what is no form, or none of ours.
func (p *Page) refuse(w http.ResponseWriter, r *http.Request, v *opened, err error) {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		p.show(w, http.StatusRequestEntityTooLarge, v.asking(problem{Text: v.say("upload.too_big")}))
	case errors.Is(err, errForeign):
		p.show(w, http.StatusForbidden, p.trouble(r, "error.bad"))
	case errors.Is(err, errBad):
		p.show(w, http.StatusBadRequest, p.trouble(r, "error.bad"))
	case errors.Is(err, context.DeadlineExceeded):
		w.Header().Set("Retry-After", "60")
		p.show(w, http.StatusServiceUnavailable, p.trouble(r, "error.too_many"))
	default:
		p.failed(w, r, err)
	}
}

// check is what is wrong with the form as a whole.
func (v *opened) check(s sent) []problem {
	switch {
	case s.photos > inbox.MostPhotos:
		return []problem{{Text: v.say("upload.surplus")}}
	case s.photos > 0 && !v.link.Photo, s.place != nil && !v.link.Place:
		return []problem{{Text: v.say("error.bad")}}
	case s.photos == 0 && s.place == nil && v.link.Photo:
		return []problem{{Text: v.say("upload.nothing")}}
	case s.photos == 0 && s.place == nil:
		return []problem{{Text: v.say("upload.position_failed")}}
	}
	return nil
}

// take notes what came and receives it. A form sent twice is received twice, under the same ids: the second changes nothing, and mends
// what a crash left half done.
func (p *Page) take(ctx context.Context, v *opened, s sent) error {
	ctx = context.WithoutCancel(ctx) // it is here: that the phone went away changes nothing
	parts := s.parts
	if s.place != nil {
		l := *s.place // the same one sent twice is one
		at := p.s.Keys.Hash("upload place", fmt.Sprintf("%f,%f,%f", l.Lat, l.Lon, l.Metres))
		parts = append([]inbox.UploadPart{{Content: at}}, parts...)
	}
	var noted []inbox.UploadPart
	err := p.s.DB.Write(ctx, func(tx *database.Tx) (err error) {
		noted, err = p.s.Inbox.TakeParts(ctx, tx, v.link.Hash, parts)
		return err
	})
	if err != nil {
		return err // the photos stay: nobody knows whether they were noted
	}
	p.drop(ctx, unused(s.parts, noted))
	now := p.s.Now().UTC()
	for _, one := range noted {
		m := v.link.Sent(v.conversation, one, now)
		if one.Blob == "" {
			m.Kind, m.Location = channels.KindLocation, s.place
		} else if len(s.parts) > 1 {
			m.Album = m.ID[:len(m.ID)-len(strconv.Itoa(one.N))] // of many at once, one "got it" will do
		}
		if err := p.s.Receiver.Receive(ctx, m); err != nil {
			return fmt.Errorf("receive upload: %w", err)
		}
	}
	return nil
}

// unused are photos that were kept for nothing: they had come before, or are too many.
func unused(kept, noted []inbox.UploadPart) (left []inbox.UploadPart) {
	used := map[string]bool{}
	for _, one := range noted {
		used[one.Blob] = true
	}
	for _, one := range kept {
		if !used[one.Blob] {
			left = append(left, one)
		}
	}
	return left
}

func (p *Page) drop(ctx context.Context, parts []inbox.UploadPart) {
	for _, one := range parts {
		if err := p.s.Media.Delete(context.WithoutCancel(ctx), one.Blob); err != nil {
			p.s.Log.Warn("photo not deleted", "blob", one.Blob, "error", err)
		}
	}
}
