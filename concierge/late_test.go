package concierge

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// mark marks the next message of the only conversation, as a node does that then falls silent.
func (o *house) mark(node string) (m *inbox.Marked) {
	o.t.Helper()
	o.conversation(func(tx *database.Tx, c *inbox.Conversation) (err error) {
		m, err = o.in.Mark(o.ctx, tx, c, inbox.Rules{Node: node})
		return err
	})
	return m
}

// settle stores results as the outbox does, and marks nothing behind them.
func (o *house) settle(node string, all ...inbox.Result) {
	o.t.Helper()
	shut := inbox.Rules{Node: node, Enter: func(*inbox.Conversation, inbox.Kind) bool { return false }}
	err := o.db.Write(o.ctx, func(tx *database.Tx) error {
		_, _, _, err := o.in.Settle(o.ctx, tx, all, shut)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func took(m *inbox.Marked, h channels.Handle) inbox.Result { return inbox.Result{Marked: m, Handle: h} }

func refused(m *inbox.Marked, class channels.Class) inbox.Result {
	return inbox.Result{Marked: m, Err: &channels.SendError{Class: class}}
}

// silent is a host that sends nothing by itself, and one message that waits.
func silent(t *testing.T, db *database.DB) *house {
	o := assemble(t, db, "node-1")
	o.h.SetEngine(script(echo))
	o.h.out.sealed = true
	o.receive(text(phone, "hi"))
	o.exec(`UPDATE messages SET status = 'sent', rank = 2 WHERE NOT inbound`)
	o.exec(`UPDATE conversations SET lease_until = NULL, lease_node = NULL`)
	o.write(phone, inbox.Agent, "words")
	return o
}

func (o *house) passes(d time.Duration) {
	o.exec(`UPDATE conversations SET lease_until = $1`, time.Now().UTC().Add(-time.Second))
	o.exec(`UPDATE messages SET due_at = $1 WHERE status IN ('queued', 'sending')`, time.Now().UTC().Add(-time.Second))
	o.exec(`UPDATE attempts SET at = $1`, time.Now().UTC().Add(-d))
}

// A result is stored by its attempt, whenever it comes: a late truth is true. A failure of an attempt that another has followed changes
// nothing.
func TestALateTruthIsTrue(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := silent(t, db)
		first := o.mark("a")
		o.passes(time.Minute)
		second := o.mark("b")
		if first == nil || second == nil || second.Out.Attempt != 2 || second.Out.ID != first.Out.ID {
			t.Fatalf("marked %+v, then %+v", first, second)
		}
		late := refused(first, channels.Refused)
		o.settle("a", late)
		o.is("words", "sending ")
		if n := o.count(`SELECT COUNT(*) FROM conversations WHERE lease_node = 'b' AND lease_until > $1`, time.Now().UTC()); n != 1 {
			t.Error("a late result freed another node's lease")
		}
		late = refused(first, channels.Retry)
		o.settle("a", late)
		o.is("words", "sending ")
		o.settle("a", took(first, "SM1"))
		o.is("words", "sent ")
		o.settle("b", refused(second, channels.Uncertain))
		o.is("words", "sent ")
		if got := o.one(`SELECT handle FROM messages WHERE body = 'words'`); got != "SM1" {
			t.Errorf("its handle is %s", got)
		}
	})
}

// A second copy proven late is counted, whoever brings the proof, and once for each proof.
func TestSecondCopiesAreCounted(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		for name, prove := range map[string]func(o *house, first, second *inbox.Marked){
			"by both answers": func(o *house, first, second *inbox.Marked) {
				o.h.out.finished.put(took(second, "SM2"))
				o.h.out.store()
				o.h.out.finished.put(took(first, "SM1"))
				o.h.out.store()
			},
			"by a callback after the answer": func(o *house, first, second *inbox.Marked) {
				o.h.out.finished.put(took(second, "SM2"))
				o.h.out.store()
				for range 2 {
					o.tell(channels.Receipt{Channel: channels.SMS, Message: first.Out.ID, Attempt: 1, Handle: "SM1", Status: channels.Delivered})
				}
			},
			"by an answer after the callback": func(o *house, first, second *inbox.Marked) {
				o.tell(channels.Receipt{Channel: channels.SMS, Message: first.Out.ID, Attempt: 1, Handle: "SM1", Status: channels.Delivered})
				o.h.out.finished.put(took(second, "SM2"))
				o.h.out.store()
			},
		} {
			t.Run(name, func(t *testing.T) {
				o := silent(t, databasetest.Open(t, db.Engine(), nil))
				first := o.mark("node-1")
				o.passes(time.Minute)
				first.At = first.At.Add(-time.Minute)
				second := o.mark("node-1")
				prove(o, first, second)
				if n := testutil.ToFloat64(o.h.s.Metrics.Seconds.WithLabelValues("sms")); n != 1 {
					t.Errorf("%v second copies counted", n)
				}
			})
		}
	})
}

func (o *house) tell(r channels.Receipt) {
	o.t.Helper()
	if err := o.h.Receipt(o.ctx, r); err != nil {
		o.t.Fatal(err)
	}
}

// The callback may come before the call returns and then sets the id; an answer that says another is ignored and counted.
func TestAnIdThatContradicts(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := silent(t, db)
		m := o.mark("node-1")
		o.tell(channels.Receipt{Channel: channels.SMS, Message: m.Out.ID, Attempt: 1, Handle: "SM1", Status: channels.Queued})
		o.is("words", "sent ")
		o.h.out.finished.put(took(m, "SM2"))
		o.h.out.store()
		o.tell(channels.Receipt{Channel: channels.SMS, Message: m.Out.ID, Attempt: 1, Handle: "SM3", Status: channels.Read})
		o.is("words", "sent ")
		for _, table := range []string{"messages WHERE body = 'words'", "attempts WHERE n = 1 AND message_id IN (SELECT id FROM messages WHERE body = 'words')"} {
			if got := o.one(`SELECT handle FROM ` + table); got != "SM1" {
				t.Errorf("%s: the handle is %s", table, got)
			}
		}
		if n := testutil.ToFloat64(o.h.s.Metrics.Receipts.WithLabelValues("sms", string(inbox.Contradicts))); n != 2 {
			t.Errorf("%v contradictions counted", n)
		}
		if n := testutil.ToFloat64(o.h.s.Metrics.Seconds.WithLabelValues("sms")); n != 0 {
			t.Errorf("%v second copies counted", n)
		}
	})
}

// Of three sends whose fate nobody knows the third is the last; those surely not made before are none of them.
func TestOnlyDoubtsCount(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := silent(t, db)
		for range 4 {
			m := o.mark("node-1")
			o.settle("node-1", refused(m, channels.Retry))
			o.passes(time.Minute)
		}
		for n := range 3 {
			m := o.mark("node-1")
			if m == nil || m.Out.Attempt != 5+n {
				t.Fatalf("doubt %d: marked %+v", n, m)
			}
			o.settle("node-1", refused(m, channels.Uncertain))
			o.passes(time.Minute)
		}
		if m := o.mark("node-1"); m != nil {
			t.Fatalf("sent a fourth time: %+v", m)
		}
		o.is("words", "failed unknown")
	})
}

// What is in doubt when a person takes over is not said again behind their words: it may have arrived, which staff see.
func TestADoubtIsNotRepeatedBehindAPersonsBack(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := silent(t, db)
		o.exec(`UPDATE messages SET status = 'failed', rank = 3 WHERE body = 'words'`)
		o.write(phone, inbox.Reply, "the bot's")
		o.settle("node-1", refused(o.mark("node-1"), channels.Uncertain))
		o.passes(time.Minute)
		o.conversation(func(tx *database.Tx, c *inbox.Conversation) error {
			c.Epoch++
			return o.in.Save(o.ctx, tx, c)
		})
		if m := o.mark("node-1"); m != nil {
			t.Fatalf("said again: %+v", m)
		}
		o.is("the bot's", "failed unknown")
	})
}

// Two results of one conversation, one of them late, mark its next message once.
func TestTwoResultsOfOneConversation(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := silent(t, db)
		o.write(phone, inbox.Agent, "more")
		first := o.mark("node-1")
		o.passes(time.Minute)
		second := o.mark("node-1")
		var next []*inbox.Marked
		err := db.Write(o.ctx, func(tx *database.Tx) (err error) {
			next, _, _, err = o.in.Settle(o.ctx, tx, []inbox.Result{took(first, "SM1"), took(second, "SM2")}, inbox.Rules{Node: "node-1"})
			return err
		})
		if err != nil || len(next) != 1 || next[0].Out.Text != "more" {
			t.Fatalf("marked %d: %v", len(next), err)
		}
	})
}

// A mark whose commit nobody heard is taken back when it is on disk, and nothing is touched when it is not, or when the message has been
// marked by somebody else since.
func TestAMarkWhoseCommitNobodyHeard(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := silent(t, db)
		m := o.mark("node-1")
		disown := func(m *inbox.Marked, node string) (undone bool) {
			err := db.Write(o.ctx, func(tx *database.Tx) (err error) {
				undone, err = o.in.Disown(o.ctx, tx, m, node)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return undone
		}
		never := *m
		never.At = m.At.Add(-time.Millisecond) // the same attempt, marked a moment before by a transaction that was rolled back
		for name, undone := range map[string]bool{"another node's": disown(m, "node-2"), "one rolled back": disown(&never, "node-1")} {
			if undone {
				t.Errorf("%s was taken back", name)
			}
		}
		o.is("words", "sending ")
		if n := o.count(`SELECT COUNT(*) FROM conversations WHERE lease_node = 'node-1'`); n != 1 {
			t.Error("the lease is gone")
		}
		if !disown(m, "node-1") || disown(m, "node-1") {
			t.Error("it was not taken back once")
		}
		o.is("words", "queued ")
		if m := o.mark("node-2"); m == nil || m.Out.Attempt != 2 {
			t.Errorf("then marked %+v", m)
		}
		sent := o.count(`SELECT COUNT(*) FROM messages WHERE status = 'sending'`)
		if disown(m, "node-1"); sent != 1 || o.count(`SELECT COUNT(*) FROM messages WHERE status = 'sending'`) != 1 {
			t.Error("another's send was taken back")
		}
	})
}

// The outbox takes such a mark back by itself, and sends what it marked at once instead of after a minute's doubt.
func TestAnUnheardMarkIsSentAtOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := silent(t, db)
		o.h.out.unheard([]*inbox.Marked{o.mark("node-1")})
		o.h.out.storers.Wait()
		o.is("words", "queued ")
		o.h.out.sealed = false
		o.h.out.lookers.Go(o.h.out.drain)
		o.hears(o.sms, phone, "words")
		o.h.out.lookDone()
		o.h.out.lookers.Wait()
	})
}
