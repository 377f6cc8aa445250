//go:build chaos

package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Two variables rule a chaos build:
//
//	CONCIERGE_TEST_POINT      what happens where: "after commit=kill@3" kills the process as it passes there for the third time,
//	                          "after commit=pause@1:5s" holds it there for five seconds, once; "@file" reads that from a file at each
//	                          pass, and counts from when the file said something new
//	CONCIERGE_TEST_POINT_LOG  a file that gets the name of each place passed, one a line
const (
	pointVariable = "CONCIERGE_TEST_POINT"
	logVariable   = "CONCIERGE_TEST_POINT_LOG"
)

// passed counts by place. A build for tests may keep state that the real one may not.
var passed struct {
	sync.Mutex
	times map[string]int
	order string
}

// Hit passes a place: it may kill the process, as kill -9 does, or hold it.
func Hit(place string) {
	order, times := pass(place)
	name, order, ok := strings.Cut(order, "=")
	if !ok || name != place {
		return
	}
	what, when, _ := strings.Cut(order, "@")
	when, long, _ := strings.Cut(when, ":")
	if n, err := strconv.Atoi(when); err != nil || n != times {
		return
	}
	if what == "kill" {
		_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
		select {}
	}
	if d, err := time.ParseDuration(long); err == nil && what == "pause" {
		time.Sleep(d)
	}
}

// pass counts and notes a pass: what is to happen now, and how often this place was passed since somebody ordered that.
func pass(place string) (order string, times int) {
	passed.Lock()
	defer passed.Unlock()
	order = os.Getenv(pointVariable)
	if file, ok := strings.CutPrefix(order, "@"); ok {
		b, _ := os.ReadFile(file) //nolint:gosec // named by the test that started us
		order = strings.TrimSpace(string(b))
	}
	if passed.times == nil || order != passed.order {
		passed.times, passed.order = map[string]int{}, order
	}
	passed.times[place]++
	note(place)
	return order, passed.times[place]
}

func note(place string) {
	file := os.Getenv(logVariable)
	if file == "" {
		return
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // named by the test that started us
	if err != nil {
		return
	}
	_, _ = f.WriteString(place + "\n")
	_ = f.Close()
}
