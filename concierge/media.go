package concierge

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/media"
	"concierge/internal/phrase"
)

// FetchMedia is the job that fetches a photo or file, cleans it and keeps it. A second run finds it stored.
type FetchMedia struct {
	ID string `json:"m"`
}

// Kind implements river.JobArgs.
func (FetchMedia) Kind() string { return "fetch_media" }

// What a provider does not hand out yet is asked for again, so often and so long (docs/channels.md).
const (
	fetchEvery = 20 * time.Second
	fetchFor   = 10 * time.Minute
	fetchTime  = 15 * time.Second // for the answer and all of its bytes
)

// blobPrefix marks a ref that is in our own store already: a photo from the upload page.
const blobPrefix = "blob:"

// keepMedia writes a row for each thing that came along, and a job for each that is to be fetched.
func (t *turn) keepMedia(ctx context.Context) error { return t.keepMediaFrom(ctx, 0) }

// keepMediaFrom leaves out the first, which have their rows.
func (t *turn) keepMediaFrom(ctx context.Context, first int) error {
	for n, f := range t.m.Media {
		if n < first {
			continue
		}
		id, state, blob := t.h.s.NewID(), "waiting", ""
		switch {
		case strings.HasPrefix(f.Ref, blobPrefix):
			state, blob = "stored", strings.TrimPrefix(f.Ref, blobPrefix)
		case f.Gone || !fetched(f.Kind):
			state = "unavailable"
		}
		t.b.Exec(`INSERT INTO media (id, message_id, n, kind, ref, state, blob, type, bytes, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			id, t.m.ID, n, f.Kind, f.Ref, state, blob, f.Type, f.Size, t.now)
		if state == "waiting" {
			if err := t.h.s.Queue.Enqueue(ctx, t.tx, FetchMedia{id}); err != nil {
				return err
			}
		}
	}
	return nil
}

// fetched tells the kinds we keep: photos, and files that may be photos. A voice message is answered, not kept.
func fetched(kind string) bool { return kind == "photo" || kind == "file" }

// tooLarge tells the resident at once of a photo that their messenger does not hand out.
func (t *turn) tooLarge() error {
	line := phrase.Say("upload.too_big", phrase.Var{Name: "Megabytes", Text: strconv.Itoa(media.MaxBytes >> 20)})
	return t.write(inbox.Reply, inbox.Words{Lines: t.lines(line), Cause: "media:" + t.m.ID})
}

type fetchWorker struct {
	river.WorkerDefaults[FetchMedia]
	h *Host
}

// Work implements river.Worker.
func (w fetchWorker) Work(ctx context.Context, job *river.Job[FetchMedia]) error {
	return w.h.fetch(ctx, job.Args.ID)
}

// wanted is one thing to fetch.
type wanted struct {
	message, conversation, kind, ref, state, contentType string
	channel                                              channels.Name
	size                                                 int64
	at, now                                              time.Time
}

func (h *Host) fetch(ctx context.Context, id string) error {
	var m wanted
	err := h.s.DB.Read(ctx, func(tx *database.Tx) error {
		m.now = tx.Now()
		return tx.QueryRow(ctx, `SELECT f.message_id, s.conversation_id, f.kind, f.ref, f.state, f.type, f.bytes, f.created_at, c.channel
			FROM media f JOIN messages s ON s.id = f.message_id JOIN conversations c ON c.id = s.conversation_id WHERE f.id = $1`, id).
			Scan(&m.message, &m.conversation, &m.kind, &m.ref, &m.state, &m.contentType, &m.size, &m.at, &m.channel)
	})
	if errors.Is(err, database.ErrNoRows) || (err == nil && m.state != "waiting") {
		return nil // erased meanwhile, or done
	}
	if err != nil {
		return fmt.Errorf("fetch media: %w", err)
	}
	photo, err := h.bring(ctx, id, m)
	if err == nil {
		return h.storedMedia(ctx, id, m, photo)
	}
	if errors.Is(err, media.ErrNoPhoto) || errors.Is(err, media.ErrTooLarge) || m.now.Sub(m.at) >= fetchFor {
		h.s.Log.Info("media unavailable", "media", id)
		return h.unavailable(ctx, id, m)
	}
	h.s.Log.Info("media not to be had yet", "media", id, "error", err)
	return river.JobSnooze(fetchEvery)
}

// bring fetches, cleans and keeps one photo. The blob is named by its row, so that a second run overwrites it with the same.
func (h *Host) bring(ctx context.Context, id string, m wanted) (media.Photo, error) {
	ch := h.s.Channels[m.channel]
	if ch == nil {
		return media.Photo{}, fmt.Errorf("fetch media: no channel %s", m.channel)
	}
	fetching, cancel := context.WithTimeout(ctx, fetchTime) // the wait to be decoded is not in it
	defer cancel()
	r, err := ch.Fetch(fetching, channels.Media{Ref: m.ref, Kind: m.kind, Type: m.contentType, Size: m.size})
	if err != nil {
		return media.Photo{}, fmt.Errorf("fetch media: %w", err)
	}
	defer r.Close()
	return h.s.Photos.Keep(ctx, h.s.Media, id, r)
}

func (h *Host) storedMedia(ctx context.Context, id string, m wanted, p media.Photo) error {
	return h.s.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE media SET state = 'stored', blob = $1, type = $2, bytes = $3, width = $4, height = $5 WHERE id = $1`,
			id, p.Type, p.Bytes, p.Width, p.Height)
		if err != nil {
			return fmt.Errorf("store media: %w", err)
		}
		return h.news(ctx, tx, m.conversation)
	})
}

// unavailable tells the resident, once, that their photo did not reach us.
func (h *Host) unavailable(ctx context.Context, id string, m wanted) error {
	return h.s.DB.Write(ctx, func(tx *database.Tx) error {
		c, err := h.s.Inbox.Lock(ctx, tx, m.conversation)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE media SET state = 'unavailable' WHERE id = $1 AND state = 'waiting'`, id)
		if err != nil || n == 0 {
			return err
		}
		if err := h.news(ctx, tx, m.conversation); err != nil {
			return err
		}
		return h.s.Inbox.Write(ctx, tx, c, inbox.Reply, inbox.Words{Lines: []phrase.Line{phrase.Say("error.photo")}, Cause: "media:" + m.message})
	})
}
