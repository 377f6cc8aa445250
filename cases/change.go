package cases

import (
	"context"
	"fmt"

	"concierge/internal/database"
)

// Change makes a move. version is the one the actor saw, 0 for any: an older one is ErrStale. ErrRefused says which rule it breaks.
//
//	open → another open status, never received, or the same with a new date, reason or text    staff, partner
//	open → fixed                                                                               staff, partner, resident (by_resident)
//	open → closed                                                                              staff, partner, resident (withdrawn)
//	done → open: counts as a reopen                                                            staff, partner; a resident by Reopen
//	fixed ↔ closed, or another reason for a done one                                           staff, partner; resident closed → fixed
func (c *Cases) Change(ctx context.Context, tx *database.Tx, ref Reference, version int64, m Move, by Actor) (Case, error) {
	one, err := c.lock(ctx, tx, ref)
	if err != nil {
		return Case{}, err
	}
	if known, err := c.came(ctx, tx, m.Source); err != nil || known {
		return one, err
	}
	if version != 0 && version != one.Version {
		return one, ErrStale
	}
	m = m.filled(one)
	if err := m.check(one, by, c.rules, tx.Now()); err != nil {
		return one, err
	}
	if by.Kind == Resident {
		if err := c.mayMove(ctx, tx, one, m, by); err != nil {
			return one, err
		}
	}
	if err := c.proven(ctx, tx, one, m); err != nil {
		return one, err
	}
	u := Update{By: by, Kind: KindChanged, From: one.Status, To: m.To, Reason: m.Reason, NextStep: m.NextStep,
		PlannedFor: m.PlannedFor, Text: m.Text, Language: m.Language, Public: by.Kind != Resident, Source: m.Source}
	if one.Status.Done() && m.To.Open() {
		u.Kind = KindReopened
	}
	original := m.Original
	if m.Reason != ReasonDuplicate {
		original = ""
	} else if original == "" {
		original = one.DuplicateOf
	}
	moved := original != "" && original != one.DuplicateOf
	one.DuplicateOf = original
	c.apply(&one, m, tx)
	if err := c.save(ctx, tx, &one, u, m.Photos); err != nil {
		return Case{}, err
	}
	if moved {
		if err := c.merge(ctx, tx, one, by); err != nil {
			return Case{}, err
		}
	}
	return one, nil
}

// apply puts the move's facts on the case. A date given is a promise; a reopened case is promised anew; due_at never moves.
func (c *Cases) apply(one *Case, m Move, tx *database.Tx) {
	was := *one
	one.Status, one.Reason, one.NextStep, one.PlannedFor = m.To, m.Reason, m.NextStep, m.PlannedFor
	if was.Status.Open() && m.To.Done() {
		one.ClosedAt = tx.Now()
	}
	if was.Status.Done() && m.To.Open() {
		c.reopen(one, tx)
	}
	if m.PlannedFor != "" && m.PlannedFor != was.PlannedFor {
		one.PromisedAt, _ = c.rules.Closing(m.PlannedFor)
	}
}

func (c *Cases) reopen(one *Case, tx *database.Tx) {
	one.Reopened++
	one.ClosedAt, one.PromisedAt = none, none
	if s, ok := c.rules.Service(one.Service); ok {
		one.PromisedAt, _ = s.Due(tx.Now())
	}
}

// mayMove lets a resident move only what they follow, and take back only what they reported.
func (c *Cases) mayMove(ctx context.Context, tx *database.Tx, one Case, m Move, by Actor) error {
	f, ok, err := c.follower(ctx, tx, one.ID, ContactID(by.ID))
	if err != nil {
		return err
	}
	if !ok || m.Reason == ReasonWithdrawn && f.Role != Reporter {
		return ErrRefused{"actor", "not_allowed"}
	}
	return nil
}

// proven asks for a photo where the service's fixed/repaired needs one: with this move, or with an earlier one of the office's.
func (c *Cases) proven(ctx context.Context, tx *database.Tx, one Case, m Move) error {
	s, ok := c.rules.Service(one.Service)
	if !ok || !s.Proof || m.Reason != ReasonRepaired || len(m.Photos) > 0 {
		return nil
	}
	var n int
	err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM case_photos p JOIN updates u ON u.case_id = p.case_id AND u.seq = p.update_seq
		WHERE p.case_id = $1 AND u.actor IN ('staff', 'partner')`, one.ID).Scan(&n)
	if err != nil {
		return fmt.Errorf("count proofs: %w", err)
	}
	if n == 0 {
		return ErrRefused{"photos", "needed"}
	}
	return nil
}

// merge lets the followers of a duplicate follow the original too. Of the merging they are told once, by the duplicate, which they keep.
func (c *Cases) merge(ctx context.Context, tx *database.Tx, dup Case, by Actor) error {
	if dup.DuplicateOf == dup.Reference {
		return ErrRefused{"original", "itself"}
	}
	original, err := c.lock(ctx, tx, dup.DuplicateOf)
	if err == ErrNotFound {
		return ErrRefused{"original", "unknown"}
	}
	if err != nil {
		return err
	}
	if original.DuplicateOf != "" {
		return ErrRefused{"original", "duplicate"}
	}
	followers, err := c.Followers(ctx, tx, dup.ID)
	if err != nil {
		return err
	}
	u := Update{By: by, Kind: KindJoined, Source: "merge:" + dup.ID + ":" + original.ID}
	if known, err := c.came(ctx, tx, u.Source); err != nil {
		return err
	} else if known {
		u.Source = ""
	}
	if err := c.save(ctx, tx, &original, u, nil); err != nil {
		return err
	}
	for _, f := range followers {
		joins := Follower{CaseID: original.ID, Contact: f.Contact, Conversation: f.Conversation, Role: Joined,
			ToldSeq: original.LastSeq, ToldAt: f.ToldAt, MutedAt: f.MutedAt}
		if err := c.insertFollower(ctx, tx, &joins); err != nil {
			return err
		}
	}
	return nil
}
