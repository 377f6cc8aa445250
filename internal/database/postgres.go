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
	now      time.Time
	opened   bool
	saves    int
}

// A turn's transaction may wait this long, so that a webhook answers within its two seconds (docs/architecture.md, "In").
const (
	beginWrite = `BEGIN`
	beginRead  = `BEGIN READ ONLY`
	readClock  = `SELECT now()`
)

func (t *pgTx) begin() string {
	if t.readOnly {
		return beginRead
	}
	return beginWrite
}

func (t *pgTx) open(ctx context.Context) error {
	if t.opened {
		return nil
	}
	return t.run(ctx, &Batch{})
}

// run sends the batch as one pipeline, behind BEGIN and the clock when the transaction is not open yet.
func (t *pgTx) run(ctx context.Context, b *Batch) error {
	p := &pgx.Batch{}
	if !t.opened {
		p.Queue(t.begin())
		p.Queue(readClock)
	}
	for _, s := range b.list {
		p.Queue(s.text, s.args...)
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
	return r.Close()
}

func (t *pgTx) end(ctx context.Context, commit bool) error {
	if !t.opened {
		return nil
	}
	word := "ROLLBACK"
	if commit {
		word = "COMMIT"
	}
	// A caller whose deadline has passed still has to give the connection back without an open transaction.
	if !commit || ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
	}
	tag, err := t.conn.Exec(ctx, word)
	if err != nil {
		return errors.Join(err, t.conn.Close(context.WithoutCancel(ctx)))
	}
	if commit && tag.String() == "ROLLBACK" { // the transaction had failed before
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
