package concierge

import (
	"context"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
)

const (
	beatEvery   = time.Second      // a node shows that it lives; on SQLite there is one, and it is only for the desk to see
	liteBeat    = 15 * time.Second // an idle machine need not write to its disk each second
	expireEvery = time.Minute
	expireLimit = 1000
)

// look looks at once, for what a killed node left and for how many share the rates, and then once a second.
func (o *outbox) look() {
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	for {
		if err := o.lookOnce(o.looking); err != nil && o.looking.Err() == nil {
			o.h.s.Log.Warn("outbox: could not look", "error", err)
		}
		select {
		case <-o.looking.Done():
			return
		case <-every.C:
		}
	}
}

// seen is what one look saw.
type seen struct {
	live  int
	holds []inbox.Hold
	due   []inbox.Due
}

// lookOnce is the node's one look a second at the database: it shows that it lives and counts those that do, tells and learns which
// senders are held, and finds what is due and has no live lease: left by a killed node, paused, put off, or in doubt.
func (o *outbox) lookOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, markTime)
	defer cancel()
	now, untold := o.h.s.Now(), o.untold()
	beats := now.Sub(o.beat) >= o.beatEvery()
	run := o.h.s.DB.Read
	if beats || len(untold) > 0 {
		run = o.h.s.DB.Write
	}
	var saw seen
	err := run(ctx, func(tx *database.Tx) error {
		saw = seen{}
		b := &database.Batch{}
		if beats {
			o.h.s.Inbox.BeatTo(b, o.h.s.Node, o.h.s.Version, tx.Now(), &saw.live)
		}
		for _, h := range untold {
			o.h.s.Inbox.HoldTo(b, h, tx.Now())
		}
		o.h.s.Inbox.HoldsTo(b, tx.Now(), &saw.holds)
		o.h.s.Inbox.DueTo(b, tx.Now(), lookLimit, &saw.due)
		return tx.Run(ctx, b)
	})
	if err != nil {
		o.retell(untold)
		return err
	}
	if beats {
		o.beat = now
	}
	o.saw(saw)
	if now.Sub(o.tidied) < expireEvery {
		return nil
	}
	o.tidied = now
	return o.expire(ctx)
}

func (o *outbox) beatEvery() time.Duration {
	if o.h.s.DB.Engine() == database.Postgres {
		return beatEvery - beatEvery/10 // each look, though one comes a little early
	}
	return liteBeat
}

// untold are the holds of senders that other nodes have not been told of.
func (o *outbox) untold() (all []inbox.Hold) {
	for name, w := range o.ways {
		for _, h := range w.untold() {
			h.Channel = name
			all = append(all, h)
		}
	}
	return all
}

// retell keeps what could not be told for the next look.
func (o *outbox) retell(all []inbox.Hold) {
	for _, h := range all {
		o.ways[h.Channel].retell(h.Sender)
	}
}

// saw heeds what a look saw.
func (o *outbox) saw(s seen) {
	m := o.h.s.Metrics
	if s.live > 0 {
		m.Live.Set(float64(s.live))
	}
	m.Quiet.Reset()
	for _, h := range s.holds {
		if w := o.ways[h.Channel]; w != nil {
			w.of(h.Sender).obey(h)
			m.Quiet.WithLabelValues(string(h.Channel), string(h.Why)).Inc()
		}
	}
	for _, d := range s.due {
		if w := o.ways[d.Channel]; w != nil && o.h.s.Channels[d.Channel] != nil {
			w.of(d.Sender).queue(d.Conversation, d.Urgency)
		}
	}
	for name, w := range o.ways {
		w.share(s.live)
		m.Waiting.WithLabelValues(string(name)).Set(float64(w.waiting()))
		w.next()
	}
}

// expire gives up what stood in line past its time.
func (o *outbox) expire(ctx context.Context) error {
	n := 0
	ended := func(name channels.Name, why string) {
		n++
		o.ended(name, why)
	}
	err := o.h.s.DB.Write(ctx, func(tx *database.Tx) error { return o.h.s.Inbox.Expire(ctx, tx, expireLimit, ended) })
	if n > 0 {
		o.h.s.Log.Warn("messages given up: their sender could not send in time", "count", n)
		o.h.feedWake()
	}
	return err
}

// gone takes this node's part in the rates away, for the others to have at once.
func (o *outbox) gone(ctx context.Context) {
	err := o.h.s.DB.Write(ctx, func(tx *database.Tx) error {
		b := &database.Batch{}
		o.h.s.Inbox.GoneTo(b, o.h.s.Node, tx.Now())
		return tx.Run(ctx, b)
	})
	if err != nil {
		o.h.s.Log.Warn("outbox: could not take leave", "error", err)
	}
}
