package cases

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"concierge/internal/database"
)

// Join makes a resident a follower of a case instead of filing a second one. Who follows already only adds their words.
func (c *Cases) Join(ctx context.Context, tx *database.Tx, ref Reference, by ContactID, in ConversationID, w Words) (Case, Follower, error) {
	one, err := c.lock(ctx, tx, ref)
	if err != nil {
		return Case{}, Follower{}, err
	}
	known, err := c.came(ctx, tx, w.Source)
	if err != nil {
		return Case{}, Follower{}, err
	}
	if !known {
		u := Update{By: ByResident(by), Kind: KindJoined, Text: w.Text, Language: w.Language, Source: w.Source}
		if utf8.RuneCountInString(w.Text) > maxText {
			return Case{}, Follower{}, ErrRefused{"text", "too_long"}
		}
		if err := c.save(ctx, tx, &one, u, w.Photos); err != nil {
			return Case{}, Follower{}, err
		}
		f := Follower{CaseID: one.ID, Contact: by, Conversation: in, Role: Joined, ToldSeq: one.LastSeq}
		if err := c.insertFollower(ctx, tx, &f); err != nil {
			return Case{}, Follower{}, err
		}
	}
	f, _, err := c.follower(ctx, tx, one.ID, by)
	return one, f, err
}

// Add puts words or photos on a case without moving it: a resident's, who must follow it, or a partner's. Nobody is told.
func (c *Cases) Add(ctx context.Context, tx *database.Tx, ref Reference, w Words, by Actor) (Case, error) {
	return c.note(ctx, tx, ref, w, by)
}

// Note puts words on a case that only staff read.
func (c *Cases) Note(ctx context.Context, tx *database.Tx, ref Reference, w Words, by Actor) (Case, error) {
	if by.Kind == Resident {
		return Case{}, ErrRefused{"actor", "not_allowed"}
	}
	return c.note(ctx, tx, ref, w, by)
}

func (c *Cases) note(ctx context.Context, tx *database.Tx, ref Reference, w Words, by Actor) (Case, error) {
	one, err := c.lock(ctx, tx, ref)
	if err != nil {
		return Case{}, err
	}
	if known, err := c.came(ctx, tx, w.Source); err != nil || known {
		return one, err
	}
	if err := c.mayAdd(ctx, tx, one, w, by); err != nil {
		return one, err
	}
	u := Update{By: by, Kind: KindNoted, Text: w.Text, Language: w.Language, Source: w.Source}
	if err := c.save(ctx, tx, &one, u, w.Photos); err != nil {
		return Case{}, err
	}
	return one, nil
}

func (c *Cases) mayAdd(ctx context.Context, tx *database.Tx, one Case, w Words, by Actor) error {
	if w.Text == "" && len(w.Photos) == 0 {
		return ErrRefused{"text", "needed"}
	}
	if utf8.RuneCountInString(w.Text) > maxText {
		return ErrRefused{"text", "too_long"}
	}
	return c.mustFollow(ctx, tx, one, by)
}

func (c *Cases) mustFollow(ctx context.Context, tx *database.Tx, one Case, by Actor) error {
	if by.Kind != Resident {
		return nil
	}
	_, ok, err := c.follower(ctx, tx, one.ID, ContactID(by.ID))
	if err == nil && !ok {
		return ErrRefused{"actor", "not_allowed"}
	}
	return err
}

// Reopen is a follower saying "it is not fixed": done becomes received, with a new promise. It is refused after the council's days
// (too_late) or times (limit: a person takes it), and where there is nothing of ours to do: not_ours, withdrawn.
func (c *Cases) Reopen(ctx context.Context, tx *database.Tx, ref Reference, w Words, by Actor) (Case, error) {
	one, err := c.lock(ctx, tx, ref)
	if err != nil {
		return Case{}, err
	}
	if known, err := c.came(ctx, tx, w.Source); err != nil || known {
		return one, err
	}
	if err := c.mayReopen(ctx, tx, one, w, by); err != nil {
		return one, err
	}
	u := Update{By: by, Kind: KindReopened, From: one.Status, To: Received, Reason: ReasonReopened, Text: w.Text,
		Language: w.Language, Source: w.Source}
	one.Status, one.Reason, one.NextStep, one.PlannedFor = Received, ReasonReopened, "", ""
	c.reopen(&one, tx)
	if err := c.save(ctx, tx, &one, u, w.Photos); err != nil {
		return Case{}, err
	}
	return one, nil
}

func (c *Cases) mayReopen(ctx context.Context, tx *database.Tx, one Case, w Words, by Actor) error {
	if by.Kind == System {
		return ErrRefused{"actor", "not_allowed"}
	}
	if utf8.RuneCountInString(w.Text) > maxText {
		return ErrRefused{"text", "too_long"}
	}
	if err := c.mustFollow(ctx, tx, one, by); err != nil {
		return err
	}
	switch {
	case !one.Status.Done():
		return ErrRefused{"status", "open"}
	case by.Kind != Resident:
		return nil
	case one.Reason == ReasonNotOurs || one.Reason == ReasonWithdrawn:
		return ErrRefused{"reason", "not_allowed"}
	case tx.Now().After(one.ClosedAt.Add(time.Duration(c.rules.ReopenDays) * 24 * time.Hour)):
		return ErrRefused{"status", "too_late"}
	case one.Reopened >= c.rules.ReopenLimit:
		return ErrRefused{"status", "limit"}
	}
	return nil
}

// Rate keeps a follower's 1 to 5 for a done case: once a case, and once in Rules.RatingEvery a contact (limit).
func (c *Cases) Rate(ctx context.Context, tx *database.Tx, ref Reference, stars int, by ContactID) (Case, error) {
	one, err := c.lock(ctx, tx, ref)
	if err != nil {
		return Case{}, err
	}
	if stars < 1 || stars > 5 {
		return one, ErrRefused{"rating", "unknown"}
	}
	if err := c.mustFollow(ctx, tx, one, ByResident(by)); err != nil {
		return one, err
	}
	if !one.Status.Done() {
		return one, ErrRefused{"status", "open"}
	}
	if may, err := c.MayRate(ctx, tx, one, by); err != nil || !may {
		if err == nil {
			err = ErrRefused{"rating", "limit"}
		}
		return one, err
	}
	one.Rating = stars
	u := Update{By: ByResident(by), Kind: KindRated}
	if err := c.save(ctx, tx, &one, u, nil); err != nil {
		return Case{}, err
	}
	return one, nil
}

// MayRate tells whether this contact may still be asked to rate this case.
func (c *Cases) MayRate(ctx context.Context, tx *database.Tx, one Case, by ContactID) (bool, error) {
	if one.Rating != 0 {
		return false, nil
	}
	var n int
	err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM followers f JOIN updates u ON u.case_id = f.case_id
		WHERE f.contact_id = $1 AND u.kind = 'rated' AND u.actor_id = $1 AND u.at > $2`,
		string(by), tx.Now().Add(-c.rules.RatingEvery)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("count ratings: %w", err)
	}
	return n == 0, nil
}

// Mute ends the messages about a case for one follower; the case and their link live on. Muting twice is muting.
func (c *Cases) Mute(ctx context.Context, tx *database.Tx, ref Reference, by ContactID) error {
	return c.setMuted(ctx, tx, ref, by, tx.Now())
}

// Unmute begins them again, from here on.
func (c *Cases) Unmute(ctx context.Context, tx *database.Tx, ref Reference, by ContactID) error {
	return c.setMuted(ctx, tx, ref, by, none)
}

func (c *Cases) setMuted(ctx context.Context, tx *database.Tx, ref Reference, by ContactID, at time.Time) error {
	one, err := c.lock(ctx, tx, ref)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE followers SET muted_at = $3, told_seq = $4 WHERE case_id = $1 AND contact_id = $2`,
		one.ID, string(by), maybe(at), one.LastSeq)
	if err != nil {
		return fmt.Errorf("mute case: %w", err)
	}
	if n == 0 {
		return ErrRefused{"actor", "not_allowed"}
	}
	return nil
}

// Told remembers what a follower knows. It only goes forward.
func (c *Cases) Told(ctx context.Context, tx *database.Tx, follower string, seq int64, said bool) error {
	at := maybe(none)
	if said {
		at = tx.Now()
	}
	_, err := tx.Exec(ctx, `UPDATE followers SET told_seq = $2, told_at = COALESCE($3, told_at) WHERE id = $1 AND told_seq < $2`,
		follower, seq, at)
	if err != nil {
		return fmt.Errorf("keep what was told: %w", err)
	}
	return nil
}

// Relink gives a follower's link a new number: the old link is revoked.
func (c *Cases) Relink(ctx context.Context, tx *database.Tx, follower string) error {
	if _, err := tx.Exec(ctx, `UPDATE followers SET link_no = $2 WHERE id = $1`, follower, c.linkNo()); err != nil {
		return fmt.Errorf("renew link: %w", err)
	}
	return nil
}
