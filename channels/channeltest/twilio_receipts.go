package channeltest

import (
	"context"
	"net/url"
	"strconv"
)

// receipts calls the statuses back.
func (t *Twilio) receipts(to string, m *message) {
	if m.code != 0 {
		t.later(t.o.Pause, func() { t.callback(to, m, "failed", m.code) })
		return
	}
	statuses := t.o.Receipts
	if t.o.Early && len(statuses) > 0 {
		statuses = statuses[1:]
	}
	if len(statuses) == 0 {
		return
	}
	t.later(t.o.Pause, func() {
		for i, s := range statuses {
			if i > 0 && !t.wait(t.o.Pause) {
				return
			}
			t.callback(to, m, s, 0)
		}
	})
}

// Receipt calls a status back for a message sent, with an error code if not 0; its HTTP status, 0 when it has no callback.
func (t *Twilio) Receipt(sid, status string, code int) int {
	for _, e := range t.Ledger.Entries(0) {
		if e.What == Accepted && e.ID == sid {
			t.mu.Lock()
			m := t.sid[sid]
			t.mu.Unlock()
			return t.callback(e.Fields["StatusCallback"], m, status, code)
		}
	}
	return 0
}

func (t *Twilio) callback(to string, m *message, status string, code int) int {
	t.mu.Lock()
	m.status = status
	if code != 0 {
		m.code = code
	}
	f := url.Values{
		"MessageSid": {m.sid}, "SmsSid": {m.sid}, "MessageStatus": {status}, "SmsStatus": {status}, "AccountSid": {t.o.Account},
		"From": {m.from}, "To": {m.to}, "ApiVersion": {"2010-04-01"},
	}
	t.mu.Unlock()
	if to == "" {
		return 0
	}
	if code != 0 {
		f.Set("ErrorCode", strconv.Itoa(code))
	}
	ctx, stop := context.WithTimeout(t.ctx, patience)
	defer stop()
	got, err := t.post(ctx, to, f, Inbound{From: m.to})
	if neverReached(err) && ctx.Err() == nil {
		got, _ = t.post(ctx, to, f, Inbound{From: m.to})
	}
	t.Ledger.add(Entry{Channel: kindOf(m.to), What: Told, Call: "status", To: address(m.to), From: address(m.from), ID: m.sid, Code: status, Status: got})
	return got
}
