package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/feed"
)

// Result is what became of one send.
type Result struct {
	*Marked
	Handle channels.Handle
	Err    *channels.SendError // nil: the provider took it
	Passed int                 // how often Settle found its conversation busy
}

// The pauses before a message that was surely not sent is tried again; the last one repeats (docs/architecture.md).
var pauses = [...]time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute}

// A sender whose settings are wrong is tried so often: its messages wait no longer than that once it is mended.
const configurationPause = time.Minute

// pause is the wait after the n-th attempt, ± 20 %.
func (in *Inbox) pause(n int) time.Duration {
	return in.spread(pauses[min(max(n, 1), len(pauses))-1])
}

func (in *Inbox) spread(p time.Duration) time.Duration {
	return p + time.Duration((in.o.Chance()*0.4-0.2)*float64(p))
}

// wait is the pause after a result that says the message surely was not sent. A longer one that the provider asked for binds the sender,
// whose gate holds all its messages; what this one waits by itself is never longer than the longest pause.
func (in *Inbox) wait(r Result) time.Duration {
	if r.Err.Class == channels.Configuration {
		return min(in.pause(r.Out.Attempt), in.spread(configurationPause))
	}
	return min(max(in.pause(r.Out.Attempt), r.Err.After), longestPause)
}

// Contradicts tells, once it is stored, that a callback had brought another id for the same attempt, which stands.
func (r Result) Contradicts() bool { return r.Err == nil && r.own == 0 }

// Second tells, once it is stored, that the provider is known to have taken the message at another attempt too.
func (r Result) Second() bool { return r.Err == nil && r.second > 0 }

// Final tells that the message of this result needs no other send: what stands behind it may go.
func (r Result) Final() bool {
	if r.Err == nil {
		return true
	}
	switch r.Err.Class {
	case channels.Retry, channels.Throttled, channels.Configuration, channels.Uncertain, channels.WindowShut:
		return false
	}
	return true
}

// Seen tells whether the desk wants to hear of it: what a person wrote, and what failed.
func (r Result) Seen() bool { return r.Kind == Agent || (r.Err != nil && r.Final()) }

// SettleTo stores a result as part of a batch of whoever holds the conversation's lock, and frees its lease on c, which the caller
// saves.
func (in *Inbox) SettleTo(b *database.Batch, c *Conversation, r Result, node string, now time.Time) error {
	if c.LeaseNode == node && c.LeaseUntil.Equal(r.At.Add(Lease)) {
		c.LeaseUntil, c.LeaseNode = time.Time{}, ""
	}
	return in.settle(b, r, now)
}

// Settle stores results of sends in one transaction: of many conversations, never two of one. It takes the locks it gets at once; of
// busy conversations nothing is stored, and their results come back, for whoever holds the lock may take them along. Each other
// conversation's lease is freed, and its next message marked in the same transaction. more are those that need a look of their own.
func (in *Inbox) Settle(ctx context.Context, tx *database.Tx, results []Result, r Rules) (next []*Marked, more []string, busy []Result, err error) {
	results = slices.Clone(results) // in the order in which receipts are stored too: neither waits for the other in a ring
	slices.SortFunc(results, func(a, b Result) int { return strings.Compare(a.Out.ID, b.Out.ID) })
	locked, err := lockFree(ctx, tx, results)
	if err != nil {
		return nil, nil, nil, err
	}
	b := &database.Batch{}
	now := tx.Now()
	left := make([]bool, len(results))
	var settled []Result
	for i, one := range results {
		if !locked[i] {
			busy = append(busy, one)
			continue
		}
		b.Exec(freeSQL, one.Conversation, r.Node, one.At.Add(Lease))
		if err := in.settle(b, one, now); err != nil {
			return nil, nil, nil, err
		}
		b.Row(leftSQL, one.Conversation, now).Into(&left[i])
		settled = append(settled, one)
	}
	if err := tx.Run(ctx, b); err != nil {
		return nil, nil, nil, fmt.Errorf("store results: %w", err)
	}
	var ids []string
	for i, one := range results {
		if left[i] {
			ids = append(ids, one.Conversation)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids) // a result that came late may share its conversation with a newer one
	if len(ids) > 0 {
		if next, more, err = in.markMany(ctx, tx, ids, r); err != nil {
			return nil, nil, nil, err
		}
	}
	b = &database.Batch{}
	if refund(b, settled...); b.Len() > 0 {
		if err := tx.Run(ctx, b); err != nil {
			return nil, nil, nil, fmt.Errorf("store results: %w", err)
		}
	}
	return next, more, busy, nil
}

// lockFree takes the locks of those conversations that nobody holds, and says which. On SQLite the writer holds them all.
func lockFree(ctx context.Context, tx *database.Tx, results []Result) (locked []bool, err error) {
	locked = make([]bool, len(results))
	b := &database.Batch{}
	for i, one := range results {
		if locked[i] = tx.Engine() != database.Postgres; locked[i] {
			continue
		}
		var id string
		b.RowOpt(&locked[i], `SELECT id FROM conversations WHERE id = $1 FOR UPDATE SKIP LOCKED`, one.Conversation).Into(&id)
	}
	if b.Len() == 0 {
		return locked, nil
	}
	if err := tx.Run(ctx, b); err != nil {
		return nil, fmt.Errorf("store results: %w", err)
	}
	return locked, nil
}

const freeSQL = `UPDATE conversations SET lease_until = NULL, lease_node = NULL WHERE id = $1 AND lease_node = $2 AND lease_until = $3`

// settle adds to a batch what one result means. It is keyed by the attempt, so that a late truth is true; twice does no harm.
func (in *Inbox) settle(b *database.Batch, r Result, now time.Time) error {
	id, n := r.Out.ID, r.Out.Attempt
	if r.Seen() {
		b.Exec(feed.AppendSQL, now, FeedConversation, r.Conversation, int(FeedDelivery))
	}
	if r.Err == nil {
		retired(b, r)
		b.ExecCount(&r.own, `UPDATE attempts SET handle = $3, result = 'ok' WHERE message_id = $1 AND n = $2 AND (handle IS NULL OR handle = $3)`, id, n, string(r.Handle))
		if r.second = 0; n > 1 || now.Sub(r.At) > Lease { // only then can there be another
			copiesTo(b, id, n, &r.second)
		}
		b.Exec(`UPDATE messages SET status = 'sent', rank = $2, handle = $3, sent_at = $4 WHERE id = $1 AND rank < $2`,
			id, channels.Sent.Rank(), null(string(r.Handle)), now)
		return nil
	}
	b.Exec(`UPDATE attempts SET result = $3 WHERE message_id = $1 AND n = $2`, id, n, string(r.Err.Class))
	switch r.Err.Class {
	case channels.Uncertain:
		return nil // it stays sending; its due_at says when the doubt ends
	case channels.Retry, channels.Throttled, channels.Configuration:
		b.Exec(`UPDATE messages SET status = 'queued', rank = 0, due_at = $3, code = $4 WHERE id = $1 AND attempt = $2 AND status = 'sending'`,
			id, n, now.Add(in.wait(r)), r.Err.Code)
		return nil
	case channels.WindowShut:
		if r.Out.Template != nil && !r.Out.Shut {
			text, err := shutAgain(r.parts)
			if err != nil {
				return err
			}
			b.Exec(`UPDATE messages SET status = 'queued', rank = 0, due_at = $3, parts = $4 WHERE id = $1 AND attempt = $2 AND status = 'sending'`,
				id, n, now, text)
			return nil
		}
	default:
		marked(b, r.Conversation, r.Out.To.Kind(), r.Err.Class, r.Err.Code, now)
	}
	b.Exec(`UPDATE messages SET status = 'failed', rank = $3, reason = $4, code = $5 WHERE id = $1 AND attempt = $2 AND rank < $3`,
		id, n, channels.Failed.Rank(), string(r.Err.Class), r.Err.Code)
	return nil
}

// shutAgain notes in a message's parts that the provider says the window is shut.
func shutAgain(text string) (string, error) {
	var p parts
	if text != "" {
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return "", fmt.Errorf("decode message: %w", err)
		}
	}
	p.Shut = true
	out, err := json.Marshal(p)
	return string(out), err
}

// marked notes at the address what a provider's no means for messages to come. Who blocked us on WhatsApp can be written to again once
// they write, as one who could not be reached; who said STOP to the carrier must say START. A phone that is off says nothing of its
// number.
func marked(b *database.Batch, conversation string, n channels.Name, class channels.Class, code string, now time.Time) {
	switch {
	case class == channels.OptedOut && n == channels.SMS:
		b.Exec(`UPDATE addresses SET opted_out_at = $2 WHERE opted_out_at IS NULL AND id = (SELECT address_id FROM conversations WHERE id = $1)`,
			conversation, now)
	case class == channels.OptedOut, class == channels.Unreachable && !offAWhile[code]:
		b.Exec(`UPDATE addresses SET unreachable_at = $2 WHERE id = (SELECT address_id FROM conversations WHERE id = $1)`, conversation, now)
	}
}

// copiesTo counts the other attempts at a message that a provider is known to have taken.
func copiesTo(b *database.Batch, message string, n int, copies *int) {
	b.Row(`SELECT COUNT(*) FROM attempts WHERE message_id = $1 AND n <> $2 AND handle IS NOT NULL`, message, n).Into(copies)
}
