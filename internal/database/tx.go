package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Tx is one transaction. Inside it use it and nothing else: SQLite has one writer, and Postgres a small pool.
type Tx struct {
	db     *DB
	now    time.Time
	pg     *pgTx
	lite   *sql.Tx
	writes bool // lite is the writer's transaction
	soon   bool // somebody waits for it
	after  []func()
}

// Row is one row to scan.
type Row interface{ Scan(dest ...any) error }

// Rows are rows to scan; Close may be called twice.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close()
}

// Write runs f in a transaction that may write. It commits when f returns nil, and then runs what AfterCommit was given.
func (db *DB) Write(ctx context.Context, f func(*Tx) error) error {
	return db.run(ctx, pgx.ReadWrite, false, f)
}

// Read runs f in a transaction that may not write.
func (db *DB) Read(ctx context.Context, f func(*Tx) error) error {
	return db.run(ctx, pgx.ReadOnly, false, f)
}

func (db *DB) run(ctx context.Context, mode pgx.TxAccessMode, soon bool, f func(*Tx) error) error {
	tx := &Tx{db: db, soon: soon}
	end, err := tx.begin(ctx, mode)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	committed := false
	defer func() { // also when f panics: the connection must not keep the transaction
		if !committed {
			end(false)
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	committed = true
	if err := end(true); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, f := range tx.after {
		f()
	}
	return nil
}

// begin opens the transaction and returns how to end it. On Postgres BEGIN travels with the first batch.
func (tx *Tx) begin(ctx context.Context, mode pgx.TxAccessMode) (end func(commit bool) error, err error) {
	if tx.db.engine == Postgres {
		conn, err := tx.db.pool.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		tx.pg = &pgTx{conn: conn.Conn(), readOnly: mode == pgx.ReadOnly, soon: tx.soon}
		return func(commit bool) error { defer conn.Release(); return tx.pg.end(ctx, commit) }, nil
	}
	tx.now = tx.db.clock().UTC().Truncate(time.Microsecond)
	if mode == pgx.ReadOnly {
		tx.lite, err = tx.db.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		return tx.endLite, err
	}
	if tx.lite, err = tx.db.writer.begin(ctx, tx.soon); err != nil {
		return nil, err
	}
	tx.writes = true
	return func(commit bool) error { defer tx.db.writer.done(); return tx.endLite(commit) }, nil
}

func (tx *Tx) endLite(commit bool) error {
	if commit {
		return tx.lite.Commit()
	}
	return tx.lite.Rollback()
}

// Now is the database's clock at the start of the transaction, UTC, in microseconds.
func (tx *Tx) Now() time.Time {
	if tx.pg == nil {
		return tx.now
	}
	if tx.pg.now.IsZero() { // nothing has been sent yet, so the transaction opens here
		if err := tx.pg.open(context.Background()); err != nil {
			return tx.db.clock().UTC() // the next statement will say what is wrong
		}
	}
	return tx.pg.now
}

// Engine tells which engine this is, for the few places where dialects differ.
func (tx *Tx) Engine() Engine { return tx.db.engine }

// ForUpdate is the row lock: SQLite's transactions that write exclude each other anyway.
func (tx *Tx) ForUpdate() string {
	if tx.db.engine == Postgres {
		return " FOR UPDATE"
	}
	return ""
}

// AfterCommit runs f once the transaction is on disk; never when it is rolled back.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Pgx is the transaction in Postgres's own words, for internal/jobs only.
func (tx *Tx) Pgx() pgx.Tx { return tx.pg }

// SQL is the transaction in database/sql's words, for internal/jobs only.
func (tx *Tx) SQL() *sql.Tx { return tx.lite }

// Exec runs one statement and tells how many rows it changed.
func (tx *Tx) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	if tx.pg != nil {
		tag, err := tx.pg.Exec(ctx, text, args...)
		return tag.RowsAffected(), err
	}
	if !tx.writes {
		return 0, errors.New("exec: this transaction only reads")
	}
	s, err := tx.db.writer.statement(ctx, text)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// QueryRow runs one query of at most one row.
func (tx *Tx) QueryRow(ctx context.Context, text string, args ...any) Row {
	rows, err := tx.Query(ctx, text, args...)
	return oneRow{rows, err}
}

// Query runs one query. Close the rows before the next statement.
func (tx *Tx) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	if tx.pg != nil {
		rows, err := tx.pg.Query(ctx, text, args...)
		if err != nil {
			return nil, err
		}
		return pgRows{rows}, nil
	}
	rows, err := tx.queryLite(ctx, text, args)
	if err != nil {
		return nil, err
	}
	return liteRows{rows}, nil
}

func (tx *Tx) queryLite(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	if !tx.writes {
		return tx.lite.QueryContext(ctx, text, args...)
	}
	s, err := tx.db.writer.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

type oneRow struct {
	rows Rows
	err  error
}

func (r oneRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		return errors.Join(r.rows.Err(), ErrNoRows)
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}
