package concierge

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"concierge/cases"
	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/spool"
)

// simNode is one life of one node. When it dies its memory is worth nothing: every call it still makes fails and changes nothing.
type simNode struct {
	w        *simWorld
	no, life int
	name     string
	host     *Host
	handoffs *inbox.Handoffs
	cases    *cases.Cases
	teller   *Teller
	db       *database.DB
	spool    *spool.Spool
	ctx      context.Context
	cancel   context.CancelFunc
	died     chan struct{}

	mu    sync.Mutex
	dead  bool
	fuse  int           // calls until it dies; 0: it does not
	away  simAway       // how the database is away from it
	lost  bool          // the next commit of an absent database was done all the same
	slow  time.Duration // the next transaction waits so long to begin
	ids   int
	files map[string]*simFile // segments with bytes that are not synced
	kept  int                 // appends to the spool that were synced

	tick                        chan struct{} // lets the pump do one thing
	troubled                    bool          // its database was slow or away at some time
	pumping, draining, sweeping bool
	shut                        map[channels.Name]time.Time // told to leave the provider alone until
}

type simAway int

const (
	simHere    simAway = iota
	simRefuses         // connection refused
	simHangs           // no answer
)

// start begins a life of node no on the spool its last life left.
func (w *simWorld) start(no int) *simNode {
	n := &simNode{w: w, no: no, died: make(chan struct{}), tick: make(chan struct{}), files: map[string]*simFile{}, shut: map[channels.Name]time.Time{}}
	if old := w.nodes[no]; old != nil {
		n.life = old.life + 1
	}
	n.name = fmt.Sprintf("node-%d.%d", no, n.life)
	n.ctx, n.cancel = context.WithCancel(context.Background())
	var err error
	if n.db, err = database.Open(n.ctx, database.Options{Connector: func(settings string) driver.Connector {
		return simConnector{n, strings.Contains(settings, "query_only")}
	}}); err != nil {
		panic(err)
	}
	if n.spool, err = spool.Open(w.folder(no), simKey, spool.Options{Create: n.create}); err != nil {
		panic(err)
	}
	s := w.set
	queue := simQueue{n}
	in := inbox.New(w.lite.keys, said0, queue, inbox.Options{Wake: func(id string) { n.host.Wake(id) }, NewID: n.newID, Chance: func() float64 { return 0.5 }})
	rules := s.rules
	rules.Random = w.random
	n.cases = cases.New(rules, queue)
	n.handoffs = inbox.NewHandoffs(in, s.council)
	n.host = New(Settings{DB: n.db, Keys: w.lite.keys, Inbox: in, Handoffs: n.handoffs, Cases: n.cases, Council: s.council,
		Languages: func() Languages { return english{} }, Queue: queue, Spool: n.spool, PublicURL: "https://council.example", Node: n.name,
		Channels: map[channels.Name]channels.Channel{channels.SMS: simPhone{w.twilio, n}, channels.Telegram: simChat{w.telegram, n}},
		Metrics:  s.metrics, Seed: func() int { return 1 }, NewID: n.newID})
	n.host.SetEngine(simEngine{})
	n.host.sweeper.way = simPhone{w.twilio, n}
	n.teller = NewTeller(TellerSettings{DB: n.db, Keys: w.lite.keys, Inbox: in, Cases: n.cases, Council: s.council, Queue: queue,
		PublicURL: "https://council.example"})
	w.nodes[no] = n
	w.all = append(w.all, n)
	n.host.intake.adopt()
	n.drainSoon(0)
	return n
}

// newID makes ids in the order of time, as UUIDv7s are, and the same ones each time a schedule runs.
func (n *simNode) newID() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ids++
	return fmt.Sprintf("%012x-%d-%d-%05d", time.Now().UnixMilli(), n.no, n.life, n.ids)
}

func (n *simNode) isDead() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dead
}

// pass is a place at which the node may die.
func (n *simNode) pass() error {
	n.mu.Lock()
	if n.fuse > 0 {
		if n.fuse--; n.fuse == 0 {
			n.mu.Unlock()
			n.die()
			return errSimDead
		}
	}
	defer n.mu.Unlock()
	switch {
	case n.dead:
		return errSimDead
	case n.away != simHere:
		return errSimAway
	}
	return nil
}

// cut tells whether the database went away under a transaction, and whether that was done all the same.
func (n *simNode) cut() (away, lost bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	lost, n.lost = n.lost, false
	return lost || n.away != simHere, lost
}

// reach waits for the database to answer.
func (n *simNode) reach(ctx context.Context) error {
	for {
		n.mu.Lock()
		away, slow, back := n.away, n.slow, n.w.back
		n.slow = 0
		n.mu.Unlock()
		if away == simHangs {
			select {
			case <-back:
			case <-ctx.Done():
				return ctx.Err()
			case <-n.died:
				return errSimDead
			}
			continue
		}
		if slow > 0 {
			timer := time.NewTimer(slow)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-ctx.Done():
				return ctx.Err()
			case <-n.died:
				return errSimDead
			}
		}
		return n.pass()
	}
}

// die ends this life. What the spool had not synced is gone, or a part of it.
func (n *simNode) die() {
	n.mu.Lock()
	if n.dead {
		n.mu.Unlock()
		return
	}
	n.dead = true
	files := n.files
	n.files = nil
	n.mu.Unlock()
	n.w.note("%s dies", n.name)
	n.w.count("kill")
	for _, f := range files {
		f.lose(n.w.plan.Torn)
	}
	close(n.died)
	n.cancel()
}

// end waits for all that this life left running.
func (n *simNode) end() {
	n.cancel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	n.host.intake.stop(ctx)
	n.host.receipts.work.Wait()
	n.host.out.stop(ctx)
	_ = n.spool.Close()
	_ = n.db.Close()
}

// apart keeps things that happen from happening at one moment: which came first would be chance, and a schedule would not repeat.
const apart = 17 * time.Microsecond

// wait lets all that is under way go as far as it can in no time.
func (w *simWorld) wait() {
	time.Sleep(30 * apart)
	synctest.Wait()
}

// after lets what a call has set going be under way before its caller goes on.
func after() { time.Sleep(time.Microsecond) }

// do runs f as far as it goes in no time.
func (n *simNode) do(f func()) (done bool) {
	time.Sleep(apart)
	if n.isDead() {
		return false
	}
	n.w.work.Go(func() { f(); done = true })
	n.w.wait()
	return done
}

// pump does what the node's own goroutines would, one thing after another: mark and send what was woken, store results.
func (n *simNode) pump() {
	if n.isDead() {
		return
	}
	if !n.pumping {
		n.pumping = true
		n.w.work.Go(n.pumps)
	}
	for range 500 {
		n.w.wait()
		select {
		case n.tick <- struct{}{}:
		default:
			return // it has done all, or waits for the database
		}
	}
	n.w.breaks("%s sends and sends", n.name)
}

func (n *simNode) pumps() {
	defer func() { n.pumping = false }()
	o := n.host.out
	for {
		select {
		case <-n.tick:
		case <-n.ctx.Done():
			return
		}
		select {
		case id := <-o.todo:
			o.woken(id)
		default:
			o.finished.mu.Lock()
			left := o.finished.left
			o.finished.mu.Unlock()
			if left == 0 {
				return
			}
			o.store()
		}
	}
}

// look is the node's look each second.
func (n *simNode) look() {
	n.do(func() { _ = n.host.out.lookOnce(n.ctx) })
}

// drainSoon drains the spool after a while and until it is empty, as the intake's loop does.
func (n *simNode) drainSoon(after time.Duration) {
	q := n.host.intake
	if n.draining || n.isDead() || !q.undrained() {
		return
	}
	n.draining = true
	n.w.work.Go(func() {
		defer func() { n.draining = false }()
		rest(n.ctx, after+time.Duration(1+n.no+3*n.life)*29*time.Microsecond)
		for n.ctx.Err() == nil && q.undrained() {
			if q.answers(n.ctx) {
				_ = q.drain(n.ctx)
			}
			rest(n.ctx, probeEvery)
		}
	})
}
