package concierge

import (
	"context"
	"slices"
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
	drainers  = 8               // conversations looked at at once
	lookEvery = time.Second     // for anything due that nobody sends: a killed node costs a second
	lookLimit = 512             // of each sender
	markTime  = 5 * time.Second // a database that hangs must not hold a drainer for ever
)

// outbox sends what was written, strictly in order within a conversation: mark it as being sent, committed; call the provider; store
// the result and mark the next. A conversation is woken by the commit that wrote to it, by the end of a pause, and by a look each
// second at what is due and has no live lease.
type outbox struct {
	h        *Host
	ways     map[channels.Name]*way
	todo     chan string
	finished *finished

	mu     sync.Mutex
	queued map[string]bool // in todo, or in over
	over   []string        // what todo had no room for
	timers map[*time.Timer]struct{}
	closed bool      // nothing new is marked
	beat   time.Time // of the look: when this node last showed that it lives
	tidied time.Time // and when it last gave up what is past its time
	sealed bool      // nothing is sent any more

	sends    sync.WaitGroup  // provider's calls
	lookers  sync.WaitGroup  // what marks
	storers  sync.WaitGroup  // what stores results
	ctx      context.Context // of the provider's calls
	cancel   context.CancelFunc
	looking  context.Context // of all that marks
	lookDone context.CancelFunc
}

func newOutbox(h *Host) *outbox {
	o := &outbox{h: h, ways: map[channels.Name]*way{}, todo: make(chan string, 1024), finished: newFinished(),
		queued: map[string]bool{}, timers: map[*time.Timer]struct{}{}}
	for _, name := range []channels.Name{channels.SMS, channels.WhatsApp, channels.Telegram} {
		o.ways[name] = newWay(h.s.Rates[name], h.s.Now, o.admitted)
	}
	o.ctx, o.cancel = context.WithCancel(context.Background())
	o.looking, o.lookDone = context.WithCancel(context.Background())
	return o
}

// Wake tells that a conversation has something to send. It never blocks. Give it to inbox.New as Options.Wake.
func (h *Host) Wake(conversationID string) { h.out.wake(conversationID) }

func (o *outbox) wake(id string) { o.wakeAs(id, false) }

// admitted wakes a conversation that has been given room to send: before those that still have to ask.
func (o *outbox) admitted(id string) { o.wakeAs(id, true) }

func (o *outbox) wakeAs(id string, first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.queued[id] {
		return
	}
	o.queued[id] = true
	select {
	case o.todo <- id:
		return
	default:
	}
	if first {
		o.over = slices.Insert(o.over, 0, id)
		return
	}
	o.over = append(o.over, id)
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
	for _, w := range o.ways {
		w.close()
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
	gone, done := context.WithTimeout(context.WithoutCancel(ctx), lastTry)
	defer done()
	o.gone(gone)
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
	ctx, cancel := context.WithTimeout(o.looking, markTime)
	defer cancel()
	err := o.h.s.DB.Write(ctx, func(tx *database.Tx) error {
		c, err := o.h.s.Inbox.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		sent, err = o.h.s.Inbox.Mark(ctx, tx, c, o.rules(&room))
		failpoint.Hit("mark: before commit")
		return err
	})
	switch {
	case err == nil && sent != nil:
		failpoint.Hit("mark: after commit")
		o.send(sent)
	case sent != nil: // on disk or not
		room.leave()
		o.unheard([]*inbox.Marked{sent})
	default:
		room.leave()
	}
	for _, w := range o.ways {
		w.unused(id)
	}
	return err
}

// entered is the room that a transaction took to send or to ask, by how it is given back. Who does neither gives it back.
type entered []func()

func (e *entered) leave() {
	for _, leave := range *e {
		leave()
	}
	*e = nil
}

// rules are what the mark checks.
func (o *outbox) rules(room *entered) inbox.Rules {
	enter := func(take func(*gate, string, inbox.Kind) bool, leave func(*gate)) func(*inbox.Conversation, inbox.Kind) bool {
		return func(c *inbox.Conversation, k inbox.Kind) bool {
			w := o.ways[c.Channel]
			if w == nil || o.h.s.Channels[c.Channel] == nil || o.isClosed() {
				return false
			}
			g := w.of(c.Sender)
			if !take(g, c.ID, k) {
				return false
			}
			*room = append(*room, func() { leave(g) })
			return true
		}
	}
	return inbox.Rules{Node: o.h.s.Node, Quiet: o.h.s.Council.Quiet, Asks: o.asks, Wait: o.h.intake.holding, Barred: o.h.barred,
		Purse: o.h.purse, Ended: o.ended, Enter: enter((*gate).enter, (*gate).leave), EnterToAsk: enter((*gate).ask, (*gate).asked),
		Each: func(n channels.Name) time.Duration { return o.h.s.Each[n] }, Later: o.wakeAt}
}

func (o *outbox) ended(n channels.Name, why string) {
	o.h.s.Metrics.NotSent.WithLabelValues(string(n), why).Inc()
}

// gate is that of a marked message's sender.
func (o *outbox) gate(m *inbox.Marked) *gate { return o.ways[m.Out.To.Kind()].of(m.Out.From) }

func (o *outbox) isClosed() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closed
}
