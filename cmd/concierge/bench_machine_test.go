package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ticks is how many of the kernel's clock ticks make a second: USER_HZ is 100 on every Linux that Go runs on.
const ticks = 100

// used is the processor time of a process so far, its user and system time together.
func used(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(data, []byte(") ")) // the name before may hold anything
	f := bytes.Fields(rest)
	if len(f) < 13 {
		return 0, errors.New("/proc: stat is too short")
	}
	user, err := strconv.ParseInt(string(f[11]), 10, 64)
	system, err2 := strconv.ParseInt(string(f[12]), 10, 64)
	return time.Duration(user+system) * time.Second / ticks, errors.Join(err, err2)
}

// own is the processor time of this process: the residents and both providers.
func own() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resident memory of a process in MB, and the most it ever was.
func memory(t testing.TB, pid int) (now, most float64) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		name, rest, _ := strings.Cut(line, ":")
		kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
		if err != nil {
			continue
		}
		switch name {
		case "VmRSS":
			now = kb / 1024
		case "VmHWM":
			most = kb / 1024
		}
	}
	return now, most
}

// server is the Postgres of a run, asked over a connection of our own. nil on SQLite.
type server struct {
	t       testing.TB
	conn    *pgx.Conn
	address string
}

func (b *binary) server() *server {
	for _, v := range b.env {
		if address, ok := strings.CutPrefix(v, "CONCIERGE_DATABASE="); ok && address != "" {
			conn, err := pgx.Connect(context.Background(), address)
			if err != nil {
				b.t.Fatal(err)
			}
			b.t.Cleanup(func() { _ = conn.Close(context.Background()) })
			return &server{b.t, conn, address}
		}
	}
	return nil
}

// commits is how many transactions were committed so far, by everybody. A server's count is a second late.
func (s *server) commits() int64 {
	if s == nil {
		return 0
	}
	time.Sleep(1200 * time.Millisecond)
	var n int64
	err := s.conn.QueryRow(context.Background(), `SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()`).Scan(&n)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// used is the processor time of all the server's processes that live.
func (s *server) used() (sum time.Duration) {
	if s == nil {
		return 0
	}
	rows, err := s.conn.Query(context.Background(), `SELECT pid FROM pg_stat_activity`)
	if err != nil {
		s.t.Fatal(err)
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		s.t.Fatal(err)
	}
	for _, pid := range pids {
		if d, err := used(pid); err == nil { // one that has just ended
			sum += d
		}
	}
	return sum
}

// exec runs statements on the server.
func (s *server) exec(text string) {
	s.t.Helper()
	if _, err := s.conn.Exec(context.Background(), text); err != nil {
		s.t.Fatalf("%v in %s", err, text)
	}
}
