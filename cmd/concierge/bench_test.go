package main_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"concierge/council"
	"concierge/internal/database"
)

// These are the figures of the release binary, as a process between the strict fakes of its providers (docs/speed.md says how each is
// made). `make bench` runs them and sets them beside their bars. Each measures for a time of its own: -benchtime 1x.

// asked is a number from the environment, or the usual one.
func asked(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return usual
}

// BenchmarkWholeWay is 32 residents walking whole reports through signed webhooks, by SMS, WhatsApp and Telegram.
// CONCIERGE_TEST_BENCH_SECONDS measures for longer than 15 s an engine.
func BenchmarkWholeWay(b *testing.B) {
	span := time.Duration(asked("CONCIERGE_TEST_BENCH_SECONDS", 15)) * time.Second
	for _, e := range []database.Engine{database.Postgres, database.SQLite} {
		b.Run(string(e), func(b *testing.B) {
			for range b.N {
				wholeWay(b, e, span)
			}
		})
	}
}

// warm is how long residents walk before anything is timed: the model has learnt, statements are prepared, pools are full.
const warm = 4 * time.Second

func wholeWay(b *testing.B, e database.Engine, span time.Duration) {
	meters := freePort(b)
	c := newBinary(b, e, true, append(unhurried(b), "CONCIERGE_METRICS_LISTEN="+meters)...)
	c.start()
	postgres := c.server()
	l := &load{b: c, t: b, script: newScript(b)}
	pid := c.process.Process.Pid
	idle, _ := memory(b, pid)

	done := make(chan struct{})
	ended := make(chan struct{})
	l.until = func() bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
	commits := postgres.commits()
	go func() { defer close(ended); l.run(b.Context()) }()
	time.Sleep(warm)
	begin := l.mark(pid, postgres)
	l.timing()
	b.ResetTimer()
	profile(b, meters, e, span)
	time.Sleep(span - time.Since(begin.at))
	b.StopTimer()
	end := l.mark(pid, postgres)
	acks, replies := l.timed()
	close(done)
	<-ended
	if b.Failed() || len(replies) == 0 {
		b.Fatal("the load ended early")
	}
	commits = postgres.commits() - commits
	now, most := memory(b, pid)

	turns := float64(end.turns - begin.turns)
	each := func(d time.Duration) float64 { return d.Seconds() * 1000 / turns }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(turns/end.at.Sub(begin.at).Seconds(), "turns/s")
	b.ReportMetric(each(end.ours-begin.ours), "cpu-ms/msg")
	b.ReportMetric(each(end.fakes-begin.fakes), "fakes-cpu-ms/msg")
	report(b, "ack", acks)
	report(b, "reply", replies)
	b.ReportMetric(float64(l.reports.Load()), "reports")
	b.ReportMetric(float64(l.joins.Load()), "joins")
	b.ReportMetric(idle, "start-MB")
	b.ReportMetric(now, "after-MB")
	b.ReportMetric(most, "most-MB")
	if postgres == nil {
		return
	}
	b.ReportMetric(each(end.postgres-begin.postgres), "postgres-cpu-ms/msg")
	b.ReportMetric(float64(commits)/float64(l.turns.Load()), "commits/msg")
	for _, broken := range c.ledger.Broken() {
		b.Errorf("a provider would not take %s: %s", broken.Call, broken.Why)
	}
	if same, ok := pgbench(b, c, postgres, l, min(span, 10*time.Second)); ok {
		b.ReportMetric(same, "pgbench-turns/s")
		b.ReportMetric(turns/end.at.Sub(begin.at).Seconds()/same, "ratio")
	}
}

// mark is where everything stands at one moment.
type mark struct {
	at                    time.Time
	turns                 int64
	ours, fakes, postgres time.Duration
}

func (l *load) mark(pid int, s *server) mark {
	ours, err := used(pid)
	if err != nil {
		l.t.Fatal(err)
	}
	return mark{time.Now(), l.turns.Load(), ours, own(), s.used()}
}

// profile writes where the binary's time goes while it is timed, when CONCIERGE_TEST_BENCH_PROFILE names a folder: <engine>.pprof.
func profile(b *testing.B, meters string, e database.Engine, span time.Duration) {
	folder := os.Getenv("CONCIERGE_TEST_BENCH_PROFILE")
	if folder == "" {
		return
	}
	resp, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", meters, int(span.Seconds())-1))
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err := first(err, os.WriteFile(filepath.Join(folder, string(e)+".pprof"), data, 0o600)); err != nil {
		b.Fatal(err)
	}
}

func report(b *testing.B, name string, sorted []time.Duration) {
	b.ReportMetric(sorted[len(sorted)/2].Seconds()*1000, name+"-p50-ms")
	b.ReportMetric(sorted[len(sorted)*99/100].Seconds()*1000, name+"-p99-ms")
}

// unhurried is a demo council whose senders may send as fast as they can, and the setting that names its folder.
func unhurried(t testing.TB) []string {
	t.Helper()
	folder := t.TempDir()
	demo := council.Demo()
	err := fs.WalkDir(demo, ".", func(name string, d fs.DirEntry, err error) error {
		to := filepath.Join(folder, name)
		if err != nil || d.IsDir() {
			return first(err, os.MkdirAll(to, 0o750))
		}
		data, err := fs.ReadFile(demo, name)
		if name == "council.yaml" {
			text := strings.Replace(string(data), "\nchannels:\n", "\nchannels:\n  rates: {sms: 100000, whatsapp: 100000, telegram: 100000, each: {whatsapp: 0s, telegram: 0s}}\n", 1)
			text = strings.Replace(text, "sms: 40, whatsapp: 20}", "sms: 0, whatsapp: 0}", 1)
			if text == string(data) || !strings.Contains(text, "merge: 0s") {
				return fmt.Errorf("the demo's council.yaml has no channels, or merges")
			}
			data = []byte(text)
		}
		return first(err, os.WriteFile(to, data, 0o600))
	})
	if err != nil {
		t.Fatal(err)
	}
	return []string{"CONCIERGE_COUNCIL=" + folder}
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// BenchmarkReady is the time from start to ready on SQLite: into an empty folder, where the schema is made, and again into the same;
// and the memory of a process that has learnt and then did nothing.
func BenchmarkReady(b *testing.B) {
	for range b.N {
		c := newBinary(b, database.SQLite, true)
		fresh := c.start()
		c.stop()
		var again time.Duration
		const times = 4
		for range times {
			again += c.start()
			c.stop()
		}
		c.start()
		time.Sleep(6 * time.Second)
		idle, most := memory(b, c.process.Process.Pid)
		c.stop()
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(fresh.Seconds()*1000, "first-ms")
		b.ReportMetric(again.Seconds()*1000/times, "ready-ms")
		b.ReportMetric(idle, "idle-MB")
		b.ReportMetric(most, "most-MB")
	}
}

// BenchmarkMemory is what a process holds after many messages: 5,000, or as many as CONCIERGE_TEST_BENCH_MESSAGES says (the bar is for
// 100,000), against a fifth of them.
func BenchmarkMemory(b *testing.B) {
	many := int64(asked("CONCIERGE_TEST_BENCH_MESSAGES", 5000))
	for range b.N {
		c := newBinary(b, database.SQLite, true, unhurried(b)...)
		c.start()
		pid := c.process.Process.Pid
		l := &load{b: c, t: b, script: newScript(b)}
		walk := func(to int64) float64 {
			l.until = func() bool { return l.turns.Load() >= to }
			l.run(context.Background())
			time.Sleep(3 * time.Second) // receipts come in, the heap is swept
			now, _ := memory(b, pid)
			return now
		}
		some := walk(many / 5)
		all := walk(many)
		_, most := memory(b, pid)
		c.stop()
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(l.turns.Load()), "messages")
		b.ReportMetric(some, "fifth-MB")
		b.ReportMetric(all, "after-MB")
		b.ReportMetric(all/some, "growth")
		b.ReportMetric(most, "most-MB")
	}
}
