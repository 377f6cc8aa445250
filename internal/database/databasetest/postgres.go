package databasetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"concierge/internal/database"
)

// errMissing tells that the machine has no Postgres to start.
var errMissing = errors.New("no Postgres on this machine: apt-get install postgresql, or set CONCIERGE_TEST_POSTGRES=postgres://…")

// StartPostgres starts a server of its own for one test or benchmark and returns the address of an empty database. With durable the
// server syncs at commit, as a real one does.
func StartPostgres(t testing.TB, durable bool) string {
	t.Helper()
	s, err := start(durable)
	if err != nil {
		missing(t, err)
	}
	t.Cleanup(s.stop)
	return s.url("postgres")
}

var serial atomic.Int64

// shared is the process's one fast server, with a migrated template database to clone.
var shared = sync.OnceValues(func() (func(name string) string, error) {
	at := func(name string) string { return withDatabase(os.Getenv("CONCIERGE_TEST_POSTGRES"), name) }
	if os.Getenv("CONCIERGE_TEST_POSTGRES") == "" {
		s, err := start(false)
		if err != nil {
			return nil, err
		}
		at = s.url
	}
	name := fmt.Sprintf("template_%d", os.Getpid())
	ctx := context.Background()
	if err := execute(ctx, at("postgres"), "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	db, err := database.Open(ctx, database.Options{URL: at(name), Unsafe: true, PoolSize: 2})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return at, db.Migrate(ctx)
})

func cloned(t testing.TB) string {
	t.Helper()
	at, err := shared()
	if err != nil {
		missing(t, err)
	}
	ctx := context.Background()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), serial.Add(1))
	if err := execute(ctx, at("postgres"), fmt.Sprintf("CREATE DATABASE %s TEMPLATE template_%d", name, os.Getpid())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute(ctx, at("postgres"), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Log(err)
		}
	})
	return at(name)
}

// missing skips, loudly; in CI a skip is a failure.
func missing(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errMissing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	t.Fatal(err)
}

func execute(ctx context.Context, url, text string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, text)
	return err
}

func withDatabase(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.Path = "/" + name
	return u.String()
}

type server struct {
	folder string
	cmd    *exec.Cmd
}

func (s *server) url(name string) string {
	return fmt.Sprintf("postgres://concierge@/%s?host=%s", name, url.QueryEscape(s.folder))
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.folder)
}

// start makes a cluster in a temporary folder and serves it on a unix socket there. Postgres refuses to run as root, so root lends it
// to another account. The server dies with this process.
func start(durable bool) (*server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	sweep()
	folder, err := os.MkdirTemp("/tmp", "concierge-pg") // short: a socket's path has 107 letters at most
	if err != nil {
		return nil, err
	}
	attr, err := account(folder)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(folder, "data")
	mk := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "concierge", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	mk.SysProcAttr, mk.Dir = attr, folder
	if out, err := mk.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	sync := "off"
	if durable {
		sync = "on"
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync="+sync,
		"-c", "synchronous_commit="+sync, "-c", "full_page_writes="+sync, "-c", "max_connections=200", "-c", "shared_buffers=128MB")
	cmd.Dir = folder
	attr.Pdeathsig = syscall.SIGQUIT
	cmd.SysProcAttr = attr
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = log, log
	started := launch(cmd)
	if err := <-started; err != nil {
		return nil, err
	}
	s := &server{folder: folder, cmd: cmd}
	return s, s.wait()
}

// sweep removes the folders of servers that died with their process: a test process has no moment at which to do it for itself.
func sweep() {
	left, _ := filepath.Glob("/tmp/concierge-pg*")
	for _, folder := range left {
		info, err := os.Stat(folder)
		if err != nil || time.Since(info.ModTime()) < 10*time.Minute {
			continue
		}
		first, _, _ := strings.Cut(read(filepath.Join(folder, "data", "postmaster.pid")), "\n")
		if pid, err := strconv.Atoi(first); err == nil && syscall.Kill(pid, 0) == nil {
			continue // it still runs, for somebody else
		}
		_ = os.RemoveAll(folder) // another account's stays
	}
}

func read(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(text)
}

// launch starts the command from a thread that lives as long as the process: Pdeathsig follows the thread, not the process.
func launch(cmd *exec.Cmd) <-chan error {
	started := make(chan error, 1)
	go keepThread(func() { started <- cmd.Start() })
	return started
}

func (s *server) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var err error
	for ctx.Err() == nil {
		if err = execute(ctx, s.url("postgres"), "SELECT 1"); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("postgres did not start: %w", err)
}

func account(folder string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(folder, int(uid), int(gid))
}

// binaries finds a folder that holds both initdb and postgres: Debian keeps the server off the PATH.
func binaries() (string, error) {
	var folders []string
	if p, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(p); err == nil {
			folders = append(folders, filepath.Dir(real))
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin"} {
		found, _ := filepath.Glob(pattern)
		sort.Sort(sort.Reverse(sort.StringSlice(found)))
		folders = append(folders, found...)
	}
	for _, f := range folders {
		if executable(f, "initdb") && executable(f, "postgres") {
			return f, nil
		}
	}
	return "", errMissing
}

func executable(folder, name string) bool {
	info, err := os.Stat(filepath.Join(folder, name))
	return err == nil && !info.IsDir() && strings.Contains(info.Mode().String(), "x")
}
