// Package database is one thin room over two engines: SQLite for one machine, Postgres for many nodes. It opens, migrates, and runs
// transactions and batches of one SQL text. It refuses to know what is kept: no table of the council's is named in Go here.
package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Engine is one of the two databases.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// ErrNoRows is what a Scan returns when there was nothing to scan, on both engines.
var ErrNoRows = errors.New("no rows")

// Options say which database. URL is postgres://…; empty means SQLite in Folder.
type Options struct {
	URL, Folder string
	Clock       func() time.Time // SQLite only: Postgres has its own; nil is time.Now
	PoolSize    int              // Postgres connections; 0 is 16
	Unsafe      bool             // allow a Postgres that does not sync at commit: tests only
	// Connector makes SQLite's connections from their settings; nil opens the file in Folder.
	Connector func(settings string) driver.Connector
}

// DB is an open database. It is safe for use at once.
type DB struct {
	engine Engine
	clock  func() time.Time
	pool   *pgxpool.Pool
	writer *writer // SQLite has one
	reader *sql.DB
	jobs   *sql.DB // River's own connection: it must not wait inside our transactions, nor we in its
}

// Open opens the database and proves that it answers. It does not migrate.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.URL == "" {
		return openSQLite(ctx, o)
	}
	return openPostgres(ctx, o)
}

// Engine tells which engine this is.
func (db *DB) Engine() Engine { return db.engine }

// Close waits for connections in use and closes all.
func (db *DB) Close() error {
	if db.engine == Postgres {
		db.pool.Close()
		return nil
	}
	return errors.Join(db.jobs.Close(), db.reader.Close(), db.writer.close())
}

// Pool is Postgres's pool, for internal/jobs and internal/feed only; nil on SQLite.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Writer is a writing connection to SQLite for internal/jobs only; nil on Postgres.
func (db *DB) Writer() *sql.DB { return db.jobs }

// Ping answers within ctx or says why not.
func (db *DB) Ping(ctx context.Context) error {
	if db.engine == Postgres {
		return db.pool.Ping(ctx)
	}
	return db.reader.PingContext(ctx)
}

// NewID makes a UUIDv7: unique, and in the order of time.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// IsDuplicate tells an insert that broke a UNIQUE rule.
func IsDuplicate(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// Unreachable tells an error of a Postgres that is not there, or not yet: waiting may help. A wrong name or password is no such error.
func Unreachable(err error) bool {
	var connect *pgconn.ConnectError
	if !errors.As(err, &connect) {
		return false
	}
	var pg *pgconn.PgError
	return !errors.As(err, &pg) || strings.HasPrefix(pg.Code, "57") || strings.HasPrefix(pg.Code, "53")
}

func openPostgres(ctx context.Context, o Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, errors.New("open database: CONCIERGE_DATABASE is no postgres:// address that can be read")
	}
	cfg.MaxConns = 16
	if o.PoolSize > 0 {
		cfg.MaxConns = int32(o.PoolSize)
	}
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	// A node that vanished with a transaction open would keep its locks until the server's TCP gives up, in hours. None of ours is idle
	// for longer than the ten seconds a message has.
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "30s"
	// Our statements find rows by keys: a plan made once is the plan. Planning them anew took a tenth of the server's time in a turn.
	cfg.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db := &DB{engine: Postgres, clock: o.Clock, pool: pool}
	if err := db.syncs(ctx, o.Unsafe); err != nil {
		pool.Close()
		return nil, err
	}
	return db, nil
}

// syncs refuses a server whose commit does not reach the disk: nothing we acknowledge may be lost.
func (db *DB) syncs(ctx context.Context, unsafe bool) error {
	var fsync, commit string
	err := db.pool.QueryRow(ctx, `SELECT current_setting('fsync'), current_setting('synchronous_commit')`).Scan(&fsync, &commit)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if !unsafe && (fsync == "off" || commit == "off") {
		return errors.New("open database: this Postgres has fsync or synchronous_commit off, so a commit may be lost: switch both on")
	}
	return nil
}

func openSQLite(ctx context.Context, o Options) (*DB, error) {
	// what has a meaning in a URI would hide the settings behind it: no sync, and another file
	file := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(strings.TrimSuffix(o.Folder, "/")) + "/concierge.db"
	// Source of the settings: sqlite.org/pragma.html. FULL syncs at each commit; WAL lets readers read meanwhile.
	common := fmt.Sprintf("?_pragma=busy_timeout(%d)", lockPatience.Milliseconds()) + "&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_time_format=sqlite"
	writing := common + "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
	db := &DB{engine: SQLite, clock: o.Clock}
	pools := []struct {
		to   **sql.DB
		args string
		max  int
	}{{new(*sql.DB), writing, 1}, {&db.jobs, writing, 1}, {&db.reader, common + "&_pragma=query_only(1)", 4}}
	for _, p := range pools {
		pool, err := o.pool("file:" + file + p.args)
		if err != nil {
			return nil, fmt.Errorf("open database: %w", err)
		}
		pool.SetMaxOpenConns(p.max)
		*p.to = pool
	}
	var err error
	if db.writer, err = newWriter(ctx, *pools[0].to); err != nil {
		return nil, fmt.Errorf("open database in %s: %w", o.Folder, err)
	}
	return db, nil
}

func (o Options) pool(settings string) (*sql.DB, error) {
	if o.Connector != nil {
		return sql.OpenDB(o.Connector(settings)), nil
	}
	return sql.Open("sqlite", settings)
}

// noRows makes both engines' "nothing there" one error.
func noRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) || errors.Is(err, pgx.ErrNoRows) {
		return ErrNoRows
	}
	return err
}
