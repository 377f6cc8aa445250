package concierge

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"concierge/channels"
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

const phone = "sms:+447700900123"

func TestTheFirstReplyAndOnceWhoWeAre(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		o.receive(text(phone, "hello"))
		o.hears(o.sms, phone, "you said hello", "privacy.first")
		o.receive(text(phone, "again"))
		o.hears(o.sms, phone, "you said hello", "privacy.first", "you said again")
		o.eventually(3, `SELECT COUNT(*) FROM messages WHERE NOT inbound AND status = 'sent' AND handle IS NOT NULL`)
		o.eventually(0, `SELECT COUNT(*) FROM conversations WHERE lease_until IS NOT NULL`)
	})
}

func TestManyFirstMessagesAtOnceMakeOneConversation(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		var wg sync.WaitGroup
		for n := range 20 {
			m := text(phone, fmt.Sprint("message ", n))
			wg.Go(func() { o.receive(m) })
		}
		wg.Wait()
		for query, want := range map[string]int{
			`SELECT COUNT(*) FROM contacts`: 1, `SELECT COUNT(*) FROM addresses`: 1, `SELECT COUNT(*) FROM conversations`: 1,
			`SELECT COUNT(*) FROM messages WHERE inbound`: 20, `SELECT COUNT(*) FROM messages WHERE cause LIKE 'first:%'`: 1,
			`SELECT COUNT(*) FROM messages WHERE cause LIKE 'turn:%'`: 20,
		} {
			if got := o.count(query); got != want {
				t.Errorf("%s: %d, want %d", query, got, want)
			}
		}
		o.eventually(21, `SELECT COUNT(*) FROM messages WHERE status = 'sent'`)
		if got := o.one(`SELECT session FROM conversations`); !strings.Contains(got, `"t":20`) {
			t.Errorf("turns were lost: %s", got)
		}
	})
}

func TestTheSameMessageManyTimesIsTakenOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		m := text(phone, "once")
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { o.receive(m) })
		}
		wg.Wait()
		for range 16 {
			o.receive(m)
		}
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound`); n != 1 {
			t.Errorf("%d messages stored", n)
		}
		o.hears(o.sms, phone, "you said once", "privacy.first")
		other := m
		other.Account = "AC2" // the same id of another account is another message
		o.receive(other)
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound`); n != 2 {
			t.Errorf("%d messages stored", n)
		}
	})
}

func TestWhatIsSentKeepsItsOrder(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
			s.Turns++
			return s, []dialog.Event{dialog.Said{Lines: []dialog.Line{{Text: in.Text + " a"}}}, dialog.Said{Lines: []dialog.Line{{Text: in.Text + " b"}}}}
		}))
		var wg sync.WaitGroup
		const residents, each = 8, 10
		for r := range residents {
			from := fmt.Sprintf("sms:+4477009001%02d", r)
			wg.Go(func() {
				for n := range each {
					if err := o.h.Receive(o.ctx, text(from, fmt.Sprint(n))); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for r := range residents {
			from := fmt.Sprintf("sms:+4477009001%02d", r)
			want := []string{"0 a", "0 b", "privacy.first"}
			for n := 1; n < each; n++ {
				want = append(want, fmt.Sprint(n, " a"), fmt.Sprint(n, " b"))
			}
			o.hears(o.sms, from, want...)
		}
	})
}

func TestStopAndStart(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		yes := func(from string) channels.Message { m := text(from, "YES"); m.Kind = channels.KindOptIn; return m }
		stop := func(from string) channels.Message { m := text(from, "STOP"); m.Kind = channels.KindOptOut; return m }
		o.receive(text(phone, "hello"))
		o.receive(yes(phone)) // nobody opted out: it is an answer
		o.hears(o.sms, phone, "you said hello", "privacy.first", "you said YES")
		o.receive(stop(phone)) // the carrier answers
		o.conversation(func(tx *database.Tx, c *inbox.Conversation) error {
			if c.OptedOutAt.IsZero() {
				t.Error("not opted out")
			}
			return o.in.Write(o.ctx, tx, c, inbox.Update, inbox.Words{Text: "news", Cause: "update:1:1"})
		})
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE kind = 'update' AND status = 'failed' AND reason = 'opted_out'`)
		o.receive(yes(phone))
		if n := o.count(`SELECT COUNT(*) FROM addresses WHERE opted_out_at IS NOT NULL`); n != 0 {
			t.Error("START did not undo STOP")
		}
		o.conversation(func(tx *database.Tx, c *inbox.Conversation) error {
			return o.in.Write(o.ctx, tx, c, inbox.Update, inbox.Words{Text: "more news", Cause: "update:2:1"})
		})
		o.hears(o.sms, phone, "you said hello", "privacy.first", "you said YES", "more news")
		o.receive(stop("telegram:42")) // no carrier: we confirm
		o.hears(o.tg, "telegram:42", "carrier.stopped")
		o.receive(text("telegram:42", "start")) // undone, and answered
		o.receive(text("telegram:42", "Stop"))
		o.hears(o.tg, "telegram:42", "carrier.stopped", "updates.on", "carrier.stopped")
		if n := o.count(`SELECT COUNT(*) FROM addresses WHERE kind = 'telegram' AND opted_out_at IS NOT NULL`); n != 1 {
			t.Error("the word STOP does nothing on Telegram")
		}
	})
}

func TestHeldLinesAreWithdrawnWhenMoreComes(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
			return s, []dialog.Event{dialog.Said{Lines: []dialog.Line{{Text: fmt.Sprint(in.Text, " first=", in.First)}}, Hold: strings.HasPrefix(in.Text, "hi")}}
		}))
		const chat = "telegram:7"
		o.receive(text(chat, "hi"))
		o.receive(text(chat, "there is a pothole"))
		o.hears(o.tg, chat, "there is a pothole first=true", "privacy.first")
		o.receive(text(chat, "hi again"))
		o.hears(o.tg, chat, "there is a pothole first=true", "privacy.first", "hi again first=false") // nobody wrote: it goes
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE status = 'failed' AND reason = 'withdrawn'`); n != 2 {
			t.Errorf("%d withdrawn, want the greeting and what follows it", n)
		}
	})
}

func TestTextsAreBounded(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a\x00b": "ab", "a\r\nb\rc": "a\nb\nc", "caf\xff": "caf\uFFFD", strings.Repeat("ż", 5000): strings.Repeat("ż", 4096),
	} {
		if got := bounded(in); got != want {
			t.Errorf("bounded(%.20q) = %.20q", in, got)
		}
	}
}

func TestABlockAndAGroup(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		o.receive(text("telegram:9", "hello"))
		blocked := text("telegram:9", "")
		blocked.Kind = channels.KindBlocked
		o.receive(blocked)
		if n := o.count(`SELECT COUNT(*) FROM addresses WHERE unreachable_at IS NOT NULL`); n != 1 {
			t.Error("a block is not noted")
		}
		o.receive(text("telegram:9", "back"))
		if n := o.count(`SELECT COUNT(*) FROM addresses WHERE unreachable_at IS NOT NULL`); n != 0 {
			t.Error("who writes can be reached")
		}
		for range 3 {
			m := text("telegram:-100", "secret words of a group")
			m.Kind = channels.KindGroup
			o.receive(m)
		}
		o.hears(o.tg, "telegram:-100", "host.private_only")
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE body LIKE '%secret%'`); n != 0 {
			t.Error("words of a group are kept")
		}
	})
}

func TestANumberThatChangesHandsIsAnotherPerson(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		const number, hers, his = "whatsapp:+447700900123", "whatsapp:GB.111", "whatsapp:GB.222"
		m := text(number, "hello")
		o.receive(m) // no id yet
		m = text(number, "with id")
		m.Also = []channels.Address{hers}
		o.receive(m)
		m = text(hers, "number hidden")
		o.receive(m)
		if n := o.count(`SELECT COUNT(*) FROM contacts`); n != 1 {
			t.Fatalf("one person is %d contacts", n)
		}
		m = text(number, "a stranger")
		m.Also = []channels.Address{his}
		o.receive(m)
		if n := o.count(`SELECT COUNT(*) FROM contacts`); n != 2 {
			t.Fatalf("two people are %d contacts", n)
		}
		if n := o.count(`SELECT COUNT(*) FROM addresses WHERE retired_at IS NOT NULL`); n != 1 {
			t.Errorf("%d addresses retired", n)
		}
		o.receive(text(number, "again"))
		if n := o.count(`SELECT COUNT(DISTINCT contact_id) FROM conversations c JOIN messages m ON m.conversation_id = c.id WHERE m.body IN ('a stranger', 'again')`); n != 1 {
			t.Error("the stranger's messages lie with two people")
		}
	})
}
