package concierge

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/dialog"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/media"
)

func photo(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPhotosAreFetchedCleanedAndKept(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		var seen []string
		o := open(t, db, script(func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
			seen = in.Media
			return echo(s, in)
		}))
		store, err := media.OpenFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		o.h.s.Media = store
		o.tg.Keep("good", photo(t))
		o.tg.Keep("bad", []byte("#!/bin/sh"))
		m := text("telegram:3", "look")
		m.Kind = channels.KindMedia
		m.Media = []channels.Media{{Ref: "good", Kind: "photo"}, {Ref: "late", Kind: "photo"}, {Ref: "v", Kind: "voice"}, {Ref: "blob:b1", Kind: "photo"}}
		o.receive(m)
		o.receive(m)
		if len(seen) != 4 {
			t.Fatalf("the engine saw %v", seen)
		}
		if n := o.count(`SELECT COUNT(*) FROM river_job WHERE kind = 'fetch_media'`); n != 2 {
			t.Fatalf("%d jobs to fetch", n)
		}
		id := func(ref string) string { return o.one(`SELECT id FROM media WHERE ref = $1`, ref) }
		for range 2 { // a second run is harmless
			if err := o.h.fetch(o.ctx, id("good")); err != nil {
				t.Fatal(err)
			}
		}
		if got := o.one(`SELECT state || ' ' || type FROM media WHERE ref = 'good'`); got != "stored image/jpeg" {
			t.Errorf("good photo: %s", got)
		}
		r, err := store.Open(o.ctx, id("good"))
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		var snooze *river.JobSnoozeError
		if err := o.h.fetch(o.ctx, id("late")); !errors.As(err, &snooze) {
			t.Fatalf("not to be had yet: %v", err)
		}
		o.exec(`UPDATE media SET created_at = $1 WHERE ref = 'late'`, time.Now().UTC().Add(-11*time.Minute))
		for range 2 {
			if err := o.h.fetch(o.ctx, id("late")); err != nil {
				t.Fatal(err)
			}
		}
		o.hears(o.tg, "telegram:3", "you said look", "privacy.first", "error.photo")
		m = text("telegram:3", "this")
		m.Kind, m.Media = channels.KindMedia, []channels.Media{{Ref: "bad", Kind: "file"}}
		o.receive(m)
		if err := o.h.fetch(o.ctx, id("bad")); err != nil {
			t.Fatal(err)
		}
		o.hears(o.tg, "telegram:3", "you said look", "privacy.first", "error.photo", "you said this", "error.photo")
		if n := o.count(`SELECT COUNT(*) FROM media WHERE state = 'stored' AND blob = 'b1'`); n != 1 {
			t.Error("our own blob is not taken as it is")
		}
	})
}

// slow is a channel whose photos stop halfway, until whoever fetches gives up.
type slow struct {
	*channeltest.Recorder
	given time.Duration
}

func (s *slow) Fetch(ctx context.Context, _ channels.Media) (io.ReadCloser, error) {
	by, ok := ctx.Deadline()
	if !ok {
		return nil, errors.New("it would wait for ever")
	}
	s.given = time.Until(by)
	ended, cancel := context.WithCancel(ctx)
	cancel() // as if the time were over
	return io.NopCloser(io.MultiReader(strings.NewReader("\xff\xd8\xff"), gone{ended})), nil
}

type gone struct{ ctx context.Context }

func (g gone) Read([]byte) (int, error) { <-g.ctx.Done(); return 0, g.ctx.Err() }

func TestAPhotoThatStopsHalfwayIsAskedForAgain(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		s := &slow{Recorder: o.tg}
		o.h.s.Channels[channels.Telegram] = s
		store, err := media.OpenFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		o.h.s.Media = store
		m := text("telegram:3", "look")
		m.Kind, m.Media = channels.KindMedia, []channels.Media{{Ref: "a", Kind: "photo"}}
		o.receive(m)
		var snooze *river.JobSnoozeError
		if err := o.h.fetch(o.ctx, o.one(`SELECT id FROM media`)); !errors.As(err, &snooze) {
			t.Errorf("%v", err)
		}
		if s.given <= 0 || s.given > 15*time.Second {
			t.Errorf("it may take %v", s.given)
		}
	})
}

func TestAPhotoTooLargeToBeHadIsToldAtOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		var seen []string
		o := open(t, db, script(func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
			if seen = append(seen, in.Media...); in.Text == "" && in.Media == nil {
				return s, nil
			}
			return echo(s, in)
		}))
		m := text("telegram:4", "")
		m.Kind, m.Media = channels.KindMedia, []channels.Media{{Kind: "photo", Gone: true}}
		o.receive(m)
		o.hears(o.tg, "telegram:4", "upload.too_big", "privacy.first")
		m = text("telegram:4", "with words")
		m.Kind, m.Media = channels.KindMedia, []channels.Media{{Kind: "file", Gone: true}, {Ref: "v", Kind: "voice"}}
		o.receive(m)
		o.hears(o.tg, "telegram:4", "upload.too_big", "privacy.first", "upload.too_big", "you said with words")
		if len(seen) != 1 || seen[0] != "voice" {
			t.Errorf("the engine was told of %v", seen)
		}
		if n := o.count(`SELECT COUNT(*) FROM media WHERE state = 'unavailable'`); n != 3 {
			t.Errorf("%d are noted as not to be had", n)
		}
	})
}
