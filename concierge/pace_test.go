package concierge

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// A person is sent no more than their pace allows, over all nodes; what has to wait is sent when its time comes.
func TestAPersonsPace(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		o.h.SetEngine(script(echo))
		o.h.s.Each = map[channels.Name]time.Duration{channels.Telegram: time.Hour}
		o.start()
		t.Cleanup(o.stop)
		b := beside(o, "node-2")
		b.h.s.Each = o.h.s.Each
		b.start()
		t.Cleanup(b.stop)
		o.receive(text("telegram:1", "one"))
		o.hears(o.tg, "telegram:1", "you said one", "privacy.first")
		b.receive(text("telegram:1", "two"))
		o.hears(o.tg, "telegram:1", "you said one", "privacy.first", "you said two")
		b.receive(text("telegram:1", "three")) // three at once are a burst
		o.receive(text("telegram:2", "four"))  // another person has a pace of their own
		o.hears(o.tg, "telegram:2", "you said four", "privacy.first")
		for _, n := range []*house{o, b} {
			if err := n.h.out.lookOnce(o.ctx); err != nil {
				t.Fatal(err)
			}
		}
		o.is("you said three", "queued ")
		o.exec(`UPDATE conversations SET paced_at = $1`, time.Now().UTC().Add(2*time.Hour)) // an hour later
		o.hears(o.tg, "telegram:1", "you said one", "privacy.first", "you said two", "you said three")
	})
}

// What its sender could not send in time is shown as failed, though nobody looks at it while the sender is held.
func TestWhatIsPastItsTimeIsGivenUp(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := silent(t, db)
		for _, k := range []inbox.Kind{inbox.Safety, inbox.Reply, inbox.Agent, inbox.Update} {
			o.write(phone, k, string(k))
		}
		for kind, want := range map[inbox.Kind]time.Duration{inbox.Safety: time.Hour, inbox.Reply: time.Hour, inbox.Agent: 24 * time.Hour, inbox.Update: 24 * time.Hour} {
			var from, to time.Time
			if err := db.Read(o.ctx, func(tx *database.Tx) error {
				return tx.QueryRow(o.ctx, `SELECT due_at, expires_at FROM messages WHERE body = $1`, string(kind)).Scan(&from, &to)
			}); err != nil || to.Sub(from) != want {
				t.Errorf("%s is given up after %v, want %v: %v", kind, to.Sub(from), want, err)
			}
		}
		o.exec(`UPDATE messages SET expires_at = $1 WHERE body IN ('reply', 'words')`, time.Now().UTC().Add(-time.Second))
		o.h.out.ways[channels.SMS].of("sms:+447700900000").hear(&channels.SendError{Class: channels.Configuration})
		if err := o.h.out.lookOnce(o.ctx); err != nil {
			t.Fatal(err)
		}
		o.is("reply", "failed expired")
		o.is("words", "failed expired")
		if n := testutil.ToFloat64(o.h.s.Metrics.NotSent.WithLabelValues("sms", "expired")); n != 2 {
			t.Errorf("%v counted as not sent, want 2", n)
		}
		if n := o.count(`SELECT COUNT(*) FROM feed WHERE kind = $1`, int(inbox.FeedDelivery)); n != 1 {
			t.Errorf("live pages were told %d times, want once", n)
		}
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE status = 'queued'`); n != 3 {
			t.Errorf("%d wait, want 3", n)
		}
	})
}

// A burst of news does not delay a resident's answer, nor what stands before it in their own conversation.
func TestABurstOfNewsDelaysNoAnswer(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		o.h.SetEngine(script(echo))
		o.h.s.Council.Channels.QuietHours.To = o.h.s.Council.Channels.QuietHours.From
		o.h.out.ways[channels.SMS] = newWay(1000, time.Now, o.h.out.admitted)
		o.start()
		t.Cleanup(o.stop)
		const many = 100
		from := func(n int) string { return fmt.Sprintf("sms:+447700900%03d", n) }
		for n := range many {
			o.receive(text(from(n), "hi"))
		}
		o.eventually(2*many, `SELECT COUNT(*) FROM messages WHERE status = 'sent'`)
		w := o.h.out.ways[channels.SMS]
		w.mu.Lock()
		w.rate = 4 // and now it is slow
		w.mu.Unlock()
		for n := range many {
			o.write(from(n), inbox.Update, "news")
		}
		before := len(o.sms.Sent())
		o.receive(text(from(many-1), "hello")) // behind the last of the news
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'sent' AND body = 'you said hello'`)
		all := o.sms.Sent()
		place := slices.IndexFunc(all, func(m channels.Outgoing) bool { return m.Text == "you said hello" })
		if ahead := place - before; ahead > 6 {
			t.Errorf("%d messages went before the answer", ahead)
		}
		if got := o.sms.Texts(channels.Address(from(many - 1))); fmt.Sprint(got) != "[you said hi privacy.first news you said hello]" {
			t.Errorf("they read %q", got)
		}
	})
}

// An outage of the provider: hardly anything is tried meanwhile, and all goes out once it is back, once and in each conversation's order,
// never more at a time than there are places.
func TestManyWaitForAProviderThatIsAway(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		o.h.SetEngine(script(echo))
		p := &away{Recorder: o.sms}
		o.h.s.Channels[channels.SMS] = p
		now := time.Now()
		var mu sync.Mutex
		o.h.s.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
		o.h.out = newOutbox(o.h)
		o.start()
		t.Cleanup(o.stop)
		p.gone.Store(true)
		const many = 300
		for n := range many {
			o.receive(text(fmt.Sprintf("sms:+447700900%03d", n), "hi"))
		}
		o.eventually(1, `SELECT CASE WHEN COUNT(*) >= 10 THEN 1 ELSE 0 END FROM attempts WHERE result = 'retry'`)
		w := o.h.out.ways[channels.SMS]
		for range 20 { // five minutes, in which it is tried once in a while
			mu.Lock()
			now = now.Add(breakFor)
			mu.Unlock()
			o.exec(`UPDATE messages SET due_at = $1 WHERE status = 'queued' AND reason = '' AND attempt > 0`, time.Now().UTC().Add(-time.Second))
			if err := o.h.out.lookOnce(o.ctx); err != nil {
				t.Fatal(err)
			}
			o.eventually(0, `SELECT COUNT(*) FROM messages WHERE status = 'sending'`)
		}
		if tried := int(p.tried.Load()); tried < breakAfter || tried > slots+breakAfter+40 {
			t.Errorf("%d sends were tried while nobody was there", tried)
		}
		p.gone.Store(false)
		deadline := time.Now().Add(30 * time.Second)
		for o.count(`SELECT COUNT(*) FROM messages WHERE status = 'queued'`) > 0 && time.Now().Before(deadline) {
			mu.Lock()
			now = now.Add(breakFor)
			mu.Unlock()
			o.exec(`UPDATE messages SET due_at = $1 WHERE status = 'queued'`, time.Now().UTC().Add(-time.Second))
			if err := o.h.out.lookOnce(o.ctx); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		o.eventually(2*many, `SELECT COUNT(*) FROM messages WHERE status = 'sent'`)
		for n := range many {
			if got := o.sms.Texts(channels.Address(fmt.Sprintf("sms:+447700900%03d", n))); fmt.Sprint(got) != "[you said hi privacy.first]" {
				t.Errorf("%d reads %q", n, got)
			}
		}
		if most := p.most.Load(); most > slots {
			t.Errorf("%d at once", most)
		}
		if n := w.waiting(); n != 0 {
			t.Errorf("%d still stand in line", n)
		}
	})
}

// away is a provider that cannot be reached for a while.
type away struct {
	*channeltest.Recorder
	gone         atomic.Bool
	tried        atomic.Int64
	inHand, most atomic.Int64
}

func (p *away) Send(ctx context.Context, o channels.Outgoing) (channels.Handle, error) {
	n := p.inHand.Add(1)
	defer p.inHand.Add(-1)
	for m := p.most.Load(); n > m && !p.most.CompareAndSwap(m, n); m = p.most.Load() {
	}
	if p.gone.Load() {
		p.tried.Add(1)
		return "", &channels.SendError{Class: channels.Retry, Code: "connection"}
	}
	return p.Recorder.Send(ctx, o)
}

// A question that is not asked after all gives back its place, and no send beside it.
func TestAQuestionNotAskedIsNoSend(t *testing.T) {
	t.Parallel()
	o := assemble(t, databasetest.Open(t, database.SQLite, nil), "node-1")
	now := time.Now()
	w := newWay(1, func() time.Time { return now }, func(string) {})
	o.h.out.ways[channels.SMS] = w
	var room entered
	r := o.h.out.rules(&room)
	asks := &inbox.Conversation{ID: "asks", Channel: channels.SMS, Sender: ours}
	if !r.EnterToAsk(asks, inbox.Reply) || !w.of(ours).enter("sends", inbox.Reply) {
		t.Fatal("there was no room")
	}
	room.leave()
	if w.of(ours).enter("is early", inbox.Reply) {
		t.Error("two went within a second")
	}
	if w.inHand != 1 {
		t.Errorf("%d in hand, want 1", w.inHand)
	}
}
