package database

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Batch is several statements run as one: a pipeline, one round trip, on Postgres; a loop on SQLite. The first failure ends it.
type Batch struct{ list []*batched }

type batched struct {
	text string
	args []any
	dest []any
	read func(results) error
	asks bool // it reads rows, so that reading may fail
}

// results are the answers in order, on either engine.
type results interface {
	exec() (int64, error)
	query() (Rows, error)
}

// Len tells how many statements wait.
func (b *Batch) Len() int { return len(b.list) }

// Exec adds a statement whose result nobody asks for.
func (b *Batch) Exec(text string, args ...any) { b.ExecCount(nil, text, args...) }

// ExecCount adds a statement and stores in n how many rows it changed.
func (b *Batch) ExecCount(n *int64, text string, args ...any) {
	b.add(text, args).read = func(r results) error {
		changed, err := r.exec()
		if n != nil {
			*n = changed
		}
		return err
	}
}

// Row adds a query of one row, scanned by Into. No row: ErrNoRows ends the batch.
func (b *Batch) Row(text string, args ...any) Into { return b.row(nil, text, args) }

// RowOpt adds a query of one row that may be missing; found tells.
func (b *Batch) RowOpt(found *bool, text string, args ...any) Into { return b.row(found, text, args) }

// Each adds a query and calls f for every row.
func (b *Batch) Each(text string, f func(scan func(...any) error) error, args ...any) {
	s := b.add(text, args)
	s.asks = true
	s.read = func(r results) error {
		rows, err := r.query()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := f(rows.Scan); err != nil {
				return err
			}
		}
		rows.Close()
		return rows.Err()
	}
}

// Into says where a row goes.
type Into struct{ s *batched }

// Into gives the places to scan into, in the order of the columns.
func (i Into) Into(dest ...any) { i.s.dest = dest }

func (b *Batch) row(found *bool, text string, args []any) Into {
	s := b.add(text, args)
	s.asks = true
	s.read = func(r results) error {
		rows, err := r.query()
		err = oneRow{rows, err}.Scan(s.dest...)
		if found == nil {
			return err
		}
		*found = err == nil
		if isNone(err) {
			return nil
		}
		return err
	}
	return Into{s}
}

func (b *Batch) add(text string, args []any) *batched {
	s := &batched{text: text, args: args}
	b.list = append(b.list, s)
	return s
}

// Run runs the batch. On Postgres a transaction that has sent nothing yet opens with it.
func (tx *Tx) Run(ctx context.Context, b *Batch) error {
	if tx.pg != nil {
		return tx.pg.run(ctx, b, false)
	}
	for _, s := range b.list {
		if err := s.read(liteResults{ctx, tx, s}); err != nil {
			return fmt.Errorf("%w", err)
		}
	}
	return nil
}

// Last runs the batch as the last thing the transaction does: nothing may follow, and its error must be returned. On Postgres the
// COMMIT travels with it, one round trip less, and the rows' locks are free that much sooner. A batch that reads rows is committed
// after they are read, as any other.
func (tx *Tx) Last(ctx context.Context, b *Batch) error {
	if tx.pg == nil || tx.pg.readOnly || slices.ContainsFunc(b.list, func(s *batched) bool { return s.asks }) {
		return tx.Run(ctx, b)
	}
	return tx.pg.run(ctx, b, true)
}

type pgResults struct{ r pgx.BatchResults }

func (p pgResults) exec() (int64, error) {
	tag, err := p.r.Exec()
	return tag.RowsAffected(), err
}

func (p pgResults) query() (Rows, error) {
	rows, err := p.r.Query()
	if err != nil {
		return nil, err
	}
	return pgRows{rows}, nil
}

type liteResults struct {
	ctx context.Context
	tx  *Tx
	s   *batched
}

func (l liteResults) exec() (int64, error) { return l.tx.Exec(l.ctx, l.s.text, l.s.args...) }
func (l liteResults) query() (Rows, error) { return l.tx.Query(l.ctx, l.s.text, l.s.args...) }
