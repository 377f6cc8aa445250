package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// writer is SQLite's one writing connection and its prepared statements. Statements belong to the connection, so that a text is parsed
// once and not at each transaction, as database/sql would have it.
type writer struct {
	pool *sql.DB
	conn *sql.Conn
	turn chan struct{} // held by the transaction that is open
	by   map[string]*sql.Stmt
	soon bool // the connection waits for another process's lock no longer than lockSoon
}

func newWriter(ctx context.Context, pool *sql.DB) (*writer, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &writer{pool: pool, conn: conn, turn: make(chan struct{}, 1), by: map[string]*sql.Stmt{}}, nil
}

// begin waits for its turn, and then for locks of other connections. With soon it waits for neither longer than lockSoon.
func (w *writer) begin(ctx context.Context, soon bool) (*sql.Tx, error) {
	if err := w.wait(ctx, soon); err != nil {
		return nil, err
	}
	err := w.limit(ctx, soon)
	if err == nil {
		var tx *sql.Tx
		if tx, err = w.conn.BeginTx(ctx, nil); err == nil {
			return tx, nil
		}
	}
	<-w.turn
	return nil, err
}

func (w *writer) wait(ctx context.Context, soon bool) error {
	select {
	case w.turn <- struct{}{}:
		return nil
	default:
	}
	var late <-chan time.Time
	if soon {
		timer := time.NewTimer(lockSoon)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case w.turn <- struct{}{}:
		return nil
	case <-late:
		return ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

// limit sets how long the connection waits for a lock: only when it is another than before.
func (w *writer) limit(ctx context.Context, soon bool) error {
	if soon == w.soon {
		return nil
	}
	patience := lockPatience
	if soon {
		patience = lockSoon
	}
	if _, err := w.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", patience.Milliseconds())); err != nil {
		return err
	}
	w.soon = soon
	return nil
}

func (w *writer) done() { <-w.turn }

// statement is only called by the transaction that holds the turn.
func (w *writer) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if s := w.by[text]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.WithoutCancel(ctx), text)
	if err != nil {
		return nil, err
	}
	w.by[text] = s
	return s, nil
}

func (w *writer) close() error {
	errs := make([]error, 0, len(w.by)+2)
	for _, s := range w.by {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close(), w.pool.Close())...)
}

type liteRows struct{ *sql.Rows }

func (r liteRows) Close() { _ = r.Rows.Close() }

// Scan reads times from text: the columns are declared TIMESTAMPTZ, which the driver takes for no type it knows.
func (r liteRows) Scan(dest ...any) error {
	wrapped := make([]any, len(dest))
	for i, d := range dest {
		switch t := d.(type) {
		case *time.Time:
			wrapped[i] = liteTime{to: t}
		case **time.Time:
			wrapped[i] = liteTime{opt: t}
		case *sql.NullTime:
			wrapped[i] = liteTime{null: t}
		default:
			wrapped[i] = d
		}
	}
	return noRows(r.Rows.Scan(wrapped...))
}

// liteTime scans a time that SQLite keeps as text.
type liteTime struct {
	to   *time.Time
	opt  **time.Time
	null *sql.NullTime
}

// The layouts a time may have: ours (_time_format=sqlite), and what SQLite's own functions write.
var layouts = [...]string{"2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05", time.RFC3339Nano, "2006-01-02"}

// Scan implements sql.Scanner.
func (l liteTime) Scan(v any) error {
	if v == nil {
		return l.none()
	}
	at, err := parseTime(v)
	if err != nil {
		return err
	}
	switch {
	case l.to != nil:
		*l.to = at
	case l.opt != nil:
		*l.opt = &at
	default:
		*l.null = sql.NullTime{Time: at, Valid: true}
	}
	return nil
}

func (l liteTime) none() error {
	switch {
	case l.to != nil:
		return errors.New("scan time: it is NULL")
	case l.opt != nil:
		*l.opt = nil
	default:
		*l.null = sql.NullTime{}
	}
	return nil
}

func parseTime(v any) (time.Time, error) {
	switch t := v.(type) {
	case time.Time:
		return t.UTC(), nil
	case []byte:
		return parseTime(string(t))
	case string:
		for _, layout := range layouts {
			if at, err := time.Parse(layout, t); err == nil {
				return at.UTC(), nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("scan time: %T is no time", v)
}

func isNone(err error) bool { return errors.Is(err, ErrNoRows) }
