package concierge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"concierge/channels"
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/feed"
)

type resumeWorker struct {
	river.WorkerDefaults[inbox.Resume]
	h *Host
}

// Work implements river.Worker.
func (w resumeWorker) Work(ctx context.Context, job *river.Job[inbox.Resume]) error {
	return w.h.resume(ctx, job.Args)
}

// resume lets the bot speak first after a person gave the conversation back. It does nothing when the epoch has moved on, when the
// conversation is not the bot's, or when a turn was taken since: so a second run is harmless.
func (h *Host) resume(ctx context.Context, r inbox.Resume) error {
	how := r.How
	switch how {
	case "silent":
		return nil
	case "case":
		how = r.Case
	}
	return h.unlessGone(h.turning(ctx, func(t *turn) error {
		c, err := h.s.Inbox.Lock(ctx, t.tx, r.Conversation)
		if err != nil || c.Epoch != r.Epoch || c.Owner != inbox.Bot {
			return err
		}
		var ended *time.Time
		if err := t.tx.QueryRow(ctx, `SELECT MAX(ended_at) FROM handoffs WHERE conversation_id = $1`, c.ID).Scan(&ended); err != nil {
			return fmt.Errorf("resume: %w", err)
		}
		if ended != nil && c.TurnedAt.After(*ended) {
			return nil
		}
		can := channels.Can(c.Channel)
		in := dialog.Input{Kind: dialog.Returned, Returned: how, Plain: can.Buttons == 0, Upload: can.UploadPage}
		t.c = c
		return t.speak(ctx, in, fmt.Sprintf("resume:%s:%d", c.ID, r.Epoch), false)
	}))
}

// Nudge is the periodic job, once a minute, that reminds those who left a report unfinished, once.
type Nudge struct{}

// Kind implements river.JobArgs.
func (Nudge) Kind() string { return "nudge" }

type nudgeWorker struct {
	river.WorkerDefaults[Nudge]
	h *Host
}

// Work implements river.Worker.
func (w nudgeWorker) Work(ctx context.Context, _ *river.Job[Nudge]) error { return w.h.nudge(ctx) }

// nudgeLimit is how many reminders one run writes: the next minute has another.
const nudgeLimit = 500

func (h *Host) nudge(ctx context.Context) error {
	var ids []string
	err := h.s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM conversations WHERE nudge_at IS NOT NULL AND nudge_at <= $1 ORDER BY nudge_at LIMIT $2`, tx.Now(), nudgeLimit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("nudge: %w", err)
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, h.unlessGone(h.nudgeOne(ctx, id)))
	}
	return errors.Join(errs...)
}

// nudgeOne reminds one resident. The row's lock and nudge_at make a second run harmless: it is emptied with the words.
func (h *Host) nudgeOne(ctx context.Context, id string) error {
	return h.turning(ctx, func(t *turn) error {
		c, err := h.s.Inbox.Lock(ctx, t.tx, id)
		now := t.tx.Now()
		if err != nil || c.NudgeAt.IsZero() || c.NudgeAt.After(now) {
			return err
		}
		if until, quiet := h.s.Council.Quiet(now); quiet {
			c.NudgeAt = until
			return h.s.Inbox.Save(ctx, t.tx, c)
		}
		window := channels.Can(c.Channel).Window
		if c.Owner != inbox.Bot || c.State != inbox.Active || !c.OptedOutAt.IsZero() || !c.UnreachableAt.IsZero() ||
			(window > 0 && !c.InboundAt.Add(window).After(now)) {
			c.NudgeAt = time.Time{}
			return h.s.Inbox.Save(ctx, t.tx, c)
		}
		can := channels.Can(c.Channel)
		in := dialog.Input{Kind: dialog.Resume, Plain: can.Buttons == 0, Upload: can.UploadPage, Since: max(now.Sub(c.TurnedAt), 0)}
		t.c = c
		return t.speak(ctx, in, fmt.Sprintf("nudge:%s:%d", c.ID, c.NextSeq), true)
	})
}

// unlessGone forgives a conversation that was erased meanwhile.
func (h *Host) unlessGone(err error) error {
	if errors.Is(err, inbox.ErrNoConversation) {
		return nil
	}
	return err
}

// news tells live pages that something of a conversation changed.
func (h *Host) news(ctx context.Context, tx *database.Tx, conversation string) error {
	tx.AfterCommit(h.feedWake)
	return feed.Append(ctx, tx, inbox.FeedConversation, conversation, inbox.FeedMessage)
}

// feedEvery is how often a node tells its readers that there is something new (docs/architecture.md, "Live").
const feedEvery = 50 * time.Millisecond

// feedWake tells live pages to look, soon: many commits, one look.
func (h *Host) feedWake() {
	if h.s.FeedWake == nil || !h.feedSoon.CompareAndSwap(false, true) {
		return
	}
	time.AfterFunc(feedEvery, func() {
		h.feedSoon.Store(false)
		h.s.FeedWake()
	})
}
