package inbox

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// Purse is what a council's day may cost, by channel. Amounts are millionths of the council's currency: a part of an SMS costs some
// pence and a fraction. A nil Purse counts nothing.
//
// One row is counted up for a channel and day, under its lock, so that many nodes keep one cap: they differ from it by the last message
// at most. Marks come at the pace of the sender (an SMS number sends a few a second), and the row is counted up as the last thing a
// transaction does, so that its lock is held for no more than the commit. Where there is no cap, or a send costs nothing, no row is touched.
type Purse struct {
	Caps              map[channels.Name]int64 // of a day; none: not counted
	SMSPart, Template int64                   // prices
	Day               func(now time.Time) (day string, next time.Time)
}

// Unit is how many units of a purse make one of the council's currency.
const Unit = 1e6

// Bill is what one mark costs, and what the day came to with it.
type Bill struct {
	Channel          channels.Name
	Day              string
	Parts            int
	Cost, Total, Cap int64 // Total is the day's, this mark included
	Alarm            Alarm
	next             time.Time // when the next day begins
	always           bool      // it goes when everything is spent
	paid             bool
}

// Alarm is raised once a day, by the mark that comes so far.
type Alarm string

// The alarms.
const (
	NearCap Alarm = "near" // 80 % are spent
	AtCap   Alarm = "full" // all is: only safety, and the confirmation of STOP
)

// nearCap is when to look, in hundredths (docs/operating.md, "Money").
const nearCap = 80

// Spent is the reason of what waits for the next day, or could not wait so long.
const Spent = "spent"

// longestWait is how long a message may be put off from day to day.
const longestWait = 3 * 24 * time.Hour

// bill is what a send will cost; nil where nothing is counted.
func (p *Purse) bill(out *channels.Outgoing, k Kind, cause string, now time.Time) *Bill {
	if p == nil {
		return nil
	}
	name := out.To.Kind()
	most := p.Caps[name]
	if most <= 0 {
		return nil
	}
	parts, price := 0, int64(0)
	switch {
	case name == channels.SMS:
		text := out.Text
		if out.Photo != "" {
			text += "\n" + out.Photo // a link: there is no MMS
		}
		_, parts, _ = channels.Segments(text)
		price = p.SMSPart
	case name == channels.WhatsApp && out.Shut && out.Template != nil:
		parts, price = 1, p.Template
	}
	if parts == 0 || price == 0 {
		return nil
	}
	b := &Bill{Channel: name, Parts: parts, Cost: int64(parts) * price, Cap: most, always: k == Safety || confirmsStop(cause)}
	b.Day, b.next = p.Day(now)
	return b
}

// confirmsStop tells the answer to STOP by its cause: they should know that we heard it.
func confirmsStop(cause string) bool {
	return strings.HasPrefix(cause, "stop:") || strings.Contains(cause, ":stop")
}

// A mark goes while there is anything left of the day: what it costs over that is the last message's. So nothing shorter passes a longer
// one that waits.
const paySQL = `INSERT INTO spending (day, channel, parts, spent) VALUES ($1, $2, $3, $4)
	ON CONFLICT (day, channel) DO UPDATE SET parts = spending.parts + excluded.parts, spent = spending.spent + excluded.spent
	WHERE spending.spent < $5 RETURNING spent`

// payTo counts the bill as part of a batch, which should end with it. Whether there was enough left is known when the batch has run.
func (b *Bill) payTo(batch *database.Batch) {
	limit := b.Cap
	if b.always {
		limit = math.MaxInt64
	}
	batch.RowOpt(&b.paid, paySQL, b.Day, string(b.Channel), b.Parts, b.Cost, limit).Into(&b.Total)
}

// pay counts the bill at once, and says whether there was enough left. What a conversation has put off goes before it.
func (b *Bill) pay(ctx context.Context, tx *database.Tx, conversation, message string, seq int64) (later time.Time, err error) {
	if !b.always {
		err := tx.QueryRow(ctx, `SELECT due_at FROM messages WHERE conversation_id = $1 AND NOT inbound AND status = 'queued' AND reason = 'spent'
			AND due_at > $2 AND seq < $3 ORDER BY due_at DESC LIMIT 1`, conversation, tx.Now(), seq).Scan(&later)
		if err == nil || !errors.Is(err, database.ErrNoRows) {
			return later, err
		}
	}
	// Whoever waits for the day's row holds its messages already, and whoever has that row waits for none: so there is no ring. A day
	// that is full is seen without a lock, as more messages of the conversation may have to be looked at.
	var id string
	var spent int64
	batch := &database.Batch{}
	batch.Row(`SELECT id FROM messages WHERE id = $1`+tx.ForUpdate(), message).Into(&id)
	batch.Row(`SELECT COALESCE(MAX(spent), 0) FROM spending WHERE day = $1 AND channel = $2`, b.Day, string(b.Channel)).Into(&spent)
	if err := tx.Run(ctx, batch); err != nil {
		return time.Time{}, fmt.Errorf("look at spending: %w", err)
	}
	if spent >= b.Cap && !b.always {
		return b.next, nil
	}
	batch = &database.Batch{}
	b.payTo(batch)
	if err := tx.Run(ctx, batch); err != nil {
		return time.Time{}, fmt.Errorf("count spending: %w", err)
	}
	if !b.paid {
		return b.next, nil
	}
	return time.Time{}, b.ring(ctx, tx)
}

// ring finds whether this mark is the one that raises an alarm. A refund may let the line be crossed twice: the row remembers.
func (b *Bill) ring(ctx context.Context, tx *database.Tx) error {
	before := b.Total - b.Cost
	near := b.Cap / 100 * nearCap
	switch {
	case before < b.Cap && b.Total >= b.Cap:
		return b.once(ctx, tx, AtCap, `UPDATE spending SET full_at = $3, warned_at = COALESCE(warned_at, $3) WHERE day = $1 AND channel = $2 AND full_at IS NULL`)
	case before < near && b.Total >= near:
		return b.once(ctx, tx, NearCap, `UPDATE spending SET warned_at = $3 WHERE day = $1 AND channel = $2 AND warned_at IS NULL`)
	}
	return nil
}

func (b *Bill) once(ctx context.Context, tx *database.Tx, a Alarm, query string) error {
	n, err := tx.Exec(ctx, query, b.Day, string(b.Channel), tx.Now())
	if err != nil {
		return fmt.Errorf("note spending alarm: %w", err)
	}
	if n > 0 {
		b.Alarm = a
	}
	return nil
}

// Refund takes off what a send cost that was surely not made: after SettleTo, at the end of its batch, where nothing else is waited for.
func (in *Inbox) Refund(b *database.Batch, r Result) { refund(b, r) }

// refund takes off what sends cost that were surely not made. It reads the cost where the attempt holds it and empties it there, so a
// second time takes nothing. In order of the rows: who refunds many and who pays never wait for each other in a ring.
func refund(b *database.Batch, results ...Result) {
	results = slices.DeleteFunc(slices.Clone(results), func(r Result) bool {
		return r.Bill == nil || r.Err == nil || r.Err.Class == channels.Uncertain
	})
	slices.SortStableFunc(results, func(a, b Result) int {
		if c := strings.Compare(a.Bill.Day, b.Bill.Day); c != 0 {
			return c
		}
		return strings.Compare(string(a.Bill.Channel), string(b.Bill.Channel))
	})
	for _, r := range results {
		b.Exec(`UPDATE spending SET spent = spent - (SELECT a.cost FROM attempts a WHERE a.message_id = $1 AND a.n = $2),
			parts = parts - (SELECT a.parts FROM attempts a WHERE a.message_id = $1 AND a.n = $2)
			WHERE day = $3 AND channel = $4 AND EXISTS (SELECT 1 FROM attempts a WHERE a.message_id = $1 AND a.n = $2)`,
			r.Out.ID, r.Out.Attempt, r.Bill.Day, string(r.Bill.Channel))
		b.Exec(`UPDATE attempts SET cost = 0, parts = 0 WHERE message_id = $1 AND n = $2`, r.Out.ID, r.Out.Attempt)
	}
}

// putOff is what becomes of a message when the day's money is spent: it waits for the next day, unless it would be pointless by then
// (a reply's patience is an hour) or has waited for days. What is unasked or a person's keeps its patience from then on.
func (in *Inbox) putOff(ctx context.Context, tx *database.Tx, c *Conversation, q *queued, until time.Time) (failed bool, err error) {
	expires := q.expires
	if q.kind == Agent || q.kind == Update {
		expires = until.Add(q.kind.patience())
	}
	if !expires.After(until) || until.Sub(q.created) > longestWait {
		return true, in.end(ctx, tx, c, q, Spent)
	}
	_, err = tx.Exec(ctx, `UPDATE messages SET status = 'queued', rank = 0, reason = 'spent', due_at = $2, expires_at = $3 WHERE id = $1`, q.id, until, expires)
	if err != nil {
		return false, fmt.Errorf("put message off: %w", err)
	}
	return false, nil
}

// Unpaid tells that the mark of a turn's first message found nothing left of the day: Unmark it.
func (m *Marked) Unpaid() bool { return m != nil && m.Bill != nil && !m.Bill.paid }

// Unmark takes back a mark that could not be paid, in its own transaction: nothing was sent. The outbox decides what becomes of it.
func (in *Inbox) Unmark(ctx context.Context, tx *database.Tx, c *Conversation, m *Marked) error {
	c.LeaseUntil, c.LeaseNode = time.Time{}, ""
	b := &database.Batch{}
	b.Exec(`UPDATE messages SET status = 'queued', rank = 0, attempt = 0, due_at = $2 WHERE id = $1`, m.Out.ID, m.At)
	b.Exec(`DELETE FROM attempts WHERE message_id = $1 AND n = $2`, m.Out.ID, m.Out.Attempt)
	b.Exec(`UPDATE conversations SET lease_until = NULL, lease_node = NULL WHERE id = $1`, m.Conversation)
	if err := tx.Run(ctx, b); err != nil {
		return fmt.Errorf("take mark back: %w", err)
	}
	return nil
}

// Paid ends the mark of a turn's first message that was paid: it finds whether an alarm is due.
func (m *Marked) Paid(ctx context.Context, tx *database.Tx) error { return m.Bill.ring(ctx, tx) }

// Spending is one channel's day.
type Spending struct {
	Channel      channels.Name
	Parts, Spent int64
}

// SpendingOf reads what a day came to; channels nothing was counted for are left out.
func SpendingOf(ctx context.Context, tx *database.Tx, day string) (all []Spending, err error) {
	rows, err := tx.Query(ctx, `SELECT channel, parts, spent FROM spending WHERE day = $1 ORDER BY channel`, day)
	if err != nil {
		return nil, fmt.Errorf("read spending: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s Spending
		if err := rows.Scan(&s.Channel, &s.Parts, &s.Spent); err != nil {
			return nil, fmt.Errorf("read spending: %w", err)
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
