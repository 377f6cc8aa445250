package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"concierge/internal/database"
)

const (
	idleFor  = 30 * time.Minute
	lifeTime = 12 * time.Hour
)

// newSessions keeps who is signed in. The cookie's name says that only this host, by https, may set it; on the loopback address, where
// there is no https, it is a plain one.
func newSessions(db *database.DB, secure bool) *scs.SessionManager {
	m := scs.New()
	m.Store = sessionStore{db}
	m.HashTokenInStore = true
	m.IdleTimeout, m.Lifetime = idleFor, lifeTime
	m.Cookie.Name, m.Cookie.Path, m.Cookie.HttpOnly, m.Cookie.Persist = "desk", "/desk/", true, false
	m.Cookie.SameSite = http.SameSiteLaxMode // Strict would break the return from a sign-in elsewhere
	if secure {
		m.Cookie.Name, m.Cookie.Path, m.Cookie.Secure = "__Host-desk", "/", true // the prefix demands both
	}
	return m
}

// sessionStore keeps sessions in the table sessions, for scs: its tokens come hashed.
type sessionStore struct{ db *database.DB }

var errContext = errors.New("sessions are read with a context")

// FindCtx reads a session that has not run out.
func (s sessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.QueryRow(ctx, `SELECT data FROM sessions WHERE token = $1 AND expires_at > $2`, token, tx.Now()).Scan(&data)
	})
	if errors.Is(err, database.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("find session: %w", err)
	}
	return data, true, nil
}

// CommitCtx keeps a session. The stored clock is the database's: expiry is told as a moment of ours, so its distance is kept.
func (s sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	left := time.Until(expires)
	return s.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO sessions (token, data, expires_at) VALUES ($1, $2, $3)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`, token, data, tx.Now().Add(left))
		if err != nil {
			return fmt.Errorf("keep session: %w", err)
		}
		return nil
	})
}

// DeleteCtx ends a session; one that is not there is no error.
func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE token = $1 OR expires_at < $2`, token, tx.Now()); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return nil
	})
}

// The three scs asks for without a context are never called by it when those above are there.
func (s sessionStore) Find(string) ([]byte, bool, error)      { return nil, false, errContext }
func (s sessionStore) Commit(string, []byte, time.Time) error { return errContext }
func (s sessionStore) Delete(string) error                    { return errContext }
