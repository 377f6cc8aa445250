package inbox

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/feed"
)

// Lease is how long one send may take before another node may look at its conversation: more than the 8 s of a provider's call.
const Lease = 15 * time.Second

// A lease or a pause further ahead than these is void: somebody's clock was set back (docs/architecture.md, "Clocks").
const (
	longestLease = time.Minute
	longestPause = 40 * time.Minute
	longestDoubt = 2 * lastAsk
)

// expired is the reason of what its time has passed for.
const expired = "expired"

// tries is how often a message is sent and nobody knows its fate; then it is failed, and staff see it.
const tries = 3

// Marked is a message that is about to be sent: it stands as sending, with its attempt written, under a lease.
type Marked struct {
	Conversation string
	Kind         Kind
	Out          channels.Outgoing // with ID and Attempt
	At           time.Time         // when it was marked, by the database's clock
	Ask          bool              // nobody knows what became of it: ask its provider before it is sent again
	Made         time.Time         // when the attempt in doubt was made
	Back         bool              // by a clock that has been set back since, so that it was no more than a minute ago
	Bill         *Bill             // what it was counted with; nil: nothing is counted for it
	parts        string

	own    int64 // rows of the attempt that took the id: none when it had another
	second int   // other attempts the provider took
}

// Rules are what the mark checks besides what the rows say.
type Rules struct {
	Node  string
	Quiet func(now time.Time) (until time.Time, quiet bool) // kind Update only; nil: never
	// Enter asks for room to send, once a message is found that may go; false leaves it queued. k is the most urgent kind the
	// conversation has to send: what stands before a reply goes as if it were one. nil: always.
	Enter func(c *Conversation, k Kind) bool
	// EnterToAsk asks for room for a question about a send in doubt, which is no message. nil: always.
	EnterToAsk func(c *Conversation, k Kind) bool
	// Each is how far apart messages to one person of a channel must be on average; nil: as they come.
	Each func(channels.Name) time.Duration
	// Later is told of a conversation that has to wait for its person's pace, and how long. May be nil.
	Later func(conversation string, d time.Duration)
	// Asks tells whether a channel's provider can be asked what became of a send; nil: none can.
	Asks func(channels.Name) bool
	// Barred tells why nothing may be sent to an address, whatever the kind; "" when it may. nil: always.
	Barred func(channels.Address) (why string)
	// Purse caps what a day may cost; nil: nothing is counted.
	Purse *Purse
	// Ended is told of each message the mark would not let go, and why; nil: nobody is.
	Ended func(n channels.Name, why string)
	// Wait tells that the answer to a doubt may still lie in this node's spool; nil: no.
	Wait func() bool
}

// Leased tells whether a send of this conversation is in flight.
func (c *Conversation) Leased(now time.Time) bool {
	return c.LeaseUntil.After(now) && c.LeaseUntil.Sub(now) <= longestLease
}

// MarkFirst marks the first of a turn's rows as they are written, when nothing is ahead of it: the turn's commit is the mark's. It
// sets the lease on c, which the caller saves after this, and adds the attempt to the batch, which must follow Put and should be its
// last. nil when the message must wait. Where money is counted the batch's end says whether there was any: see Unpaid.
func (in *Inbox) MarkFirst(c *Conversation, rows []Row, r Rules, now time.Time) (m *Marked, attempt func(*database.Batch)) {
	if len(rows) == 0 || c.Leased(now) {
		return nil, nil
	}
	row := &rows[0]
	if window := channels.Can(c.Channel).Window; window > 0 && !c.InboundAt.Add(window).After(now) {
		return nil, nil
	}
	each := r.each(c.Channel)
	if row.Held || row.Due.After(now) || row.Kind == Update || r.barred(c) != "" || c.early(each, now) > 0 || (r.Enter != nil && !r.Enter(c, row.Kind)) {
		return nil, nil
	}
	row.Status, row.Out.Attempt = string(channels.Sending), 1
	row.Due = now.Add(r.doubt(c.Channel))
	c.LeaseUntil, c.LeaseNode = now.Add(Lease), r.Node
	c.paced(each, now)
	row.Out.To, row.Out.From = c.To, c.Sender
	m = &Marked{Conversation: c.ID, Kind: row.Kind, Out: row.Out, At: now, parts: row.Parts, Bill: r.Purse.bill(&row.Out, row.Kind, row.Cause, now)}
	return m, func(b *database.Batch) {
		m.attempt(b, r.Node)
		if m.Bill != nil {
			m.Bill.payTo(b)
		}
	}
}

// attempt writes that the message is about to be sent, and what that was counted with.
func (m *Marked) attempt(b *database.Batch, node string) {
	var day string
	var parts int
	var cost int64
	if m.Bill != nil {
		day, parts, cost = m.Bill.Day, m.Bill.Parts, m.Bill.Cost
	}
	b.Exec(`INSERT INTO attempts (message_id, n, node, at, day, parts, cost) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (message_id, n) DO NOTHING`,
		m.Out.ID, m.Out.Attempt, node, m.At, day, parts, cost)
}

func (r *Rules) barred(c *Conversation) (why string) {
	if r.Barred == nil {
		return ""
	}
	return r.Barred(c.To)
}

func (r *Rules) ended(c *Conversation, why string) {
	if r.Ended != nil {
		r.Ended(c.Channel, why)
	}
}

// doubt is how long a send stays in doubt before something is done: where nobody can be asked it is made again, Telegram's at the end of
// its lease. Twilio is asked, if its callback has not come.
func (r Rules) doubt(n channels.Name) time.Duration {
	switch {
	case n == channels.Telegram:
		return Lease
	case r.Asks != nil && r.Asks(n):
		return firstAsk
	}
	return lastAsk
}

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

// Mark takes the next message of a locked conversation and marks it as being sent; nil when there is none to send now. It ends what
// may not go: overtaken, expired, opted out, out of the window.
func (in *Inbox) Mark(ctx context.Context, tx *database.Tx, c *Conversation, r Rules) (*Marked, error) {
	now := tx.Now()
	if c.Leased(now) {
		return nil, nil
	}
	entered := false
	for {
		q, err := in.next(ctx, tx, c.ID, now)
		if err != nil || q == nil {
			return nil, err
		}
		if q.blocked(now) {
			return nil, nil
		}
		out, shut, err := q.outgoing(c)
		if err != nil {
			return nil, err
		}
		if q.status == string(channels.Sending) {
			if wait, err := in.mayBeKnown(ctx, tx, r); wait || err != nil {
				return nil, err
			}
			if q.toAsk(c, r, now) {
				return in.markAsk(ctx, tx, c, q, out, r, now)
			}
			if err := in.countDoubts(ctx, tx, q); err != nil {
				return nil, err
			}
		}
		verdict := in.check(c, q, &out, shut, r, now)
		if verdict.later.After(now) {
			if _, err := tx.Exec(ctx, `UPDATE messages SET due_at = $2, reason = '' WHERE id = $1`, q.id, verdict.later); err != nil {
				return nil, fmt.Errorf("put message off: %w", err)
			}
			continue
		}
		if verdict.fail != "" {
			if err := in.end(ctx, tx, c, q, verdict.fail); err != nil {
				return nil, err
			}
			r.ended(c, verdict.fail)
			continue
		}
		if !entered && !r.admit(c, q, now) {
			return nil, nil
		}
		entered = true
		bill := r.Purse.bill(&out, q.kind, q.cause, now)
		if bill != nil {
			later, err := bill.pay(ctx, tx, c.ID, q.id, q.seq)
			if err != nil {
				return nil, err
			}
			if later.After(now) {
				failed, err := in.putOff(ctx, tx, c, q, later)
				if err != nil {
					return nil, err
				}
				if failed {
					r.ended(c, Spent)
				}
				continue
			}
		}
		b := &database.Batch{}
		m := in.markTo(b, c, q, out, bill, r, now)
		if err := tx.Run(ctx, b); err != nil {
			return nil, fmt.Errorf("mark message: %w", err)
		}
		return m, nil
	}
}

// admit asks the person's pace, then for room to send.
func (r Rules) admit(c *Conversation, q *queued, now time.Time) bool {
	if wait := c.early(r.each(c.Channel), now); wait > 0 {
		if r.Later != nil {
			r.Later(c.ID, wait)
		}
		return false
	}
	return r.Enter == nil || r.Enter(c, q.most)
}

func (in *Inbox) next(ctx context.Context, tx *database.Tx, id string, now time.Time) (*queued, error) {
	q := &queued{}
	err := tx.QueryRow(ctx, nextSQL, id, now).Scan(q.dest()...)
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find message to send: %w", err)
	}
	return q, nil
}

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

// spread keeps all that waited for the end of the quiet hours from going at one moment: 0 to 20 minutes, the same for a conversation.
func spread(id string) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(id))
	return time.Duration(h.Sum32()%1200) * time.Second
}

// markTo adds the mark to a batch: the message stands as sending, its attempt is written, the lease is taken.
func (in *Inbox) markTo(b *database.Batch, c *Conversation, q *queued, out channels.Outgoing, bill *Bill, r Rules, now time.Time) *Marked {
	out.Attempt = q.attempt + 1
	m := &Marked{Conversation: c.ID, Kind: q.kind, Out: out, At: now, parts: q.parts, Bill: bill}
	c.LeaseUntil, c.LeaseNode = now.Add(Lease), r.Node
	c.paced(r.each(c.Channel), now)
	b.Exec(`UPDATE messages SET status = 'sending', rank = $2, attempt = $3, due_at = $4, reason = '' WHERE id = $1`,
		q.id, channels.Sending.Rank(), out.Attempt, now.Add(r.doubt(c.Channel)))
	m.attempt(b, r.Node)
	b.Exec(`UPDATE conversations SET lease_until = $2, lease_node = $3, paced_at = $4 WHERE id = $1`, c.ID, c.LeaseUntil, c.LeaseNode, at(c.PacedAt))
	return m
}

// end gives a message up; live pages are told, for staff see it.
func (in *Inbox) end(ctx context.Context, tx *database.Tx, c *Conversation, q *queued, reason string) error {
	b := &database.Batch{}
	b.Exec(`UPDATE messages SET status = 'failed', rank = $2, reason = $3 WHERE id = $1 AND rank < $2`, q.id, channels.Failed.Rank(), reason)
	b.Exec(feed.AppendSQL, tx.Now(), FeedConversation, c.ID, int(FeedDelivery))
	if err := tx.Run(ctx, b); err != nil {
		return fmt.Errorf("fail message: %w", err)
	}
	return nil
}
