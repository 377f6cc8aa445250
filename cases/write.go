package cases

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"concierge/internal/database"
)

// none is the time of what has not happened.
var none time.Time

// lock reads a case and holds its row until the transaction ends: writers of one case go one after the other.
func (c *Cases) lock(ctx context.Context, tx *database.Tx, ref Reference) (Case, error) {
	return c.one(ctx, tx, `reference = $1`+tx.ForUpdate(), string(ref))
}

// came tells whether an update from this source was written before.
func (c *Cases) came(ctx context.Context, tx *database.Tx, source string) (bool, error) {
	if source == "" {
		return false, nil
	}
	var n int
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM updates WHERE source = $1`, source).Scan(&n); err != nil {
		return false, fmt.Errorf("look for update: %w", err)
	}
	return n > 0, nil
}

// save writes a locked case one version on, with the update that says why, and has it told.
func (c *Cases) save(ctx context.Context, tx *database.Tx, one *Case, u Update, photos []string) error {
	one.Version++
	one.LastSeq++
	one.ChangedAt = tx.Now()
	u.CaseID, u.Seq, u.At = one.ID, one.LastSeq, one.ChangedAt
	n, err := tx.Exec(ctx, `
		UPDATE cases SET version = $2, team = $3, status = $4, reason = $5, next_step = $6, planned_for = $7, changed_at = $8,
			closed_at = $9, promised_at = $10, hidden = $11, reopened = $12, rating = $13, duplicate_of = $14, updates_seq = $15
		WHERE id = $1 AND version = $2 - 1`,
		one.ID, one.Version, one.Team, string(one.Status), string(one.Reason), one.NextStep, one.PlannedFor, one.ChangedAt,
		maybe(one.ClosedAt), maybe(one.PromisedAt), one.Hidden, one.Reopened, one.Rating, text(string(one.DuplicateOf)), one.LastSeq)
	if err != nil {
		return fmt.Errorf("write case: %w", err)
	}
	if n != 1 {
		return ErrStale
	}
	if err := c.write(ctx, tx, *one, u, photos); err != nil {
		return err
	}
	return c.changed(ctx, tx, one.ID)
}

// write inserts an update and its photos.
func (c *Cases) write(ctx context.Context, tx *database.Tx, one Case, u Update, photos []string) error {
	var b database.Batch
	photos, err := c.room(ctx, tx, one, u.By, photos)
	if err != nil {
		return err
	}
	b.Exec(`INSERT INTO updates (id, case_id, seq, at, actor, actor_id, kind, status_from, status_to, reason, next_step, planned_for,
			text, language, public, hidden, source)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		database.NewID(), one.ID, u.Seq, u.At, string(u.By.Kind), u.By.ID, string(u.Kind), string(u.From), string(u.To),
		string(u.Reason), u.NextStep, u.PlannedFor, u.Text, u.Language, u.Public, u.Hidden, text(u.Source))
	for _, p := range photos {
		b.Exec(`INSERT INTO case_photos (case_id, media_id, update_seq) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, one.ID, p, u.Seq)
	}
	if err := tx.Run(ctx, &b); err != nil {
		return fmt.Errorf("write update: %w", err)
	}
	return nil
}

// room keeps as many of a resident's photos as the case still takes; staff's and partners' are not counted.
func (c *Cases) room(ctx context.Context, tx *database.Tx, one Case, by Actor, photos []string) ([]string, error) {
	if by.Kind != Resident || len(photos) == 0 {
		return photos, nil
	}
	n, most := 0, c.rules.Photos
	if most <= 0 {
		most = 3
	}
	if one.LastSeq > 1 {
		err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM case_photos p JOIN updates u ON u.case_id = p.case_id AND u.seq = p.update_seq
			WHERE p.case_id = $1 AND u.actor = 'resident'`, one.ID).Scan(&n)
		if err != nil {
			return nil, fmt.Errorf("count photos: %w", err)
		}
	}
	return photos[:min(len(photos), max(0, most-n))], nil
}

// insertFollower adds a follower; one who follows already stays as they were.
func (c *Cases) insertFollower(ctx context.Context, tx *database.Tx, f *Follower) error {
	f.ID, f.CreatedAt, f.LinkNo = database.NewID(), tx.Now(), c.linkNo()
	_, err := tx.Exec(ctx, `
		INSERT INTO followers (id, case_id, contact_id, conversation_id, role, link_no, told_seq, told_at, muted_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (case_id, contact_id) DO NOTHING`,
		f.ID, f.CaseID, string(f.Contact), string(f.Conversation), string(f.Role), f.LinkNo, f.ToldSeq, maybe(f.ToldAt),
		maybe(f.MutedAt), f.CreatedAt)
	if err != nil {
		return fmt.Errorf("add follower: %w", err)
	}
	return nil
}

// linkNo draws the number behind a link: random, so that no two writers wait for a counter, and 62 bits, so that none meet.
func (c *Cases) linkNo() int64 {
	var b [8]byte
	if _, err := io.ReadFull(c.rules.random(), b[:]); err != nil {
		panic("cases: the source of random numbers has ended")
	}
	return int64(binary.BigEndian.Uint64(b[:])>>2) + 1
}

func maybe(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC()
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func point(p Place) (lat, lon any) {
	if !p.Point {
		return nil, nil
	}
	return p.Lat, p.Lon
}

// Lock reads a case by its id and holds it until the transaction ends, or ErrNotFound. Who also locks a conversation does that first.
func (c *Cases) Lock(ctx context.Context, tx *database.Tx, id string) (Case, error) {
	return c.one(ctx, tx, `id = $1`+tx.ForUpdate(), id)
}
