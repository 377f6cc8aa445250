package concierge

import (
	"context"
	"fmt"
	"time"

	"concierge/cases"
	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
)

// step does one thing; what there is nothing for does nothing.
func (w *simWorld) step(s simStep) {
	r := w.people[s.A%len(w.people)]
	n := w.nodes[s.B%len(w.nodes)]
	switch s.Op {
	case simWrite:
		w.bring(r, n, r.writes(w, channels.KindText, ""), s.C)
	case simReport:
		w.bring(r, n, r.writes(w, channels.KindText, fmt.Sprintf("file w%d", len(w.written)+1)), s.C)
	case simStop:
		w.stops(r, n, s.C)
	case simDeliver:
		w.again(r, n, s.C)
	case simAnswerOp:
		if all := append(w.twilio.waiting(), w.telegram.waiting()...); len(all) > 0 {
			all[s.A%len(all)].verdict <- simAnswer((s.B + 12*s.C) % int(simAnswers))
		}
	case simTell:
		if all := w.twilio.sorted(); len(all) > 0 {
			t := all[len(all)-1-s.A%len(all)]
			if len(t.tell) > 0 {
				w.tell(t, s.C%len(t.tell), n, 1+s.C%3/2)
			}
		}
	case simPass:
		w.settle(false) // no node leaves a result lying for long
		time.Sleep(simPauses[s.A%len(simPauses)])
	case simLook:
		n.look()
	case simWork:
		if all := w.jobs(); len(all) > 0 {
			w.workJob(n, all[s.A%len(all)], 1+s.C%2)
		}
	case simAgent:
		w.staff(r, n, s.C)
	case simMove:
		w.move(n, s.A, s.C)
	case simKill:
		n.mu.Lock()
		n.fuse = []int{1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 17, 25}[s.C%12]
		n.mu.Unlock()
	case simStart:
		n := w.nodes[s.A%len(w.nodes)]
		if !n.isDead() {
			n.die()
		}
		w.start(n.no)
	case simLeave:
		w.leave(s)
	case simBackOp:
		w.comeBack()
	case simSlow:
		w.count("slow transaction")
		n.mu.Lock()
		n.troubled = true
		n.slow = []time.Duration{413 * time.Millisecond, 2509 * time.Millisecond, 5011 * time.Millisecond, 12007 * time.Millisecond}[s.C%4]
		n.mu.Unlock()
	case simSweep:
		w.sweep(n)
	}
}

// bring delivers what was written: at once, to two nodes at once, or not yet.
func (w *simWorld) bring(r *simResident, n *simNode, m *simIn, how int) {
	if r.channel == channels.Telegram {
		if m = r.next(); m == nil || m.flying > 0 {
			return
		}
	}
	switch {
	case how < 8:
		w.deliver(m, n)
	case how < 10:
		w.count("duplicate at once")
		w.deliver(m, n)
		w.deliver(m, w.nodes[(n.no+1)%len(w.nodes)])
	default:
		w.count("late or lost webhook")
		m.late = true
	}
}

// bringRest brings what waits in a chat's line, one behind the other. What was refused before comes again only at the end, or when a
// step says so.
func (w *simWorld) bringRest(r *simResident, n *simNode, again bool) {
	for r.channel == channels.Telegram {
		m := r.next()
		if m == nil || m.flying > 0 || !again && (m.begun > 0 || m.late) {
			return
		}
		w.deliver(m, n)
		if m.acked == 0 {
			return
		}
	}
}

// again delivers something of theirs that was late, or was delivered before.
func (w *simWorld) again(r *simResident, n *simNode, which int) {
	if len(r.sent) == 0 {
		return
	}
	m := r.sent[len(r.sent)-1-which%len(r.sent)]
	if next := r.next(); r.channel == channels.Telegram && m.acked == 0 {
		m = next
	}
	if m.begun > 0 {
		w.count("duplicate later")
	}
	w.deliver(m, n)
}

func (w *simWorld) stops(r *simResident, n *simNode, how int) {
	kind, text := channels.KindOptOut, "STOP"
	if how >= 6 {
		kind, text = channels.KindOptIn, "START"
	}
	if r.channel == channels.SMS {
		r.stopped = kind == channels.KindOptOut
	} else {
		kind = channels.KindText
	}
	w.bring(r, n, r.writes(w, kind, text), how%6)
}

// tell makes a callback, so often.
func (w *simWorld) tell(t *simTaken, which int, n *simNode, times int) {
	status := t.tell[which]
	t.tell = append(append([]channels.Status(nil), t.tell[:which]...), t.tell[which+1:]...)
	o := t.call.out
	for range times {
		w.note("callback to %s: %s of %s attempt %d", n.name, status, o.ID, o.Attempt)
		n.do(func() {
			err := n.host.Receipt(context.Background(), channels.Receipt{Channel: channels.SMS, Message: o.ID, Attempt: o.Attempt, Handle: t.handle, Status: status})
			after()
			if err == nil && !n.isDead() && status.Rank() > t.told.Rank() {
				t.told = status
			}
		})
	}
}

// leave takes the database away, from one node or from all.
func (w *simWorld) leave(s simStep) {
	how := simAway(1 + s.C%2)
	for i, n := range w.nodes {
		if s.A < 6 || i == s.B%len(w.nodes) {
			n.mu.Lock()
			n.away, n.lost, n.troubled = how, s.C >= 6, true
			n.mu.Unlock()
		}
	}
	w.count("database away")
}

func (w *simWorld) comeBack() {
	for _, n := range w.nodes {
		n.mu.Lock()
		n.away, n.lost = simHere, false
		n.mu.Unlock()
	}
	close(w.back)
	w.back = make(chan struct{})
}

// sweep looks through the provider's list, one at a time on a node: a second would wait for a mutex, and stop the bubble's clock.
func (w *simWorld) sweep(n *simNode) {
	if n.sweeping {
		return
	}
	n.sweeping = true
	n.do(func() {
		defer func() { n.sweeping = false }()
		err := n.host.sweeper.run(n.ctx)
		after()
		w.note("%s sweeps: %v", n.name, err)
	})
}

// simStretch is the time a person has a conversation.
type simStretch struct {
	begun       int
	sure        time.Time // zero when nobody knows whether it was taken over
	maybe, done int       // maybe: an end was tried
}

var simAsha = inbox.Actor{ID: "asha", Name: "Asha", All: true, Sensitive: true, Supervises: true}

// staff takes a conversation over, replies, or gives it back.
func (w *simWorld) staff(r *simResident, n *simNode, what int) {
	rows := w.read(`SELECT c.id, c.version, c.owner FROM conversations c JOIN addresses a ON a.id = c.address_id WHERE a.kind = $1 ORDER BY c.id`, string(r.channel))
	id := ""
	for _, row := range rows {
		if w.conversationOf(row[0]) == r {
			id = row[0]
		}
	}
	if id == "" || n.isDead() {
		return
	}
	var version int64
	deed := func(f func(ctx context.Context, tx *database.Tx) error) error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		defer after()
		return n.db.Write(ctx, func(tx *database.Tx) error {
			if err := tx.QueryRow(ctx, `SELECT version FROM conversations WHERE id = $1`, id).Scan(&version); err != nil {
				return err
			}
			return f(ctx, tx)
		})
	}
	begun := w.tick()
	form := inbox.ReplyForm{ID: fmt.Sprint("form", begun), Text: fmt.Sprint("agent ", begun), Anyway: true}
	n.do(func() {
		switch what % 3 {
		case 0:
			s := &simStretch{begun: begun}
			r.stretches = append(r.stretches, s)
			err := deed(func(ctx context.Context, tx *database.Tx) error {
				return n.handoffs.TakeOver(ctx, tx, simAsha, id, version)
			})
			if err == nil {
				s.sure = time.Now()
			}
			w.note("asha takes %s over by %s: %v", r.address, n.name, err)
		case 1:
			err := deed(func(ctx context.Context, tx *database.Tx) error { return n.handoffs.Reply(ctx, tx, simAsha, id, form) })
			w.note("asha replies to %s by %s: %v", r.address, n.name, err)
		case 2:
			for _, s := range r.stretches {
				if s.maybe == 0 {
					s.maybe = begun
				}
			}
			err := deed(func(ctx context.Context, tx *database.Tx) error {
				return n.handoffs.Return(ctx, tx, simAsha, id, version, inbox.AsResume, "")
			})
			if err == nil {
				for _, s := range r.stretches {
					if s.done == 0 {
						s.done = w.tick()
					}
				}
			}
			w.note("asha gives %s back by %s: %v", r.address, n.name, err)
		}
	})
}

// conversationOf finds whose conversation it is by what they wrote.
func (w *simWorld) conversationOf(id string) *simResident {
	for _, row := range w.read(`SELECT handle FROM messages WHERE conversation_id = $1 AND inbound LIMIT 1`, id) {
		for _, m := range w.written {
			if string(m.msg.Handle) == row[0] {
				return m.r
			}
		}
	}
	return nil
}

// simMoved is one change of a case.
type simMoved struct {
	ref   string
	state string
	sure  bool
}

// move changes the status of a case.
func (w *simWorld) move(n *simNode, which, to int) {
	all := w.read(`SELECT reference FROM cases ORDER BY description`)
	if len(all) == 0 || n.isDead() {
		return
	}
	m := &simMoved{ref: all[which%len(all)][0], state: string([]cases.Status{cases.Investigating, cases.InProgress, cases.Planned}[to%3])}
	w.moves = append(w.moves, m)
	n.do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err := n.db.Write(ctx, func(tx *database.Tx) error {
			_, err := n.cases.Change(ctx, tx, cases.Reference(m.ref), 0, cases.Move{To: cases.Status(m.state)}, cases.Actor{Kind: cases.Staff, ID: "asha"})
			return err
		})
		after()
		m.sure = err == nil
		w.note("case is %s by %s: %v", m.state, n.name, err)
	})
}
