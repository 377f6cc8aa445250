package database_test

import (
	"context"
	"sync"
	"testing"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

func TestOneNodeAtATime(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.Postgres, nil)
	var nodes sync.WaitGroup
	entered, stops := make(chan int), []context.CancelFunc{}
	for n := range 3 {
		ctx, stop := context.WithCancel(context.Background())
		stops = append(stops, stop)
		nodes.Go(func() {
			db.Alone(ctx, "test", func(ctx context.Context) {
				entered <- n
				<-ctx.Done()
			})
		})
	}
	seen := map[int]bool{}
	for range stops { // each in turn, when the one before is gone
		n := <-entered
		if seen[n] {
			t.Errorf("node %d has a second turn", n)
		}
		seen[n] = true
		select {
		case other := <-entered:
			t.Errorf("node %d beside %d", other, n)
		default:
		}
		stops[n]()
	}
	nodes.Wait()
	for _, stop := range stops {
		stop()
	}
}

func TestWhoLosesTheDatabaseIsNoLongerAlone(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.Postgres, nil)
	ctx, stop := context.WithCancel(context.Background())
	begun, ended := make(chan struct{}), make(chan struct{}, 1)
	var node sync.WaitGroup
	node.Go(func() {
		db.Alone(ctx, "lost", func(ctx context.Context) {
			begun <- struct{}{}
			<-ctx.Done()
			select {
			case ended <- struct{}{}:
			default:
			}
		})
	})
	<-begun
	if _, err := db.Pool().Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = hashtext('lost')::oid AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	<-ended
	<-begun // and takes it up again
	stop()
	node.Wait()
}
