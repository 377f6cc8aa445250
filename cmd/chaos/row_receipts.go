package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"concierge/channels/channeltest"
)

// receipts lets callbacks come before the call returns, then reversed, then for messages nobody knows: a status only goes forward, and
// an early one is not lost.
func receipts(t *trial) error {
	w := t.world
	c := w.gather(t.seed, walkers, settleTime, dawdle/10)
	for begun := time.Now(); w.ledger.Count(channeltest.Told) < t.asked && time.Since(begun) < time.Minute; {
		time.Sleep(100 * time.Millisecond)
	}
	t.people = c.home()
	t.injected = w.ledger.Count(channeltest.Told)
	for i := range 20 {
		if status := unknownReceipt(w, i); status < 200 || status > 299 {
			t.breaks("a receipt for an unknown message was answered %d", status)
		}
	}
	t.noErrors()
	db, err := w.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := t.settled(db); err != nil {
		return err
	}
	back, err := t.count(`SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id
		WHERE NOT m.inbound AND c.channel <> 'telegram' AND m.status <> 'delivered'`)
	if back > 0 {
		t.breaks("%d messages that were delivered are shown as something else", back)
	}
	return err
}

// unknownReceipt posts a signed status of a message that we never sent; how it was answered.
func unknownReceipt(w *world, i int) int {
	sid := fmt.Sprintf("SM%032x", 1<<40+i)
	path := fmt.Sprintf("/webhooks/twilio/status?m=01a20000-0000-7000-8000-%012d&a=1", i)
	f := url.Values{"MessageSid": {sid}, "SmsSid": {sid}, "MessageStatus": {"delivered"}, "SmsStatus": {"delivered"},
		"AccountSid": {channeltest.TwilioAccount}, "From": {channeltest.TwilioSMS}, "To": {"+447700900999"}, "ApiVersion": {"2010-04-01"}}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.deliver()+path, strings.NewReader(f.Encode()))
	if err != nil {
		return 0
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set("X-Twilio-Signature", channeltest.Sign(channeltest.TwilioToken, w.nodes[0].url+path, f))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
