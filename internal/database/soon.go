package database

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What a transaction that somebody waits for may take, so that a webhook is answered within its two seconds (docs/operating.md, "When the
// database is slow or away"). Postgres limits a statement to 2 s and a lock to 1.5 s; SQLite, whose statements do not wait, a lock.
const (
	lockSoon     = 1500 * time.Millisecond
	lockPatience = 5 * time.Second // of all else, on SQLite
)

// ErrBusy is returned when a transaction that somebody waits for did not get SQLite's one writer in time.
var ErrBusy = errors.New("the database is busy")

// WriteSoon is Write for who keeps somebody waiting: it gives up on a lock after 1.5 s, on Postgres on any statement after 2 s. The
// error is then Busy, and nothing is changed.
func (db *DB) WriteSoon(ctx context.Context, f func(*Tx) error) error {
	return db.run(ctx, pgx.ReadWrite, true, f)
}

// Busy tells that a transaction was given up because something else took too long.
func Busy(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "55P03" || pg.Code == "57014" // lock_not_available, query_canceled
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code()&0xff == sqlite3.SQLITE_BUSY
	}
	return errors.Is(err, ErrBusy)
}

// Passing tells an error of the database itself or of the way to it, as against one of what was to be written: the same may be written
// later. A table or column that is missing is such an error too.
func Passing(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code[:min(2, len(pg.Code))] { // postgresql.org/docs/current/errcodes-appendix.html
		case "08", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58", "XX":
			return true
		}
		return false
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff { // sqlite.org/rescode.html
		case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE:
			return false
		}
		return true
	}
	var connect *pgconn.ConnectError
	var way net.Error
	return errors.As(err, &connect) || errors.As(err, &way) || errors.Is(err, ErrBusy) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, pgx.ErrTxClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// CodeOf is the engine's own code of an error ("23505"), which tells staff what failed and nothing of the data; "" when it has none.
func CodeOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return strconv.Itoa(lite.Code())
	}
	return ""
}
