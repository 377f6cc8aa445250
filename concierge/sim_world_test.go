package concierge

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"concierge/cases"
	"concierge/channels"
	"concierge/council"
)

// simSet is what all schedules of a run share and none changes.
type simSet struct {
	council *council.Council
	rules   cases.Rules
	metrics *Metrics
	folder  string // of spools, in memory
}

var simKey = []byte("0123456789abcdef0123456789abcdef")

// simWorld is one schedule under way: nodes, providers, residents, staff. It lives in a bubble of testing/synctest, whose clock moves
// when all have nothing to do. One thing happens at a time, so that the same plan always goes the same way.
type simWorld struct {
	plan     simPlan
	set      *simSet
	lite     *simLite
	spools   string        // a folder
	turn     chan struct{} // held by the transaction that is open
	nodes    []*simNode    // by number, the present lives
	all      []*simNode
	twilio   *simProvider
	telegram *simProvider
	people   []*simResident
	written  []*simIn
	moves    []*simMoved
	oracle   *simOracle
	back     chan struct{} // closed when the database is back
	calm     bool          // the faults have stopped
	random   io.Reader     // of references
	work     sync.WaitGroup

	mu     sync.Mutex
	seq    int
	log    []string
	broken []string
	faults map[string]int
}

func newSimWorld(p simPlan, s *simSet, l *simLite, folder string) *simWorld {
	w := &simWorld{plan: p, set: s, lite: l, spools: folder, turn: make(chan struct{}, 1), nodes: make([]*simNode, p.Nodes), back: make(chan struct{}),
		faults: map[string]int{}, random: rand.NewChaCha8([32]byte{})}
	w.oracle = &simOracle{w: w}
	w.twilio, w.telegram = &simProvider{w: w, name: channels.SMS}, &simProvider{w: w, name: channels.Telegram}
	for i := range p.Residents {
		w.people = append(w.people, newSimResident(i, p.Answers[i]))
	}
	return w
}

func (w *simWorld) folder(no int) string { return filepath.Join(w.spools, fmt.Sprint("node", no)) }

func (w *simWorld) residentAt(a channels.Address) *simResident {
	for _, r := range w.people {
		if r.address == a {
			return r
		}
	}
	panic("simulation: sent to a stranger, " + string(a))
}

// tick gives each thing that happens its number.
func (w *simWorld) tick() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seq++
	return w.seq
}

func (w *simWorld) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// breaks notes a broken promise.
func (w *simWorld) breaks(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.note("BROKEN: %s", text)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = append(w.broken, text)
}

func (w *simWorld) count(fault string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[fault]++
}

// read and write are the simulation's own hand in the database, between transactions.
func (w *simWorld) read(text string, args ...any) [][]string {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	return w.lite.all(text, args...)
}

func (w *simWorld) write(text string, args ...any) { w.read(text, args...) }

// run is the whole schedule; what it returns is empty when every promise was kept.
func (w *simWorld) run() string {
	undo := w.lite.begin()
	defer undo()
	for i := range w.nodes {
		_ = os.RemoveAll(w.folder(i))
		w.start(i)
	}
	w.sweep(w.nodes[0])
	for i, s := range w.plan.Steps {
		w.note("step %d: %v", i, s)
		w.step(s)
		w.settle(s.Lazy)
		time.Sleep(time.Millisecond + time.Duration(i)*apart)
		if len(w.broken) > 0 {
			break
		}
	}
	if len(w.broken) == 0 {
		w.finish()
		w.oracle.judge()
	}
	w.stop()
	return strings.Join(w.broken, "\n")
}

// settle lets all go on as far as they can without time passing.
func (w *simWorld) settle(lazy bool) {
	w.wait()
	for i, r := range w.people {
		if !lazy {
			w.bringRest(r, w.nodes[i%len(w.nodes)], false)
		}
	}
	for _, n := range w.nodes {
		if !lazy {
			n.pump()
		}
		n.drainSoon(probeEvery / 2 * time.Duration(n.no))
	}
	w.wait()
	w.oracle.look()
}

// stop ends all lives.
func (w *simWorld) stop() {
	for _, n := range w.nodes {
		n.away = simHere
	}
	for _, p := range []*simProvider{w.twilio, w.telegram} {
		for _, c := range p.waiting() {
			c.verdict <- simOK
		}
	}
	for _, n := range w.all {
		n.end()
	}
	w.work.Wait()
	for i := range w.nodes {
		_ = os.RemoveAll(w.folder(i))
	}
}

// finish stops the faults and lets time pass until nothing is left to do, or for so long that something is stuck.
func (w *simWorld) finish() {
	w.note("the faults stop")
	w.calm = true
	w.comeBack()
	for i, n := range w.nodes {
		n.fuse, n.slow = 0, 0
		if n.isDead() {
			w.start(i)
		}
	}
	stopped := time.Now()
	swept := 0
	for round := range 120 {
		for _, p := range []*simProvider{w.twilio, w.telegram} {
			for _, c := range p.waiting() {
				c.verdict <- simOK
				w.wait()
			}
		}
		w.settle(false)
		for _, n := range w.nodes {
			n.look()
			n.pump()
		}
		for _, r := range w.people {
			w.bringRest(r, w.nodes[round%len(w.nodes)], true)
		}
		if !w.plan.Silent {
			for _, t := range w.twilio.sorted() {
				for len(t.tell) > 0 {
					w.tell(t, 0, w.nodes[round%len(w.nodes)], 1)
				}
			}
		}
		for i, j := range w.jobs() {
			w.workJob(w.nodes[(i+round)%len(w.nodes)], j, 1)
			w.settle(false)
		}
		w.settle(false)
		if since := time.Since(stopped); since > sweepAge+time.Second && swept == 0 || since > 2*sweepAge && swept == 1 {
			swept++
			w.sweep(w.nodes[0])
			w.settle(false)
			continue
		}
		next, idle := w.next()
		if idle && swept == 2 {
			return
		}
		if next = min(next, time.Until(stopped.Add(sweepAge+2*time.Second))); swept > 0 || next <= 0 {
			next, _ = w.next()
		}
		time.Sleep(min(max(next, time.Second), time.Minute))
	}
}

// simTime is how SQLite keeps a time.
const simTime = "2006-01-02 15:04:05.999999999-07:00"

func simSQL(at time.Time) string { return at.UTC().Format(simTime) }

// next is how long until something is due, and whether nothing is under way at all.
func (w *simWorld) next() (wait time.Duration, idle bool) {
	idle, wait = true, time.Minute
	for _, r := range w.read(`SELECT due_at FROM messages WHERE NOT inbound AND status IN ('queued', 'sending')
		UNION ALL SELECT lease_until FROM conversations WHERE lease_until > $1
		UNION ALL SELECT renewed_at FROM spools
		UNION ALL SELECT created_at FROM messages WHERE inbound AND taken = 'waiting'
		UNION ALL SELECT '2000-01-01 00:00:00' FROM sim_jobs`, simSQL(time.Now())) {
		idle = false
		if at, err := time.Parse(simTime, r[0]); err == nil {
			wait = min(wait, time.Until(at)+time.Millisecond)
		}
	}
	for _, n := range w.nodes {
		if n.draining || n.pumping {
			idle = false
		}
	}
	for _, r := range w.people {
		if r.channel == channels.Telegram && r.next() != nil {
			idle = false
		}
	}
	return max(wait, time.Second), idle
}
