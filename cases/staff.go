package cases

import (
	"context"
	"fmt"

	"concierge/internal/database"
)

// Assign gives a case to another team.
func (c *Cases) Assign(ctx context.Context, tx *database.Tx, ref Reference, version int64, team string, by Actor) (Case, error) {
	one, err := c.lock(ctx, tx, ref)
	if err != nil {
		return Case{}, err
	}
	if version != 0 && version != one.Version {
		return one, ErrStale
	}
	if one.Team == team {
		return one, nil
	}
	one.Team = team
	if err := c.save(ctx, tx, &one, Update{By: by, Kind: KindAssigned, Text: team}, nil); err != nil {
		return Case{}, err
	}
	return one, nil
}

// HideUpdate moderates one update: nobody but staff reads its words, and nobody is told of it.
func (c *Cases) HideUpdate(ctx context.Context, tx *database.Tx, ref Reference, seq int64, hidden bool) error {
	one, err := c.lock(ctx, tx, ref)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE updates SET hidden = $3 WHERE case_id = $1 AND seq = $2`, one.ID, seq, hidden)
	if err != nil {
		return fmt.Errorf("hide update: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	return nil
}

// ApprovePhoto shows a photo to the public, or takes it back.
func (c *Cases) ApprovePhoto(ctx context.Context, tx *database.Tx, ref Reference, media string, approved bool) error {
	one, err := c.lock(ctx, tx, ref)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE case_photos SET approved = $3 WHERE case_id = $1 AND media_id = $2`, one.ID, media, approved)
	if err != nil {
		return fmt.Errorf("approve photo: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	return nil
}
