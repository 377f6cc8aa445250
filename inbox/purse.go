package inbox

import (
	"context"
	"errors"
	"fmt"
	"math"
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

// Ring raises the alarm that the mark of a turn's first message may be due, once it is paid.
func (m *Marked) Ring(ctx context.Context, tx *database.Tx) error { return m.Bill.ring(ctx, tx) }
