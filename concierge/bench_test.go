package concierge

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// answering is a channel that tells when a message has reached its phone.
type answering struct {
	mu    sync.Mutex
	waits map[channels.Address]chan string
}

func (a *answering) Name() channels.Name { return channels.Telegram }

func (a *answering) Send(_ context.Context, o channels.Outgoing) (channels.Handle, error) {
	a.mu.Lock()
	c := a.waits[o.To]
	a.mu.Unlock()
	c <- o.Text
	return channels.Handle(o.ID), nil
}

func (a *answering) Fetch(context.Context, channels.Media) (io.ReadCloser, error) {
	return nil, io.ErrUnexpectedEOF
}

func (a *answering) phone(of channels.Address) chan string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waits == nil {
		a.waits = map[channels.Address]chan string{}
	}
	c := make(chan string, 16)
	a.waits[of] = c
	return c
}

// BenchmarkTurns is 32 residents walking whole reports: each writes when the answer to the last message has come. One operation is
// one durable turn whose reply has reached the channel.
func BenchmarkTurns(b *testing.B) {
	for _, e := range []database.Engine{database.Postgres, database.SQLite} {
		b.Run(string(e), func(b *testing.B) { benchmarkTurns(b, durable(b, e)) })
	}
}

func durable(b *testing.B, e database.Engine) *database.DB {
	b.Helper()
	o := database.Options{Folder: b.TempDir(), PoolSize: 24}
	if e == database.Postgres {
		o.URL = databasetest.StartPostgres(b, true)
	}
	db, err := database.Open(context.Background(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(context.Background()); err != nil {
		b.Fatal(err)
	}
	return db
}

func benchmarkTurns(b *testing.B, db *database.DB) {
	o := assemble(b, db, "node-1")
	furnish(b, o)
	out := &answering{}
	o.h.s.Channels = map[channels.Name]channels.Channel{channels.Telegram: out}
	if err := o.h.Start(o.ctx); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(o.stop)
	answers := []string{"pothole", "no", "(a pin)", "1", "large", "skip", "skip", "send"}
	var walks atomic.Int64
	const residents = 32
	var mu sync.Mutex
	var acks, replies []time.Duration
	turns := make(chan struct{}, b.N)
	for range b.N {
		turns <- struct{}{}
	}
	close(turns)
	before, beforeDB := cpu(), databaseCPU()
	b.ResetTimer()
	var wg sync.WaitGroup
	for r := range residents {
		wg.Go(func() {
			for walk := 0; ; walk++ {
				from := channels.Address(fmt.Sprintf("telegram:%d%06d", r+1, walk))
				phone := out.phone(from)
				for n, words := range answers {
					if _, ok := <-turns; !ok {
						return
					}
					m := text(string(from), words)
					if n == 2 { // each report somewhere else: nobody is asked whether they mean a neighbour's
						at := walks.Add(1)
						m.Kind, m.Text = channels.KindLocation, ""
						m.Location = &channels.Location{Lat: 52.440 + float64(at/100)*.0004, Lon: -1.900 + float64(at%100)*.0007}
					}
					start := time.Now()
					if err := o.h.Receive(o.ctx, m); err != nil {
						b.Error(err)
						return
					}
					ack := time.Since(start)
					<-phone
					reply := time.Since(start)
					if n == 0 {
						<-phone // who we are
					}
					mu.Lock()
					acks, replies = append(acks, ack), append(replies, reply)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N)/1000, "cpu-ms/turn")
	b.ReportMetric(float64((databaseCPU()-beforeDB).Microseconds())/float64(b.N)/1000, "db-cpu-ms/turn")
	for name, all := range map[string][]time.Duration{"ack": acks, "reply": replies} {
		sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
		b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, name+"-p50-ms")
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, name+"-p99-ms")
	}
}

// cpu is what this process alone has used: the database is another.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// databaseCPU is what the Postgres we started has used: the children of our child.
func databaseCPU() (sum time.Duration) {
	parents, used := map[int]int{}, map[int]time.Duration{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		var pid, parent, utime, stime, skip int
		var state string
		at := bytes.LastIndexByte(data, ')')
		_, _ = fmt.Sscanf(string(data), "%d", &pid)
		if _, err := fmt.Sscanf(string(data[at+2:]), "%s %d %d %d %d %d %d %d %d %d %d %d %d", &state, &parent, &skip, &skip, &skip, &skip, &skip, &skip,
			&skip, &skip, &skip, &utime, &stime); err != nil {
			continue
		}
		parents[pid], used[pid] = parent, time.Duration(utime+stime)*10*time.Millisecond // 100 ticks a second
	}
	for pid, parent := range parents {
		if parents[parent] == os.Getpid() {
			sum += used[pid]
		}
	}
	return sum
}
