package inbox

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// verdict says why a message may not go now, or not at all.
type verdict struct {
	fail  string
	later time.Time
}

// check is the check at the mark. Of who owns the conversation it looks at the epoch alone.
func (in *Inbox) check(c *Conversation, q *queued, out *channels.Outgoing, shut bool, r Rules, now time.Time) verdict {
	why := r.barred(c)
	switch {
	case q.status == string(channels.Sending) && q.doubts >= tries:
		return verdict{fail: "unknown"}
	case why != "":
		return verdict{fail: why}
	case !q.expires.After(now):
		return verdict{fail: expired}
	case q.kind == Reply && !q.keep && q.epoch < c.Epoch:
		if q.status == string(channels.Sending) { // it may have gone out before: nobody says it again behind a person's words
			return verdict{fail: "unknown"}
		}
		return verdict{fail: "overtaken"}
	}
	if q.kind == Update {
		switch {
		case !c.OptedOutAt.IsZero():
			return verdict{fail: string(channels.OptedOut)}
		case !c.UnreachableAt.IsZero():
			return verdict{fail: string(channels.Unreachable)}
		}
		if r.Quiet != nil && q.attempt == 0 {
			if until, quiet := r.Quiet(now); quiet {
				return verdict{later: until.Add(spread(c.ID))}
			}
		}
	}
	if window := channels.Can(c.Channel).Window; window > 0 {
		if shut || c.InboundAt.IsZero() || !c.InboundAt.Add(window).After(now) {
			out.Shut = true
			if out.Template == nil {
				return verdict{fail: string(channels.WindowShut)}
			}
		}
	}
	return verdict{}
}

// stop puts a message off, or ends it, that may not go now; false: it may go.
func (in *Inbox) stop(ctx context.Context, tx *database.Tx, c *Conversation, q *queued, out *channels.Outgoing, shut bool, r Rules, now time.Time) (bool, error) {
	v := in.check(c, q, out, shut, r, now)
	switch {
	case v.later.After(now):
		if _, err := tx.Exec(ctx, `UPDATE messages SET due_at = $2, reason = '' WHERE id = $1`, q.id, v.later); err != nil {
			return true, fmt.Errorf("put message off: %w", err)
		}
		return true, nil
	case v.fail != "":
		if err := in.end(ctx, tx, c, q, v.fail); err != nil {
			return true, err
		}
		tx.AfterCommit(func() { r.ended(c, v.fail) })
		return true, nil
	}
	return false, nil
}

// spread keeps all that waited for the end of the quiet hours from going at one moment: 0 to 20 minutes, the same for a conversation.
func spread(id string) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(id))
	return time.Duration(h.Sum32()%1200) * time.Second
}
