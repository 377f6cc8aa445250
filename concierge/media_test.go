package concierge

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"concierge/channels"
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
