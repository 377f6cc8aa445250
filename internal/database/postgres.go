package database

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pgTx is a transaction whose BEGIN (and the reading of the clock) travels with its first batch: one round trip less a turn. It is a
// pgx.Tx, so that River can write its jobs in it.
type pgTx struct {
	conn     *pgx.Conn
	readOnly bool
	soon     bool // somebody waits for it: statements and locks are limited
	now      time.Time
	opened   bool
	ended    bool // committed with its last batch
	saves    int
}

const (
	beginWrite = `BEGIN`
	beginRead  = `BEGIN READ ONLY`
	readClock  = `SELECT now()`
	commit     = `COMMIT`
)

// soonClock reads the clock and sets the limits of this transaction alone: statementSoon and lockSoon, in milliseconds. It is one
// statement, so that a turn pays for no more.
const soonClock = `SELECT now() FROM (SELECT set_config('statement_timeout', '2000', TRUE), set_config('lock_timeout', '1500', TRUE)) AS s`

func (t *pgTx) begin() string {
	if t.readOnly {
		return beginRead
	}
	return beginWrite
}

func (t *pgTx) clock() string {
	if t.soon {
		return soonClock
	}
	return readClock
}

var errEnded = errors.New("the transaction has run its last batch")

func (t *pgTx) open(ctx context.Context) error {
	if t.ended { // what follows would be no part of it
		return errEnded
	}
	if t.opened {
		return nil
	}
	return t.run(ctx, &Batch{}, false)
}

// run sends the batch as one pipeline, behind BEGIN and the clock when the transaction is not open yet, and before COMMIT when it is
// the last. A statement that fails keeps the server from all behind it, COMMIT too.
func (t *pgTx) run(ctx context.Context, b *Batch, last bool) error {
	if t.ended {
		return errEnded
	}
	p := &pgx.Batch{}
	if !t.opened {
		p.Queue(t.begin())
		p.Queue(t.clock())
	}
	for _, s := range b.list {
		p.Queue(s.text, s.args...)
	}
	if last {
		p.Queue(commit)
	}
	r := t.conn.SendBatch(ctx, p)
	if !t.opened {
		_, err := r.Exec()
		if err == nil {
			err = r.QueryRow().Scan(&t.now)
		}
		if err != nil {
			return errors.Join(err, r.Close())
		}
		t.now, t.opened = t.now.UTC(), true
	}
	for _, s := range b.list {
		if err := s.read(pgResults{r}); err != nil {
			return errors.Join(fmt.Errorf("%w", err), r.Close())
		}
	}
	if last {
		tag, err := r.Exec()
		if err == nil && tag.String() != commit {
			err = pgx.ErrTxCommitRollback
		}
		if err != nil {
			return errors.Join(err, r.Close())
		}
		t.ended = true
		_ = r.Close() // it is on disk, whatever becomes of the connection
		return nil
	}
	return r.Close()
}

func (t *pgTx) end(ctx context.Context, keep bool) error {
	if !t.opened || t.ended {
		return nil
	}
	word := "ROLLBACK"
	if keep {
		word = commit
	}
	// A caller whose deadline has passed still has to give the connection back without an open transaction.
	if !keep || ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
	}
	tag, err := t.conn.Exec(ctx, word)
	if err != nil {
		return errors.Join(err, t.conn.Close(context.WithoutCancel(ctx)))
	}
	if keep && tag.String() == "ROLLBACK" { // the transaction had failed before
		return pgx.ErrTxCommitRollback
	}
	return nil
}

func (t *pgTx) Exec(ctx context.Context, text string, args ...any) (pgconn.CommandTag, error) {
	if err := t.open(ctx); err != nil {
		return pgconn.CommandTag{}, err
	}
	return t.conn.Exec(ctx, text, args...)
}

func (t *pgTx) Query(ctx context.Context, text string, args ...any) (pgx.Rows, error) {
	if err := t.open(ctx); err != nil {
		return nil, err
	}
	return t.conn.Query(ctx, text, args...)
}

func (t *pgTx) QueryRow(ctx context.Context, text string, args ...any) pgx.Row {
	if err := t.open(ctx); err != nil {
		return failedRow{err}
	}
	return t.conn.QueryRow(ctx, text, args...)
}

func (t *pgTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if err := t.open(ctx); err != nil {
		return failedBatch{err}
	}
	return t.conn.SendBatch(ctx, b)
}

func (t *pgTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	if err := t.open(ctx); err != nil {
		return 0, err
	}
	return t.conn.CopyFrom(ctx, table, columns, src)
}

func (t *pgTx) Prepare(ctx context.Context, name, text string) (*pgconn.StatementDescription, error) {
	return t.conn.Prepare(ctx, name, text)
}

func (t *pgTx) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }
func (t *pgTx) Conn() *pgx.Conn                { return t.conn }

// Begin opens a savepoint: River asks for one.
func (t *pgTx) Begin(ctx context.Context) (pgx.Tx, error) {
	t.saves++
	name := fmt.Sprintf("s%d", t.saves)
	if _, err := t.Exec(ctx, "SAVEPOINT "+name); err != nil {
		return nil, err
	}
	return &savepoint{pgTx: t, name: name}, nil
}

// Commit and Rollback belong to DB.Write.
func (t *pgTx) Commit(context.Context) error {
	return errors.New("the transaction is ended by who began it")
}
func (t *pgTx) Rollback(context.Context) error {
	return errors.New("the transaction is ended by who began it")
}

type savepoint struct {
	*pgTx
	name string
	done bool
}

func (s *savepoint) Commit(ctx context.Context) error {
	s.done = true
	_, err := s.Exec(ctx, "RELEASE SAVEPOINT "+s.name)
	return err
}

func (s *savepoint) Rollback(ctx context.Context) error {
	if s.done {
		return pgx.ErrTxClosed
	}
	s.done = true
	_, err := s.Exec(ctx, "ROLLBACK TO SAVEPOINT "+s.name)
	return err
}

type failedRow struct{ err error }

func (f failedRow) Scan(...any) error { return f.err }

type failedBatch struct{ err error }

func (f failedBatch) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, f.err }
func (f failedBatch) Query() (pgx.Rows, error)         { return nil, f.err }
func (f failedBatch) QueryRow() pgx.Row                { return failedRow(f) }
func (f failedBatch) Close() error                     { return f.err }
func (f failedBatch) Tx() pgx.Tx                       { return nil }

type pgRows struct{ pgx.Rows }

func (r pgRows) Err() error { return r.Rows.Err() }

func (r pgRows) Scan(dest ...any) error {
	if err := r.Rows.Scan(dest...); err != nil {
		return err
	}
	for _, d := range dest {
		switch t := d.(type) {
		case *time.Time:
			*t = t.UTC()
		case **time.Time:
			if *t != nil {
				utc := (*t).UTC()
				*t = &utc
			}
		}
	}
	return nil
}
