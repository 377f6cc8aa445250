package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// Result is what became of one send.
type Result struct {
	*Marked
	Handle channels.Handle
	Err    *channels.SendError // nil: the provider took it
}

// The pauses before a message that was surely not sent is tried again; the last one repeats (docs/architecture.md).
var pauses = [...]time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute}

// pause is the wait after the n-th attempt, ± 20 %.
func pause(n int) time.Duration {
	p := pauses[min(max(n, 1), len(pauses))-1]
	return p + time.Duration((rand.Float64()*0.4-0.2)*float64(p))
}

// Settle stores results of sends in the caller's transaction, frees their leases and tells whose conversation it could not lock at
// once: Free must free those. Results of many conversations share one transaction so; never two of one conversation. It
// waits for nobody's lock: a slow turn holds up its own conversation alone. more are those freed that have something else to send.
func (in *Inbox) Settle(ctx context.Context, tx *database.Tx, node string, results []Result) (more []string, busy []*Marked, err error) {
	results = slices.Clone(results)
	slices.SortFunc(results, func(a, b Result) int { return strings.Compare(a.Conversation, b.Conversation) })
	b := &database.Batch{}
	freed, left := make([]int64, len(results)), make([]bool, len(results))
	now := tx.Now()
	skip := ""
	if tx.Engine() == database.Postgres {
		skip = " FOR UPDATE SKIP LOCKED"
	}
	for i, r := range results {
		b.ExecCount(&freed[i], `UPDATE conversations SET lease_until = NULL, lease_node = NULL
			WHERE id = (SELECT id FROM conversations WHERE id = $1 AND lease_node = $2 AND lease_until = $3`+skip+`)`, r.Conversation, node, r.At.Add(Lease))
		if err := in.settle(b, r, now); err != nil {
			return nil, nil, err
		}
		b.Row(leftSQL, r.Conversation, now).Into(&left[i])
	}
	if err := tx.Run(ctx, b); err != nil {
		return nil, nil, fmt.Errorf("store results: %w", err)
	}
	for i, r := range results {
		switch {
		case freed[i] == 0:
			busy = append(busy, r.Marked)
		case left[i]:
			more = append(more, r.Conversation)
		}
	}
	return more, busy, nil
}

// settle adds to a batch what one result means. It is keyed by the attempt, so that a late truth is true; twice does no harm.
func (in *Inbox) settle(b *database.Batch, r Result, now time.Time) error {
	id, n := r.Out.ID, r.Out.Attempt
	if r.Err == nil {
		b.Exec(`UPDATE attempts SET handle = $3, result = 'ok' WHERE message_id = $1 AND n = $2`, id, n, string(r.Handle))
		b.Exec(`UPDATE messages SET status = 'sent', rank = $2, handle = $3, sent_at = $4 WHERE id = $1 AND rank < $2`,
			id, channels.Sent.Rank(), null(string(r.Handle)), now)
		return nil
	}
	b.Exec(`UPDATE attempts SET result = $3 WHERE message_id = $1 AND n = $2`, id, n, string(r.Err.Class))
	switch r.Err.Class {
	case channels.Uncertain:
		return nil // it stays sending; its due_at says when the doubt ends
	case channels.Retry, channels.Throttled, channels.Configuration:
		wait := max(pause(n), r.Err.After)
		b.Exec(`UPDATE messages SET status = 'queued', rank = 0, due_at = $3, code = $4 WHERE id = $1 AND attempt = $2 AND status = 'sending'`,
			id, n, now.Add(wait), r.Err.Code)
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
	case channels.OptedOut:
		b.Exec(`UPDATE addresses SET opted_out_at = $2 WHERE opted_out_at IS NULL AND id = (SELECT address_id FROM conversations WHERE id = $1)`,
			r.Conversation, now)
	case channels.Unreachable:
		b.Exec(`UPDATE addresses SET unreachable_at = $2 WHERE id = (SELECT address_id FROM conversations WHERE id = $1)`, r.Conversation, now)
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

// Free gives up the lease of a conversation that Settle found busy, and tells whether it has something else to send. It waits for
// the conversation's lock; a lease of another send stays.
func (in *Inbox) Free(ctx context.Context, tx *database.Tx, node string, sent *Marked) (more bool, err error) {
	b := &database.Batch{}
	b.Exec(`UPDATE conversations SET lease_until = NULL, lease_node = NULL WHERE id = $1 AND lease_node = $2 AND lease_until = $3`,
		sent.Conversation, node, sent.At.Add(Lease))
	b.Row(leftSQL, sent.Conversation, tx.Now()).Into(&more)
	if err := tx.Run(ctx, b); err != nil {
		return false, fmt.Errorf("free lease: %w", err)
	}
	return more, nil
}

const leftSQL = `SELECT EXISTS (SELECT 1 FROM messages WHERE conversation_id = $1 AND NOT inbound AND status IN ('queued', 'sending') AND due_at <= $2)`
