package concierge

import (
	"context"
	"sync"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/failpoint"
)

// clockSlack keeps a timer of ours from ringing just before the database's clock has come so far.
const clockSlack = 5 * time.Millisecond

const (
	drainers  = 8           // conversations looked at at once
	lookEvery = time.Second // for anything due that nobody sends: a killed node costs a second
	lookLimit = 512
)

// outbox sends what was written, strictly in order within a conversation: mark it as being sent, committed; call the provider; store
// the result and mark the next. A conversation is woken by the commit that wrote to it, by the end of a pause, and by a look each
// second at what is due and has no live lease.
type outbox struct {
	h        *Host
	gates    map[channels.Name]*gate
	todo     chan string
	finished *finished

	mu     sync.Mutex
	queued map[string]bool // in todo, or in over
	over   []string        // what todo had no room for
	timers map[*time.Timer]struct{}
	closed bool // nothing new is marked
	sealed bool // nothing is sent any more

	sends    sync.WaitGroup  // provider's calls
	lookers  sync.WaitGroup  // what marks
	storers  sync.WaitGroup  // what stores results
	ctx      context.Context // of the provider's calls
	cancel   context.CancelFunc
	looking  context.Context // of all that marks
	lookDone context.CancelFunc
}

func newOutbox(h *Host) *outbox {
	o := &outbox{h: h, gates: map[channels.Name]*gate{}, todo: make(chan string, 1024), finished: newFinished(),
		queued: map[string]bool{}, timers: map[*time.Timer]struct{}{}}
	for _, name := range []channels.Name{channels.SMS, channels.WhatsApp, channels.Telegram} {
		o.gates[name] = newGate(h.s.Rates[name], h.s.Now, o.wake)
	}
	o.ctx, o.cancel = context.WithCancel(context.Background())
	o.looking, o.lookDone = context.WithCancel(context.Background())
	return o
}

// Wake tells that a conversation has something to send. It never blocks. Give it to inbox.New as Options.Wake.
func (h *Host) Wake(conversationID string) { h.out.wake(conversationID) }

func (o *outbox) wake(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.queued[id] {
		return
	}
	o.queued[id] = true
	select {
	case o.todo <- id:
	default:
		o.over = append(o.over, id)
	}
}

// wakeAt wakes a conversation a while from now: its next message is held, or put off.
func (o *outbox) wakeAt(id string, d time.Duration) {
	if d <= 0 {
		o.wake(id)
		return
	}
	if d > time.Minute {
		return // the look each second finds it
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	var t *time.Timer
	t = time.AfterFunc(d+clockSlack, func() {
		o.mu.Lock()
		delete(o.timers, t)
		o.mu.Unlock()
		o.wake(id)
	})
	o.timers[t] = struct{}{}
}

func (o *outbox) take(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.queued, id)
	for len(o.over) > 0 {
		select {
		case o.todo <- o.over[0]:
			o.over = o.over[1:]
		default:
			return
		}
	}
}

func (o *outbox) start() {
	for range drainers {
		o.lookers.Go(o.drain)
	}
	o.lookers.Go(o.look)
	o.storers.Go(o.commit)
}

// stop marks nothing more, lets sends in hand finish as long as ctx allows, and stores their results. A send cut short is uncertain.
func (o *outbox) stop(ctx context.Context) {
	o.mu.Lock()
	o.closed = true
	for t := range o.timers {
		t.Stop()
	}
	o.mu.Unlock()
	for _, g := range o.gates {
		g.close()
	}
	o.lookDone()
	o.lookers.Wait()
	o.mu.Lock()
	o.sealed = true
	o.mu.Unlock()
	stop := context.AfterFunc(ctx, o.cancel)
	o.sends.Wait()
	stop()
	o.finished.close()
	o.storers.Wait()
	o.cancel()
}

// drain marks and sends the next message of each conversation that is woken.
func (o *outbox) drain() {
	for {
		select {
		case <-o.looking.Done():
			return
		case id := <-o.todo:
			o.woken(id)
		}
	}
}

func (o *outbox) woken(id string) {
	o.take(id)
	if err := o.next(id); err != nil && o.looking.Err() == nil {
		o.h.s.Log.Warn("outbox: not marked", "conversation", id, "error", err)
	}
}

// next marks the next message of a conversation and hands it to be sent.
func (o *outbox) next(id string) error {
	var room entered
	var sent *inbox.Marked
	err := o.h.s.DB.Write(o.looking, func(tx *database.Tx) error {
		c, err := o.h.s.Inbox.Lock(o.looking, tx, id)
		if err != nil {
			return err
		}
		sent, err = o.h.s.Inbox.Mark(o.looking, tx, c, o.rules(&room))
		failpoint.Hit("mark: before commit")
		return err
	})
	switch {
	case err == nil && sent != nil:
		failpoint.Hit("mark: after commit")
		o.send(sent)
	default:
		room.leave()
	}
	return err
}

// entered is the room to send that a transaction took. Who does not send gives it back.
type entered []*gate

func (e *entered) leave() {
	for _, g := range *e {
		g.leave()
	}
	*e = nil
}

// rules are what the mark checks.
func (o *outbox) rules(room *entered) inbox.Rules {
	return inbox.Rules{Node: o.h.s.Node, Quiet: o.h.s.Council.Quiet, Asks: o.asks, Wait: o.h.intake.holding, Barred: o.h.barred,
		Purse: o.h.purse, Ended: o.ended, Enter: func(c *inbox.Conversation, _ inbox.Kind) bool {
			g := o.gates[c.Channel]
			if g == nil || o.h.s.Channels[c.Channel] == nil || o.isClosed() || !g.enter(c.ID) {
				return false
			}
			*room = append(*room, g)
			return true
		}}
}

func (o *outbox) ended(n channels.Name, why string) {
	o.h.s.Metrics.NotSent.WithLabelValues(string(n), why).Inc()
}

func (o *outbox) isClosed() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closed
}

// look finds what is due and has no live lease: left by a killed node, paused, put off, or in doubt.
func (o *outbox) look() {
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	for {
		select {
		case <-o.looking.Done():
			return
		case <-every.C:
		}
		if err := o.lookOnce(o.looking); err != nil && o.looking.Err() == nil {
			o.h.s.Log.Warn("outbox: could not look", "error", err)
		}
	}
}

func (o *outbox) lookOnce(ctx context.Context) error {
	var due []inbox.Due
	err := o.h.s.DB.Read(ctx, func(tx *database.Tx) (err error) {
		due, err = o.h.s.Inbox.Due(ctx, tx, lookLimit)
		return err
	})
	for _, d := range due {
		if g := o.gates[d.Channel]; g != nil && !g.inLine(d.Conversation) {
			o.wake(d.Conversation)
		}
	}
	return err
}
