package databasetest

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// Server is a Postgres of one test's own that can be stopped and started: what happens when the database is away.
type Server struct {
	t   testing.TB
	one *server
	up  bool
}

// StartServer starts one that syncs at commit, as a real one does.
func StartServer(t testing.TB) *Server {
	t.Helper()
	one, err := start(true)
	if err != nil {
		missing(t, err)
	}
	s := &Server{t: t, one: one, up: true}
	t.Cleanup(func() {
		s.Stop()
		_ = os.RemoveAll(one.folder)
	})
	return s
}

// URL is the address of its database.
func (s *Server) URL() string { return s.one.url("postgres") }

// Stop ends it at once, as an immediate shutdown does: connections break, and the next start recovers.
func (s *Server) Stop() {
	if !s.up {
		return
	}
	s.up = false
	_ = s.one.cmd.Process.Signal(syscall.SIGQUIT)
	_ = s.one.cmd.Wait()
}

// Start starts it again on the same data.
func (s *Server) Start() {
	s.t.Helper()
	if s.up {
		return
	}
	cmd := exec.Command(s.one.cmd.Path, s.one.cmd.Args[1:]...)
	cmd.Dir, cmd.SysProcAttr, cmd.Stdout, cmd.Stderr = s.one.cmd.Dir, s.one.cmd.SysProcAttr, s.one.cmd.Stdout, s.one.cmd.Stderr
	if err := <-launch(cmd); err != nil {
		s.t.Fatal(err)
	}
	s.one.cmd, s.up = cmd, true
	if err := s.one.wait(); err != nil {
		s.t.Fatal(err)
	}
}
