package database

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"concierge/internal/failpoint"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrSchema is returned when the schema is not the one this binary was built for.
var ErrSchema = errors.New("the database's schema is not this version's: run `concierge migrate` with this binary, then start again")

// Migrate brings the schema up: ours by goose, the jobs' by River's own. One runner at a time; run again, it does nothing.
func (db *DB) Migrate(ctx context.Context) error {
	pool, done, err := db.migrating()
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer done()
	p, err := db.provider(pool)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	failpoint.Hit("mid-migration")
	if err := db.migrateJobs(ctx); err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	return nil
}

// SchemaCurrent returns ErrSchema when a migration is missing, or unknown to this binary.
func (db *DB) SchemaCurrent(ctx context.Context) error {
	pool, done, err := db.migrating()
	if err != nil {
		return err
	}
	defer done()
	p, err := db.provider(pool)
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if have != want {
		return ErrSchema
	}
	return nil
}

// migrating gives a database/sql view for goose.
func (db *DB) migrating() (*sql.DB, func(), error) {
	if db.engine == SQLite {
		return db.jobs, func() {}, nil
	}
	pool := stdlib.OpenDB(*db.pool.Config().ConnConfig, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, `SET lock_timeout = '10s'`)
		return err
	}))
	return pool, func() { _ = pool.Close() }, nil
}

func (db *DB) provider(pool *sql.DB) (*goose.Provider, error) {
	files, err := texts(db.engine)
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithSlog(slog.New(slog.DiscardHandler)), goose.WithDisableGlobalRegistry(true)}
	if db.engine == SQLite {
		return goose.NewProvider(goose.DialectSQLite3, pool, files, options...)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, pool, files, append(options, goose.WithSessionLocker(locker))...)
}

func (db *DB) migrateJobs(ctx context.Context) error {
	quiet := &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)}
	if db.engine == SQLite {
		m, err := rivermigrate.New(riversqlite.New(db.jobs), quiet)
		if err != nil {
			return err
		}
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	}
	m, err := rivermigrate.New(riverpgxv5.New(db.pool), quiet)
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// texts picks this engine's migrations: "00001_x.sql" is both engines', "00002_y.sqlite.sql" only one's.
func texts(e Engine) (fs.FS, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	picked := fstest.MapFS{}
	for _, f := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(f, "migrations/"), ".sql")
		plain, engine, twin := strings.Cut(name, ".")
		if twin && engine != string(e) {
			continue
		}
		data, err := migrations.ReadFile(f)
		if err != nil {
			return nil, err
		}
		picked[plain+".sql"] = &fstest.MapFile{Data: data}
	}
	return picked, nil
}
