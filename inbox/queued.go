package inbox

import (
	"time"

	"concierge/channels"
)

// queued is the message a conversation has to send next.
type queued struct {
	id, status, text, parts, language, reason string
	cause, prompts                            string
	kind                                      Kind
	epoch, seq                                int64
	keep                                      bool
	attempt                                   int
	due, expires, created                     time.Time
	most                                      Kind // the most urgent kind the conversation has to send
	doubts                                    int  // of a message in doubt: sends nobody knows the fate of
}

func (q *queued) dest() []any {
	return []any{&q.id, &q.status, &q.kind, &q.text, &q.parts, &q.language, &q.reason, &q.epoch, &q.keep, &q.attempt, &q.due, &q.expires, &q.created, &q.cause, &q.seq,
		&q.most, &q.prompts}
}

// blocked tells that the message, and with it all behind it, waits for a pause or a doubt to end. Due asks the same of all.
func (q *queued) blocked(now time.Time) bool {
	longest := longestPause
	if q.status == string(channels.Sending) {
		longest = longestDoubt
	}
	return q.attempt > 0 && q.due.After(now) && q.due.Sub(now) <= longest
}

func (q *queued) outgoing(c *Conversation) (out channels.Outgoing, shut bool, err error) {
	out = channels.Outgoing{ID: q.id, To: c.To, From: c.Sender, Text: q.text, Expires: q.expires}
	shut, err = decode(q.parts, &out)
	out.Retire = append(out.Retire, handles(q.prompts)...)
	return out, shut, err
}

// The lowest message that is not merely scheduled: one in retry blocks those behind it, one for later does not. One the day has no
// money for is for later.
const nextSQL = `SELECT id, status, kind, body, parts, language, reason, epoch, keep, attempt, due_at, expires_at, created_at, COALESCE(cause, ''), seq,
	COALESCE((SELECT m.kind FROM messages m WHERE m.conversation_id = $1 AND NOT m.inbound AND m.status IN ('queued', 'sending') AND m.due_at <= $2
		ORDER BY ` + urgencySQL + `, m.seq LIMIT 1), kind),
	` + promptsSQL + `$1 AND p.spent), '')
	FROM messages WHERE conversation_id = $1 AND NOT inbound AND status IN ('queued', 'sending')
	AND NOT (status = 'queued' AND (attempt = 0 OR reason = 'spent') AND due_at > $2) ORDER BY seq LIMIT 1`
