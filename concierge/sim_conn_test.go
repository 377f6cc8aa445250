package concierge

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"modernc.org/sqlite"
)

var (
	errSimDead = &net.OpError{Op: "read", Net: "tcp", Err: errors.New("simulation: this node is dead")}
	errSimAway = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("simulation: the database is away")}
)

func simText(v driver.Value) string {
	switch x := v.(type) {
	case nil:
		return ""
	case []byte:
		return string(x)
	case time.Time:
		return x.UTC().Format("15:04:05.000")
	}
	return fmt.Sprint(v)
}

// simConnector connects a node to the simulation's database. Each call a node makes is a place at which it may die, or find the
// database away.
type simConnector struct {
	n     *simNode
	reads bool
}

func (c simConnector) Connect(context.Context) (driver.Conn, error) {
	// A transaction begins a little after what was before it has ended, and no two nodes' at one moment: which was first would be chance.
	wait := time.Duration(3+7*c.n.no) * time.Microsecond
	if c.reads {
		wait += 2 * time.Microsecond
	}
	return &simConn{n: c.n, wait: wait}, nil
}

func (c simConnector) Driver() driver.Driver { return &sqlite.Driver{} }

type simConn struct {
	n    *simNode
	wait time.Duration
	open bool
}

func (c *simConn) Close() error { return nil }
func (c *simConn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx waits for the one transaction there may be at a time. A database that has gone says so at once, or not at all.
func (c *simConn) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	if err := c.n.reach(ctx); err != nil {
		return nil, err
	}
	time.Sleep(c.wait)
	w := c.n.w
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.n.died:
		return nil, errSimDead
	}
	w.lite.mustExec(`SAVEPOINT tx`)
	c.open = true
	return c, nil
}

// Commit may never arrive, or arrive and its answer be lost.
func (c *simConn) Commit() error {
	if err := c.n.pass(); err != nil {
		return errors.Join(err, c.Rollback())
	}
	if away, lost := c.n.cut(); away && !lost {
		return errors.Join(errSimAway, c.Rollback())
	} else if away {
		c.end(`RELEASE tx`)
		return errSimAway
	}
	c.end(`RELEASE tx`)
	return c.n.pass()
}

func (c *simConn) Rollback() error {
	if c.open {
		c.n.w.lite.mustExec(`ROLLBACK TO tx`)
		c.end(`RELEASE tx`)
	}
	return nil
}

func (c *simConn) end(text string) {
	c.open = false
	c.n.w.lite.mustExec(text)
	<-c.n.w.turn
}

func (c *simConn) Prepare(text string) (driver.Stmt, error) { return simStmt{c, text}, nil }

func (c *simConn) QueryContext(_ context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.n.pass(); err != nil {
		return nil, err
	}
	return c.n.w.lite.query(text, args)
}

type simStmt struct {
	c    *simConn
	text string
}

func (s simStmt) Close() error  { return nil }
func (s simStmt) NumInput() int { return -1 }

func (s simStmt) Exec([]driver.Value) (driver.Result, error) { return nil, driver.ErrSkip }
func (s simStmt) Query([]driver.Value) (driver.Rows, error)  { return nil, driver.ErrSkip }

func (s simStmt) ExecContext(_ context.Context, args []driver.NamedValue) (driver.Result, error) {
	if strings.HasPrefix(s.text, "PRAGMA ") { // how long to wait for a lock: here one waits for nothing else
		return driver.ResultNoRows, nil
	}
	if err := s.c.n.pass(); err != nil {
		return nil, err
	}
	return s.c.n.w.lite.exec(s.text, args)
}

func (s simStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.c.QueryContext(ctx, s.text, args)
}
