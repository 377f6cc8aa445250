package concierge

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

const earlyRows = `SELECT COUNT(*) FROM early_receipts`

// News of a send that nobody knows by its id yet is kept and joined once it is known, by whatever way it becomes known.
func TestEarlyReceiptsAreJoined(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		tell := func(h channels.Handle, s channels.Status, code string) {
			t.Helper()
			r := channels.Receipt{Channel: channels.SMS, Handle: h, Status: s, Code: code}
			if code != "" {
				r.Reason = string(channels.Unreachable)
			}
			if err := o.h.Receipt(o.ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		o.receive(text(phone, "hello"))
		o.receive(text("sms:+447700900124", "hello"))
		o.eventually(4, `SELECT COUNT(*) FROM messages WHERE NOT inbound AND status = 'sent'`)
		for range 2 {
			tell("SMearly", channels.Sent, "")
			tell("SMearly", channels.Delivered, "")
			tell("SMgone", channels.Failed, "30005")
			tell("SMnever", channels.Delivered, "")
		}
		if n := o.count(earlyRows); n != 4 {
			t.Fatalf("%d kept, want 4", n)
		}
		know := func(handle, body, address string) {
			t.Helper()
			id := o.one(`SELECT MIN(m.id) FROM messages m JOIN conversations c ON c.id = m.conversation_id JOIN addresses a ON a.id = c.address_id
				WHERE NOT m.inbound AND m.body = $1 AND a.index_hmac = $2`, body, o.keys.Index("sms", channels.Address(address).Value()))
			o.exec(`UPDATE attempts SET handle = $2 WHERE message_id = $1`, id, handle)
			o.exec(`UPDATE messages SET handle = $2 WHERE id = $1`, id, handle)
		}
		know("SMearly", "you said hello", phone)
		know("SMgone", "you said hello", "sms:+447700900124")
		o.eventually(1, earlyRows) // the house looks each second
		if got := o.one(`SELECT status FROM messages WHERE handle = 'SMearly'`); got != "delivered" {
			t.Errorf("the one that was delivered is %s", got)
		}
		if got := o.one(`SELECT status || code FROM messages WHERE handle = 'SMgone'`); got != "failed30005" {
			t.Errorf("the one that failed is %s", got)
		}
		if n := o.count(`SELECT COUNT(*) FROM addresses WHERE unreachable_at IS NOT NULL`); n != 1 {
			t.Error("what the failure means was not done")
		}
		o.exec(`UPDATE early_receipts SET at = $1`, time.Now().UTC().Add(-2*time.Hour))
		o.eventually(0, earlyRows)
	})
}

func TestEarlyReceiptsAreBounded(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		o.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
			INSERT INTO early_receipts (handle, status, channel, at) SELECT 'SM' || i, 'sent', 'sms', $1 FROM n`, time.Now().UTC())
		if err := o.h.Receipt(o.ctx, channels.Receipt{Channel: channels.SMS, Handle: "SMx", Status: channels.Sent}); err != nil {
			t.Fatal(err)
		}
		if n := o.count(earlyRows); n != 10000 {
			t.Errorf("%d kept", n)
		}
	})
}

// What a failure says of our own sender is heeded also when the news of it came before we knew the send.
func TestAnEarlyFailureHoldsItsSender(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		o.receive(text(phone, "hello"))
		o.eventually(2, `SELECT COUNT(*) FROM messages WHERE NOT inbound AND status = 'sent'`)
		r := channels.Receipt{Channel: channels.SMS, Handle: "SMwrong", Status: channels.Failed, Reason: string(channels.Configuration), Code: "63007"}
		if err := o.h.Receipt(o.ctx, r); err != nil {
			t.Fatal(err)
		}
		id := o.one(`SELECT id FROM messages WHERE body = 'you said hello'`)
		o.exec(`UPDATE attempts SET handle = 'SMwrong' WHERE message_id = $1`, id)
		o.exec(`UPDATE messages SET handle = 'SMwrong' WHERE id = $1`, id)
		o.eventually(1, `SELECT COUNT(*) FROM senders WHERE why = 'configuration' AND code = '63007'`)
		if n := testutil.ToFloat64(o.h.s.Metrics.Receipts.WithLabelValues("sms", "failed")); n != 1 {
			t.Errorf("%v failures counted, want 1", n)
		}
	})
}
