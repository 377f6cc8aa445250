package database

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// How often a node that waits asks again, and how often the one that has its turn makes sure of it.
const (
	aloneEvery = 2 * time.Second
	aloneCheck = time.Second
)

// Alone runs f on one node at a time: the others wait, and one of them goes on when that node is gone. f is begun again when it ends
// before ctx does; its context ends when the database no longer knows that it is this node's turn. On SQLite there is one node.
func (db *DB) Alone(ctx context.Context, name string, f func(context.Context)) {
	for ctx.Err() == nil {
		if db.engine != Postgres {
			f(ctx)
		} else if c, err := db.pool.Acquire(ctx); err == nil {
			aloneOn(ctx, c, name, f)
		}
		select {
		case <-ctx.Done():
		case <-time.After(aloneEvery):
		}
	}
}

// aloneOn runs f if the lock is to be had. The lock lives as long as the connection.
func aloneOn(ctx context.Context, c *pgxpool.Conn, name string, f func(context.Context)) {
	defer c.Release() // one that was closed is not used again
	var ours bool
	if err := c.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtext('alone'), hashtext($1))`, name).Scan(&ours); err != nil || !ours {
		return
	}
	short, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); defer stop(); f(short) }()
	for tick := time.NewTicker(aloneCheck); ; {
		select {
		case <-done:
			tick.Stop()
			_ = c.Conn().Close(context.WithoutCancel(ctx)) // and with it the lock
			return
		case <-tick.C:
			look, end := context.WithTimeout(short, 5*time.Second)
			if _, err := c.Exec(look, `SELECT 1`); err != nil {
				stop() // another node may have begun
			}
			end()
		}
	}
}
