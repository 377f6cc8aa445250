package concierge

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// beside is a second node on the same database, with the same provider.
func beside(o *house, name string) *house {
	n := assemble(o.t, o.db, name)
	n.h.SetEngine(script(echo))
	n.sms, n.wa, n.tg = o.sms, o.wa, o.tg
	for name, ch := range o.h.s.Channels {
		n.h.s.Channels[name] = ch
	}
	return n
}

// Two nodes, both told of everything, send a conversation's messages once and in order, while the resident writes to both and receipts
// come to both, some of them failures before the send's own answer.
func TestTwoNodesDrainOneConversation(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		a := assemble(t, db, "a")
		a.h.SetEngine(script(echo))
		b := beside(a, "b")
		racing := &racing{Recorder: a.sms, nodes: []*Host{a.h, b.h}}
		a.h.s.Channels[channels.SMS], b.h.s.Channels[channels.SMS] = racing, racing
		for _, n := range []*house{a, b} {
			n.start()
			t.Cleanup(n.stop)
		}
		a.receive(text(phone, "hi"))
		a.hears(a.sms, phone, "you said hi", "privacy.first")
		id := a.one(`SELECT id FROM conversations`)
		var all sync.WaitGroup
		for i := range 40 {
			a.write(phone, inbox.Agent, fmt.Sprint("line ", i))
			all.Go(func() {
				for range 3 {
					a.h.Wake(id)
					b.h.Wake(id)
				}
			})
		}
		all.Wait()
		a.eventually(0, `SELECT COUNT(*) FROM messages WHERE status IN ('queued', 'sending')`)
		got := a.sms.Texts(phone)[2:]
		want := make([]string, 40)
		for i := range want {
			want[i] = fmt.Sprint("line ", i)
		}
		if !slices.Equal(got, want) {
			t.Errorf("the phone reads %q", got)
		}
		if n := a.count(`SELECT COUNT(*) FROM attempts`); n != 42 {
			t.Errorf("%d attempts at 42 messages", n)
		}
		if n := a.count(`SELECT COUNT(*) FROM messages WHERE status = 'failed' AND reason = 'unreachable'`); n != 8 {
			t.Errorf("%d failed by callback, want 8", n)
		}
		a.eventually(0, `SELECT COUNT(*) FROM conversations WHERE lease_until IS NOT NULL`)
	})
}

// racing tells of each send before it has answered, to one node after the other; of each fifth line that it failed.
type racing struct {
	*channeltest.Recorder
	nodes []*Host
	mu    sync.Mutex
	n     int
}

func (r *racing) Send(ctx context.Context, o channels.Outgoing) (channels.Handle, error) {
	h, err := r.Recorder.Send(ctx, o)
	r.mu.Lock()
	r.n++
	n := r.n
	r.mu.Unlock()
	receipt := channels.Receipt{Channel: channels.SMS, Message: o.ID, Attempt: o.Attempt, Handle: h, Status: channels.Sent}
	var line int
	if _, bad := fmt.Sscanf(o.Text, "line %d", &line); bad == nil && line%5 == 0 {
		receipt.Status, receipt.Reason, receipt.Code = channels.Failed, "unreachable", "30005"
	}
	if err := r.nodes[n%2].Receipt(ctx, receipt); err != nil {
		return "", &channels.SendError{Class: channels.Uncertain}
	}
	return h, err
}

// The sender's rate is shared by the nodes that live: one that stops gives its part back at once, one that is killed in seconds. Each is on
// the desk's list meanwhile.
func TestTheRateIsSharedByLiveNodes(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		a := assemble(t, db, "a")
		b, killed := beside(a, "b"), beside(a, "killed")
		live := func(n *house, want int) {
			t.Helper()
			n.h.out.beat = time.Time{}
			if err := n.h.out.lookOnce(n.ctx); err != nil {
				t.Fatal(err)
			}
			for name, w := range n.h.out.ways {
				w.mu.Lock()
				if w.live != want {
					t.Errorf("%s shares %s with %d nodes, want %d", n.h.s.Node, name, w.live, want)
				}
				w.mu.Unlock()
			}
		}
		live(a, 1)
		live(b, 2)
		live(killed, 3)
		live(a, 3)
		b.stop()
		live(a, 2)
		a.exec(`UPDATE nodes SET renewed_at = $1 WHERE id = 'killed'`, time.Now().UTC().Add(-6*time.Second))
		live(a, 1)
		if n := a.count(`SELECT COUNT(*) FROM nodes WHERE id IN ('a', 'killed')`); n != 2 {
			t.Errorf("%d nodes on the list", n)
		}
		a.exec(`UPDATE nodes SET renewed_at = $1 WHERE id = 'killed'`, time.Now().UTC().Add(time.Hour)) // a clock was set back
		live(a, 1)
	})
}

// What a provider told one node binds the sender on all, within their next look, and after a restart.
func TestAllNodesHeedAHold(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		a := open(t, db, script(echo))
		for _, from := range []string{phone, "telegram:1"} {
			a.receive(text(from, "hi"))
		}
		a.hears(a.sms, phone, "you said hi", "privacy.first")
		a.hears(a.tg, "telegram:1", "you said hi", "privacy.first")
		a.eventually(4, `SELECT COUNT(*) FROM messages WHERE status = 'sent'`)
		a.sms.Fail(&channels.SendError{Class: channels.Throttled, Code: "20429", After: 10 * time.Minute})
		a.receive(text(phone, "one"))
		a.eventually(1, `SELECT COUNT(*) FROM senders WHERE channel = 'sms' AND why = 'throttled' AND code = '20429'`)
		b := beside(a, "b")
		if err := b.h.out.lookOnce(b.ctx); err != nil {
			t.Fatal(err)
		}
		b.start()
		t.Cleanup(b.stop)
		other := "sms:+447700900155"
		b.receive(text(other, "two"))
		b.receive(text("telegram:1", "three"))
		b.hears(b.tg, "telegram:1", "you said hi", "privacy.first", "you said three")
		b.is("you said two", "queued ")
		if n := b.count(`SELECT COUNT(*) FROM attempts a JOIN messages m ON m.id = a.message_id WHERE m.body = 'you said two'`); n != 0 {
			t.Error("a held sender was tried")
		}
		b.exec(`UPDATE senders SET held_until = $1`, time.Now().UTC().Add(48*time.Hour)) // no provider says so: a clock was set back
		c := beside(a, "c")
		if err := c.h.out.lookOnce(c.ctx); err != nil {
			t.Fatal(err)
		}
		c.start()
		t.Cleanup(c.stop)
		c.receive(text(other, "four"))
		c.hears(c.sms, other, "you said two", "privacy.first", "you said four")
	})
}

// A failure by callback writes to its conversation, and whoever holds the conversation may want the message's row: neither waits for the
// other in a ring.
func TestAFailureByCallbackWaitsForTheConversation(t *testing.T) {
	t.Parallel()
	o := silent(t, databasetest.Open(t, database.Postgres, nil))
	o.h.out.sealed = true
	o.exec(`UPDATE messages SET kind = 'update' WHERE body = 'words'`)
	m := o.mark("node-1")
	done := make(chan error, 1)
	err := o.db.Write(o.ctx, func(tx *database.Tx) error {
		if _, err := o.in.Lock(o.ctx, tx, m.Conversation); err != nil {
			return err
		}
		go func() {
			done <- o.h.Receipt(o.ctx, channels.Receipt{Channel: channels.SMS, Message: m.Out.ID, Attempt: 1, Handle: "SM1", Status: channels.Failed,
				Reason: string(channels.Unreachable), Code: "30003"})
		}()
		for n := 0; n == 0; { // it waits for our lock
			err := o.db.Read(o.ctx, func(tx *database.Tx) error {
				return tx.QueryRow(o.ctx, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n)
			})
			if err != nil {
				return err
			}
		}
		b := &database.Batch{}
		b.Exec(`SET LOCAL lock_timeout = '5s'`)
		b.Exec(`UPDATE messages SET code = '' WHERE id = $1`, m.Out.ID)
		return tx.Run(o.ctx, b)
	})
	if err != nil {
		t.Errorf("who held the conversation: %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("the callback: %v", err)
	}
	o.is("words", "failed unreachable")
}
