package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// errNoPostgres tells that the machine has no server to start.
var errNoPostgres = errors.New("no Postgres on this machine: apt-get install postgresql")

// postgres is a server of our own, syncing at commit as a real one does.
type postgres struct {
	bin, folder string
	attr        *syscall.SysProcAttr
	process     *exec.Cmd
}

// newPostgres makes a cluster in a temporary folder and starts it on a unix socket there. Postgres refuses to run as root, so root
// lends it to another account.
func newPostgres() (*postgres, error) {
	bin, err := serverFolder()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("/tmp", "chaos-pg") // short: a socket's path has 107 letters at most
	if err != nil {
		return nil, err
	}
	p := &postgres{bin: bin, folder: folder}
	if p.attr, err = lend(folder); err != nil {
		return nil, err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", p.data(), "-U", "concierge", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync") //nolint:gosec // a path we found
	initdb.SysProcAttr, initdb.Dir = p.attr, folder
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return p, p.up()
}

func (p *postgres) data() string { return filepath.Join(p.folder, "data") }

func (p *postgres) url() string { return p.named("postgres") }

// named is the address of one of its databases.
func (p *postgres) named(database string) string { return addressOf(p.folder, database) }

func addressOf(folder, database string) string {
	return "postgres://concierge@/" + database + "?host=" + url.QueryEscape(folder)
}

// create makes another database.
func (p *postgres) create(database string) error {
	db, err := sql.Open("pgx", p.url())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.Exec(`CREATE DATABASE ` + database) //nolint:gosec // a name of ours
	return err
}

// up starts the server and waits until it answers, at most 30 s.
func (p *postgres) up() error {
	p.process = exec.Command(filepath.Join(p.bin, "postgres"), "-D", p.data(), "-k", p.folder, "-c", "listen_addresses=", "-c", "fsync=on", //nolint:gosec // a path we found
		"-c", "synchronous_commit=on", "-c", "full_page_writes=on", "-c", "max_connections=200")
	attr := *p.attr
	attr.Pdeathsig = syscall.SIGQUIT
	p.process.SysProcAttr, p.process.Dir = &attr, p.folder
	log, err := os.OpenFile(filepath.Join(p.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	p.process.Stdout, p.process.Stderr = log, log
	if err := onLastingThread(p.process.Start); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	db, err := sql.Open("pgx", p.url())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for range 1500 {
		if err = db.PingContext(context.Background()); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("postgres did not start: %w", err)
}

// down stops the server as "pg_ctl stop -m immediate" does: no checkpoint, everybody cut off.
func (p *postgres) down() {
	if p.process == nil {
		return
	}
	_ = p.process.Process.Signal(syscall.SIGQUIT)
	_ = p.process.Wait()
	p.process = nil
}

// onLastingThread starts a process from a thread that ends with us: Pdeathsig follows the thread, not the process.
func onLastingThread(start func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- start()
		select {}
	}()
	return <-done
}

func lend(folder string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(folder, int(uid), int(gid))
}

// serverFolder finds initdb and postgres side by side: Debian keeps them off the PATH.
func serverFolder() (string, error) {
	var folders []string
	if p, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(p); err == nil {
			folders = append(folders, filepath.Dir(real))
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"} {
		found, _ := filepath.Glob(pattern)
		slices.Reverse(found)
		folders = append(folders, found...)
	}
	for _, f := range folders {
		_, err1 := os.Stat(filepath.Join(f, "initdb"))
		_, err2 := os.Stat(filepath.Join(f, "postgres"))
		if err1 == nil && err2 == nil {
			return f, nil
		}
	}
	return "", errNoPostgres
}
