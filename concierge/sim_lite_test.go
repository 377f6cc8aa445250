package concierge

import (
	"context"
	"database/sql/driver"
	"io"
	"testing"

	"modernc.org/sqlite"

	"concierge/internal/database"
	"concierge/internal/seal"
)

// simLite is one SQLite in memory that serves one schedule after another. A schedule runs inside one transaction, which is rolled back
// at its end: the next begins on the migrated template again, and no statement is parsed twice. What the nodes call transactions are
// savepoints in it. No wall clock, file or lock of SQLite's has a say.
type simLite struct {
	conn       driver.Conn
	statements map[string]driver.Stmt
	keys       *seal.Keys
}

// simTables are the simulation's own: jobs, and each message whose status went back from sent or further. The desk would show that.
var simTables = [...]string{
	`CREATE TABLE sim_jobs (id INTEGER PRIMARY KEY, kind TEXT, args TEXT, at INTEGER)`,
	`CREATE TABLE sim_back (id TEXT, was TEXT, became TEXT)`,
	`CREATE TRIGGER sim_back AFTER UPDATE ON messages WHEN OLD.rank >= 2 AND NEW.rank < OLD.rank
		BEGIN INSERT INTO sim_back VALUES (OLD.id, OLD.status, NEW.status); END`,
}

func newSimLite(t *testing.T) *simLite {
	t.Helper()
	conn, err := (&sqlite.Driver{}).Open("file:sim?mode=memory&_pragma=foreign_keys(1)&_time_format=sqlite")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	l := &simLite{conn: conn, statements: map[string]driver.Stmt{}}
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{Connector: func(string) driver.Connector { return plain{l} }})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if l.keys, err = seal.Load(ctx, db, []byte("0123456789abcdef0123456789abcdef")); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, text := range simTables {
		l.mustExec(text)
	}
	return l
}

func (l *simLite) mustExec(text string) {
	if _, err := l.exec(text, nil); err != nil {
		panic("simulation: " + text + ": " + err.Error())
	}
}

// begin opens a schedule's transaction; the func it gives undoes all.
func (l *simLite) begin() (undo func()) {
	l.mustExec(`BEGIN`)
	return func() { l.mustExec(`ROLLBACK`) }
}

func (l *simLite) statement(text string) (driver.Stmt, error) {
	if s := l.statements[text]; s != nil {
		return s, nil
	}
	s, err := l.conn.Prepare(text)
	if err == nil {
		l.statements[text] = s
	}
	return s, err
}

func (l *simLite) exec(text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := l.statement(text)
	if err != nil {
		return nil, err
	}
	return s.(driver.StmtExecContext).ExecContext(context.Background(), args)
}

func (l *simLite) query(text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := l.statement(text)
	if err != nil {
		return nil, err
	}
	return s.(driver.StmtQueryContext).QueryContext(context.Background(), args)
}

// all reads a whole query, for the oracle.
func (l *simLite) all(text string, args ...any) (table [][]string) {
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	rows, err := l.query(text, named)
	if err != nil {
		panic("simulation: " + text + ": " + err.Error())
	}
	defer rows.Close()
	values := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(values); err == io.EOF {
			return table
		} else if err != nil {
			panic("simulation: " + text + ": " + err.Error())
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = simText(v)
		}
		table = append(table, row)
	}
}

// plain connects to it without a schedule: to migrate the template. Its connections share one, so transactions must not nest.
type plain struct{ l *simLite }

func (p plain) Connect(context.Context) (driver.Conn, error) { return shared{p.l.conn}, nil }
func (p plain) Driver() driver.Driver                        { return &sqlite.Driver{} }

// shared is a connection that others use too: closing it does nothing.
type shared struct{ driver.Conn }

func (shared) Close() error { return nil }
