// Package feed tells live pages that something changed: rows written in the transaction that changed it, and one tail a node that
// passes them on. It refuses to know what changed: topic and subject are strings, kind a byte, named by the callers.
package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"concierge/internal/database"
)

// Event is one thing that changed. Low is the number below which nothing is missing: what a reader resumes from.
type Event struct {
	N, Low         int64
	Topic, Subject string
	Kind           byte
}

// A gap in the numbers older than this was a rollback: appenders end within 5 s (docs/architecture.md).
const gapAge = 10 * time.Second

const (
	readEvery = 2 * time.Second // also when nobody woke us
	atOnce    = 500
	buffer    = 64
	keep      = 48 * time.Hour
)

// Append writes an event in the caller's transaction.
func Append(ctx context.Context, tx *database.Tx, topic, subject string, kind byte) error {
	_, err := tx.Exec(ctx, AppendSQL, tx.Now(), topic, subject, int(kind))
	if err != nil {
		return fmt.Errorf("append to feed: %w", err)
	}
	return nil
}

// AppendSQL is Append's statement, for those who batch: at, topic, subject, kind.
const AppendSQL = `INSERT INTO feed (at, topic, subject, kind) VALUES ($1, $2, $3, $4)`

// Tail follows the table and passes events to subscribers. One a node.
type Tail struct {
	db   *database.DB
	log  *slog.Logger
	wake chan struct{}

	mu   sync.Mutex
	subs map[chan Event]struct{}
	low  int64
	sent map[int64]bool // above low: sent already, below a gap that may still be filled
	gap  time.Time      // since when the gap above low stands
}

// NewTail makes a tail that begins at what is there now; Run makes it follow.
func NewTail(ctx context.Context, db *database.DB, log *slog.Logger) (*Tail, error) {
	t := &Tail{db: db, log: log, wake: make(chan struct{}, 1), subs: map[chan Event]struct{}{}, sent: map[int64]bool{}}
	if err := t.start(ctx); err != nil {
		return nil, fmt.Errorf("open feed: %w", err)
	}
	return t, nil
}

// Wake makes the tail read at once. It never blocks.
func (t *Tail) Wake() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Subscribe returns events from now on. A reader too slow for its buffer finds the channel closed and catches up by Since.
func (t *Tail) Subscribe() (<-chan Event, func()) {
	c := make(chan Event, buffer)
	t.mu.Lock()
	t.subs[c] = struct{}{}
	t.mu.Unlock()
	return c, func() { t.drop(c) }
}

// Run follows the table until ctx ends.
func (t *Tail) Run(ctx context.Context) error {
	heard := t.listen(ctx)
	every := time.NewTicker(readEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.wake:
		case <-heard:
		case <-every.C:
		}
		if err := t.read(ctx); err != nil && ctx.Err() == nil {
			t.log.Warn("feed: read", "error", err)
		}
	}
}

// Since reads what came after n, oldest first. more tells that there is too much to send: reload instead.
func (t *Tail) Since(ctx context.Context, n int64) (events []Event, more bool, err error) {
	err = t.db.Read(ctx, func(tx *database.Tx) error {
		var first int64
		if err := tx.QueryRow(ctx, `SELECT COALESCE(MIN(n), 0) FROM feed`).Scan(&first); err != nil {
			return err
		}
		more = n > 0 && first > n+1
		events, err = after(ctx, tx, n, atOnce+1)
		return err
	})
	if len(events) > atOnce {
		more = true
	}
	return events, more, err
}

// Head is the number a page that was just rendered is up to date with.
func (t *Tail) Head() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.low
}

// Purge deletes events older than two days.
func (t *Tail) Purge(ctx context.Context) error {
	return t.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM feed WHERE at < $1`, tx.Now().Add(-keep))
		return err
	})
}

func (t *Tail) start(ctx context.Context) error {
	return t.db.Read(ctx, func(tx *database.Tx) error {
		t.mu.Lock()
		defer t.mu.Unlock()
		return tx.QueryRow(ctx, `SELECT COALESCE(MAX(n), 0) FROM feed`).Scan(&t.low)
	})
}

// read sends what is new. Postgres may commit 8 before 7: low stays at 6 until 7 comes or its gap has grown old.
func (t *Tail) read(ctx context.Context) error {
	var events []Event
	var now time.Time
	err := t.db.Read(ctx, func(tx *database.Tx) (err error) {
		now = tx.Now()
		events, err = after(ctx, tx, t.Head(), atOnce)
		return err
	})
	if err != nil || len(events) == 0 {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range events {
		if e.N == t.low+1 {
			t.low, t.gap = e.N, time.Time{}
			t.close()
		}
		if t.sent[e.N] {
			continue
		}
		if e.N > t.low {
			t.sent[e.N] = true
		}
		e.Low = t.low
		t.send(e)
	}
	if len(t.sent) == 0 {
		return nil
	}
	if t.gap.IsZero() {
		t.gap = now
	}
	if now.Sub(t.gap) > gapAge { // a rollback: step over it
		t.low++
		for !t.sent[t.low] {
			t.low++
		}
		t.close()
		t.gap = time.Time{}
	}
	return nil
}

// close moves low up over what was already sent.
func (t *Tail) close() {
	delete(t.sent, t.low)
	for t.sent[t.low+1] {
		t.low++
		delete(t.sent, t.low)
	}
}

func (t *Tail) send(e Event) {
	for c := range t.subs {
		select {
		case c <- e:
		default:
			delete(t.subs, c)
			close(c)
		}
	}
}

func (t *Tail) drop(c chan Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, there := t.subs[c]; there {
		delete(t.subs, c)
		close(c)
	}
}

func after(ctx context.Context, tx *database.Tx, n int64, limit int) (events []Event, err error) {
	rows, err := tx.Query(ctx, `SELECT n, topic, subject, kind FROM feed WHERE n > $1 ORDER BY n LIMIT $2`, n, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e Event
		var kind int
		if err := rows.Scan(&e.N, &e.Topic, &e.Subject, &kind); err != nil {
			return nil, err
		}
		e.Kind = byte(kind)
		events = append(events, e)
	}
	return events, rows.Err()
}

// notifyChannel wakes other nodes' tails. Sent outside the transaction: NOTIFY inside one takes a global lock at commit.
const notifyChannel = "concierge_feed"

// Notify wakes the tails of all nodes; call it after a commit.
func (t *Tail) Notify(ctx context.Context) {
	t.Wake()
	if t.db.Engine() != database.Postgres {
		return
	}
	if _, err := t.db.Pool().Exec(ctx, `SELECT pg_notify($1, '')`, notifyChannel); err != nil {
		t.log.Debug("feed: notify", "error", err) // the others read every 2 s anyway
	}
}

// listen hears other nodes, on one connection that is made again when lost.
func (t *Tail) listen(ctx context.Context) <-chan struct{} {
	heard := make(chan struct{}, 1)
	if t.db.Engine() != database.Postgres {
		return heard
	}
	go func() {
		for ctx.Err() == nil {
			if err := t.hear(ctx, heard); err != nil && ctx.Err() == nil {
				t.log.Warn("feed: listen", "error", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(readEvery):
			}
		}
	}()
	return heard
}

func (t *Tail) hear(ctx context.Context, heard chan<- struct{}) error {
	pooled, err := t.db.Pool().Acquire(ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack() // never given back: LISTEN would stay on it
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `LISTEN `+notifyChannel); err != nil {
		return err
	}
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		}
		select {
		case heard <- struct{}{}:
		default:
		}
	}
}
