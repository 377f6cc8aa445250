package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"concierge/internal/database"
)

// keepAnswers is how long a key stands for its answer.
const keepAnswers = 7 * 24 * time.Hour

var errKnown = errors.New("this key was answered before")

// once does a thing once for a partner's key, and gives its answer again when the key comes again: with another body that is refused.
// Of copies that come at once the later ones wait for the first. An answer that a rule gave is kept like any other; one that we
// failed to give is not.
func (a *API) once(c *call, key string, do func(*database.Tx) (answer, error)) answer {
	ctx := c.Context()
	hash := sha256.Sum256([]byte(c.Method + " " + c.URL.Path + "\n" + string(c.body)))
	var given answer
	err := a.s.DB.Write(ctx, func(tx *database.Tx) error {
		fresh, err := claim(ctx, tx, c.partner, key, hash[:])
		if err != nil {
			return err
		}
		if !fresh {
			given, err = again(ctx, tx, c.partner, key, hash[:])
			return errors.Join(err, errKnown)
		}
		if given, err = do(tx); err != nil {
			return err // whatever it wrote is taken back
		}
		return keep(ctx, tx, c.partner, key, given)
	})
	switch {
	case err == nil:
		return given
	case errors.Is(err, errKnown) && given.status != 0:
		return given
	case given.status == http.StatusConflict || given.status == http.StatusUnprocessableEntity:
		return a.keepRefusal(c, key, hash[:], given)
	case given.status == 0:
		a.s.Log.Error("api failed", "error", err)
		return problem(http.StatusInternalServerError, "failed")
	}
	return given
}

// keepRefusal remembers a refusal after its transaction was taken back.
func (a *API) keepRefusal(c *call, key string, hash []byte, given answer) answer {
	ctx := c.Context()
	err := a.s.DB.Write(ctx, func(tx *database.Tx) error {
		fresh, err := claim(ctx, tx, c.partner, key, hash)
		if err != nil || !fresh {
			return err
		}
		return keep(ctx, tx, c.partner, key, given)
	})
	if err != nil {
		a.s.Log.Error("api could not keep an answer", "error", err)
	}
	return given
}

// claim takes the key for this request. On Postgres a second claimer waits here until the first has committed.
func claim(ctx context.Context, tx *database.Tx, partner, key string, hash []byte) (fresh bool, err error) {
	_, err = tx.Exec(ctx, `DELETE FROM idempotency WHERE partner = $1 AND key = $2 AND at < $3`, partner, key, tx.Now().Add(-keepAnswers))
	if err != nil {
		return false, fmt.Errorf("forget old key: %w", err)
	}
	n, err := tx.Exec(ctx, `INSERT INTO idempotency (partner, key, body_hash, status, answer, at) VALUES ($1, $2, $3, 0, '', $4)
		ON CONFLICT (partner, key) DO NOTHING`, partner, key, hash, tx.Now())
	if err != nil {
		return false, fmt.Errorf("take key: %w", err)
	}
	return n == 1, nil
}

func keep(ctx context.Context, tx *database.Tx, partner, key string, given answer) error {
	body, err := json.Marshal(given.body)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE idempotency SET status = $3, answer = $4 WHERE partner = $1 AND key = $2`, partner, key, given.status, string(body))
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

func again(ctx context.Context, tx *database.Tx, partner, key string, hash []byte) (answer, error) {
	var old []byte
	var status int
	var body string
	err := tx.QueryRow(ctx, `SELECT body_hash, status, answer FROM idempotency WHERE partner = $1 AND key = $2`, partner, key).
		Scan(&old, &status, &body)
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	if string(old) != string(hash) {
		return refused("Idempotency-Key", "used", "another request had it"), nil
	}
	if status == 0 {
		return problem(http.StatusConflict, "in_flight", fault{"Idempotency-Key", "in_flight", ""}), nil
	}
	return answer{status, json.RawMessage(body)}, nil
}
