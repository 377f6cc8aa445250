package concierge

import (
	"context"
	"sync"
	"testing"
	"time"

	"concierge/channels"
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

func TestATakeoverOvertakesWhatTheBotHadReady(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
			return s, []dialog.Event{dialog.Said{Lines: []dialog.Line{{Text: "one"}}}, dialog.Said{Lines: []dialog.Line{{Text: "filed"}}, Keep: true},
				dialog.Said{Lines: []dialog.Line{{Text: "two"}}}}
		}))
		o.sms.Delay(300 * time.Millisecond)
		o.receive(text(phone, "hello"))
		o.conversation(func(tx *database.Tx, c *inbox.Conversation) error { // only the epoch moves: the mark must see it
			c.Epoch++
			return o.in.Save(o.ctx, tx, c)
		})
		o.hears(o.sms, phone, "one", "filed") // one was in the provider's hands, the reference is never overtaken
		o.eventually(2, `SELECT COUNT(*) FROM messages WHERE status = 'failed' AND reason = 'overtaken'`)
		o.eventually(0, `SELECT COUNT(*) FROM conversations WHERE lease_until IS NOT NULL`)
	})
}

// TestANodeKilledBetweenMarkAndSend is the node that dies after the turn's commit: its lease ends, and another node sends.
func TestANodeKilledBetweenMarkAndSend(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		dead := assemble(t, db, "dead")
		dead.h.SetEngine(script(echo))
		dead.h.out.sealed = true // it marks, and dies
		for _, from := range []string{"telegram:1", phone} {
			dead.receive(text(from, "hello"))
		}
		if n := dead.count(`SELECT COUNT(*) FROM messages WHERE status = 'sending'`); n != 2 {
			t.Fatalf("%d marked", n)
		}
		o := open(t, db, script(echo))
		time.Sleep(1500 * time.Millisecond)
		if got := append(o.tg.Sent(), o.sms.Sent()...); len(got) != 0 {
			t.Fatalf("sent under another node's lease: %v", got)
		}
		o.exec(`UPDATE conversations SET lease_until = $1`, time.Now().UTC().Add(-time.Second))
		o.exec(`UPDATE messages SET due_at = $1 WHERE status = 'sending' AND conversation_id = (SELECT id FROM conversations WHERE channel = 'telegram')`,
			time.Now().UTC().Add(-time.Second)) // Telegram's doubt ends with the lease
		o.hears(o.tg, "telegram:1", "you said hello", "privacy.first")
		if n := o.count(`SELECT attempt FROM messages WHERE body = 'you said hello' AND status = 'sent'`); n != 2 {
			t.Errorf("sent as attempt %d", n)
		}
		// Twilio's callback says that the first attempt arrived: no second one.
		id := o.one(`SELECT id FROM messages WHERE status = 'sending' AND conversation_id = (SELECT id FROM conversations WHERE channel = 'sms')`)
		if err := o.h.Receipt(o.ctx, channels.Receipt{Channel: channels.SMS, Message: id, Attempt: 1, Handle: "SMx", Status: channels.Delivered}); err != nil {
			t.Fatal(err)
		}
		o.hears(o.sms, phone, "privacy.first")
		if got := o.one(`SELECT status || ' ' || handle FROM messages WHERE id = $1`, id); got != "delivered SMx" {
			t.Errorf("the message is %s", got)
		}
	})
}

func TestSendsThatFail(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		fail := func(class channels.Class) { o.sms.Fail(&channels.SendError{Class: class, Code: "x"}) }
		fail(channels.Retry)
		o.receive(text(phone, "one"))
		o.hears(o.sms, phone, "you said one", "privacy.first") // a second later, in order
		fail(channels.Refused)
		o.receive(text(phone, "two"))
		o.receive(text(phone, "three"))
		o.hears(o.sms, phone, "you said one", "privacy.first", "you said three")
		fail(channels.Unreachable)
		o.receive(text(phone, "four"))
		o.eventually(1, `SELECT COUNT(*) FROM addresses WHERE unreachable_at IS NOT NULL`)
		fail(channels.OptedOut)
		o.receive(text(phone, "five"))
		o.eventually(1, `SELECT COUNT(*) FROM addresses WHERE opted_out_at IS NOT NULL`)
		fail(channels.Uncertain)
		o.receive(text(phone, "six"))
		o.receive(text(phone, "seven")) // waits behind what is in doubt
		o.eventually(1, `SELECT COUNT(*) FROM attempts WHERE result = 'uncertain'`)
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'sending' AND body = 'you said six'`)
		o.exec(`UPDATE messages SET due_at = $1 WHERE status = 'sending'`, time.Now().UTC().Add(-time.Second))
		o.hears(o.sms, phone, "you said one", "privacy.first", "you said three", "you said six", "you said seven")
		for query, want := range map[string]string{
			`SELECT status || ' ' || reason FROM messages WHERE body = 'you said two'`:  "failed refused",
			`SELECT status || ' ' || reason FROM messages WHERE body = 'you said four'`: "failed unreachable",
			`SELECT status || ' ' || reason FROM messages WHERE body = 'you said five'`: "failed opted_out",
		} {
			if got := o.one(query); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		o.eventually(0, `SELECT COUNT(*) FROM conversations WHERE lease_until IS NOT NULL`)
	})
}

func TestReceiptsGoForwardOnly(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		o.sms.Delay(200 * time.Millisecond)
		o.receive(text(phone, "hello"))
		id := o.one(`SELECT id FROM messages WHERE NOT inbound ORDER BY seq LIMIT 1`)
		news := func(s channels.Status, handle string) {
			r := channels.Receipt{Channel: channels.SMS, Message: id, Attempt: 1, Handle: channels.Handle(handle), Status: s}
			if s == channels.Failed {
				r.Reason, r.Code = "refused", "30007"
			}
			if err := o.h.Receipt(o.ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		is := func(want string) {
			t.Helper()
			if got := o.one(`SELECT status FROM messages WHERE id = $1`, id); got != want {
				t.Errorf("it is %s, want %s", got, want)
			}
		}
		news(channels.Delivered, "sms-1") // before the send's own answer
		is("delivered")
		o.hears(o.sms, phone, "you said hello", "privacy.first")
		news(channels.Sent, "sms-1")
		news(channels.Queued, "sms-1")
		news(channels.Failed, "sms-1")
		is("delivered")
		news(channels.Read, "other") // somebody else's id
		is("delivered")
		news(channels.Read, "sms-1")
		news(channels.Read, "sms-1")
		is("read")
		if err := o.h.Receipt(o.ctx, channels.Receipt{Channel: channels.SMS, Handle: "never-ours", Status: channels.Sent}); err != nil {
			t.Fatalf("an unknown receipt: %v", err)
		}
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE id = $1 AND handle = 'sms-1'`, id)
	})
}

func TestTheWindowOfWhatsApp(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		const them = "whatsapp:+447700900123"
		o.receive(text(them, "hello"))
		o.hears(o.wa, them, "you said hello", "privacy.first")
		o.eventually(2, `SELECT COUNT(*) FROM messages WHERE status = 'sent'`)
		o.exec(`UPDATE conversations SET inbound_at = $1`, time.Now().UTC().Add(-24*time.Hour))
		news := func(cause string, tpl *inbox.Template) {
			o.conversation(func(tx *database.Tx, c *inbox.Conversation) error {
				return o.in.Write(o.ctx, tx, c, inbox.Update, inbox.Words{Text: "news " + cause, Cause: cause, Template: tpl})
			})
		}
		news("a", nil)
		news("b", &inbox.Template{Key: "case_update", Values: []dialog.Line{{Text: "C7K-4M95"}}})
		o.hears(o.wa, them, "you said hello", "privacy.first", "news b")
		if last := o.wa.Sent()[2]; !last.Shut || last.Template == nil || last.Template.Values[0] != "C7K-4M95" {
			t.Errorf("sent as %+v", last)
		}
		if got := o.one(`SELECT status || ' ' || reason FROM messages WHERE cause = 'a'`); got != "failed window_shut" {
			t.Errorf("without a template: %s", got)
		}
		// The window seems open to us and the provider says it is not: once more as the template.
		o.exec(`UPDATE conversations SET inbound_at = $1`, time.Now().UTC())
		o.wa.Fail(&channels.SendError{Class: channels.WindowShut, Code: "63016"})
		news("c", &inbox.Template{Key: "case_update", Values: []dialog.Line{{Text: "C7K-4M95"}}})
		o.hears(o.wa, them, "you said hello", "privacy.first", "news b", "news c")
		if last := o.wa.Sent()[3]; !last.Shut || last.Attempt != 2 {
			t.Errorf("sent as %+v", last)
		}
	})
}

// TestOneProviderThatHangsHoldsUpNobodyElse fills a channel's every place with sends that do not come back.
func TestOneProviderThatHangsHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.Postgres, nil)
	o := open(t, db, script(echo))
	o.tg.Delay(time.Hour)
	var wg sync.WaitGroup
	for n := range slots + 10 {
		m := text("telegram:"+string(rune('a'+n%26))+string(rune('a'+n/26)), "hello")
		wg.Go(func() { o.receive(m) })
	}
	wg.Wait()
	o.receive(text(phone, "hello"))
	o.hears(o.sms, phone, "you said hello", "privacy.first")
	ctx, cancel := context.WithTimeout(o.ctx, 50*time.Millisecond)
	defer cancel()
	_ = o.h.Stop(ctx) // cuts the sends short: they are in doubt
	if n := o.count(`SELECT COUNT(*) FROM attempts WHERE result = 'uncertain'`); n != slots {
		t.Errorf("%d sends in doubt, want %d", n, slots)
	}
}
