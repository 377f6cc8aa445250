package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"concierge/internal/database"
)

const followerColumns = `id, case_id, contact_id, conversation_id, role, link_no, told_seq, told_at, muted_at, created_at`

// Followers reads who follows a case, the first one first.
func (c *Cases) Followers(ctx context.Context, tx *database.Tx, id string) ([]Follower, error) {
	rows, err := tx.Query(ctx, `SELECT `+followerColumns+` FROM followers WHERE case_id = $1 ORDER BY id`, id)
	if err != nil {
		return nil, fmt.Errorf("read followers: %w", err)
	}
	defer rows.Close()
	var all []Follower
	for rows.Next() {
		f, err := scanFollower(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("read followers: %w", err)
		}
		all = append(all, f)
	}
	return all, rows.Err()
}

// CountFollowers counts them.
func (c *Cases) CountFollowers(ctx context.Context, tx *database.Tx, id string) (n int, err error) {
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM followers WHERE case_id = $1`, id).Scan(&n); err != nil {
		return 0, fmt.Errorf("count followers: %w", err)
	}
	return n, nil
}

// FollowerOf reads how a contact follows a case; ok is false when they do not.
func (c *Cases) FollowerOf(ctx context.Context, tx *database.Tx, id string, contact ContactID) (f Follower, ok bool, err error) {
	return c.follower(ctx, tx, id, contact)
}

// Follower reads a follower by id, or ErrNotFound.
func (c *Cases) Follower(ctx context.Context, tx *database.Tx, follower string) (Follower, error) {
	f, ok, err := c.oneFollower(ctx, tx, `id = $1`, follower)
	if err == nil && !ok {
		err = ErrNotFound
	}
	return f, err
}

// LockFollower reads a follower and holds the row until the transaction ends, or ErrNotFound.
func (c *Cases) LockFollower(ctx context.Context, tx *database.Tx, follower string) (Follower, error) {
	f, ok, err := c.oneFollower(ctx, tx, `id = $1`+tx.ForUpdate(), follower)
	if err == nil && !ok {
		err = ErrNotFound
	}
	return f, err
}

func (c *Cases) follower(ctx context.Context, tx *database.Tx, id string, contact ContactID) (Follower, bool, error) {
	return c.oneFollower(ctx, tx, `case_id = $1 AND contact_id = $2`, id, string(contact))
}

func (c *Cases) oneFollower(ctx context.Context, tx *database.Tx, where string, args ...any) (Follower, bool, error) {
	f, err := scanFollower(tx.QueryRow(ctx, `SELECT `+followerColumns+` FROM followers WHERE `+where, args...).Scan)
	if errors.Is(err, database.ErrNoRows) {
		return Follower{}, false, nil
	}
	if err != nil {
		return Follower{}, false, fmt.Errorf("read follower: %w", err)
	}
	return f, true, nil
}

func scanFollower(scan func(...any) error) (Follower, error) {
	var f Follower
	var told, muted *time.Time
	err := scan(&f.ID, &f.CaseID, &f.Contact, &f.Conversation, &f.Role, &f.LinkNo, &f.ToldSeq, &told, &muted, &f.CreatedAt)
	f.ToldAt, f.MutedAt, f.CreatedAt = moment(told), moment(muted), f.CreatedAt.UTC()
	return f, err
}
