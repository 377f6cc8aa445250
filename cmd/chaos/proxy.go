package main

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// socketName is how Postgres's clients find its socket in a folder.
const socketName = ".s.PGSQL.5432"

// proxy stands between the nodes and Postgres, and can be slow.
type proxy struct {
	folder string
	listen net.Listener
	to     string
	pause  atomic.Int64 // before each thing a client says, in nanoseconds; negative: until it is changed
	mu     sync.Mutex
	open   map[net.Conn]bool
}

// newProxy listens on a socket in a folder of its own, before the one in another.
func newProxy(before string) (*proxy, error) {
	folder, err := os.MkdirTemp("/tmp", "chaos-px")
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("unix", filepath.Join(folder, socketName))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	p := &proxy{folder: folder, listen: l, to: filepath.Join(before, socketName), open: map[net.Conn]bool{}}
	go p.accept()
	return p, nil
}

func (p *proxy) accept() {
	for {
		c, err := p.listen.Accept()
		if err != nil {
			return
		}
		go p.serve(c)
	}
}

func (p *proxy) serve(c net.Conn) {
	s, err := net.Dial("unix", p.to)
	if err != nil {
		_ = c.Close()
		return
	}
	p.mu.Lock()
	p.open[c] = true
	p.mu.Unlock()
	end := func() {
		_, _ = c.Close(), s.Close()
		p.mu.Lock()
		delete(p.open, c)
		p.mu.Unlock()
	}
	go func() {
		_, _ = io.Copy(c, s)
		end()
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := c.Read(b)
		if err != nil {
			break
		}
		p.rest()
		if _, err := s.Write(b[:n]); err != nil {
			break
		}
	}
	end()
}

// rest waits as long as this proxy is slow.
func (p *proxy) rest() {
	begun := time.Now()
	for {
		d := time.Duration(p.pause.Load())
		if d >= 0 && time.Since(begun) >= d {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (p *proxy) close() {
	_ = p.listen.Close()
	p.mu.Lock()
	for c := range p.open {
		_ = c.Close()
	}
	p.mu.Unlock()
	_ = os.RemoveAll(p.folder)
}
