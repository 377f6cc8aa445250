package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// node is one `concierge serve`, started from the release binary.
type node struct {
	binary string
	env    []string
	url    string
	folder string // CONCIERGE_DATA
	log    string // a file
	order  string // a file: at which crash point to end; only of a tagged binary
	up     atomic.Bool
	proc   *exec.Cmd
	ended  chan struct{} // closed when it has ended
	how    error         // of its end
}

// readyTime is the longest a node may take to be ready.
const readyTime = 20 * time.Second

// start serves and waits until /readyz says so.
func (n *node) start() error {
	if err := n.launch(); err != nil {
		return err
	}
	for begun := time.Now(); time.Since(begun) < readyTime && !n.dead(); time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(n.url + "/readyz")
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			n.up.Store(true)
			return nil
		}
	}
	return fmt.Errorf("a node was not ready after %v; its log is %s", readyTime, n.log)
}

// launch serves.
func (n *node) launch() error {
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	proc := exec.Command(n.binary, "serve") //nolint:gosec // the binary we built
	proc.Env, proc.Stdout, proc.Stderr = n.env, log, log
	proc.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := onLastingThread(proc.Start); err != nil {
		return fmt.Errorf("start a node: %w", err)
	}
	ended := make(chan struct{})
	n.proc, n.ended = proc, ended
	go func() {
		n.how = proc.Wait()
		n.up.Store(false)
		close(ended)
	}()
	return nil
}

// kill is kill -9.
func (n *node) kill() error {
	n.up.Store(false)
	err := n.proc.Process.Kill()
	<-n.ended
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// dead tells whether it has ended, and by what.
func (n *node) dead() bool {
	select {
	case <-n.ended:
		return true
	default:
		return false
	}
}

// killed tells whether it ended by kill -9.
func (n *node) killed() bool {
	var exit *exec.ExitError
	if !n.dead() || !errors.As(n.how, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// stop asks it to stop and says how long that took; an error when it ended badly or not within 12 s.
func (n *node) stop() (time.Duration, error) {
	n.up.Store(false)
	begun := time.Now()
	if err := n.proc.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	select {
	case <-n.ended:
		return time.Since(begun), n.how
	case <-time.After(12 * time.Second):
		_ = n.kill()
		return time.Since(begun), fmt.Errorf("a node had not stopped after 12 s; its log is %s", n.log)
	}
}

// run runs a command of the binary beside it, with more settings.
func (n *node) run(more []string, args ...string) (string, error) {
	c := exec.Command(n.binary, args...) //nolint:gosec // the binary we built
	c.Env = append(n.env[:len(n.env):len(n.env)], more...)
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("concierge %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// build makes the release binary from this checkout, or with a tag one for tests.
func build(folder, tag string) (string, error) {
	file := filepath.Join(folder, "concierge"+tag)
	c := exec.Command("go", "build", "-trimpath", "-tags="+tag, "-o", file, "concierge/cmd/concierge") //nolint:gosec // a path of ours
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return file, nil
}

// freeAddress is one nobody listens on, below the ports that outgoing connections take meanwhile.
func freeAddress(pick func(n int) int) (string, error) {
	for range 200 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+pick(12000))
		if l, err := net.Listen("tcp", address); err == nil {
			return address, l.Close()
		}
	}
	return "", fmt.Errorf("no free port on this machine")
}
