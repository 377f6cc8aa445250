package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/feed"
)

// Heeded says what a receipt did.
type Heeded string

// What becomes of a receipt.
const (
	Moved       Heeded = "moved"       // the message moved forward
	Stale       Heeded = "stale"       // early, late, doubled or reversed: nothing to change
	Unknown     Heeded = "unknown"     // none of our messages
	Contradicts Heeded = "contradicts" // another id than the one we hold
	Early       Heeded = "early"       // none of our messages yet: kept for an hour
)

// offAWhile are Twilio's codes of a phone that is off or out of reach: worth one more try in an hour, for what is not urgent.
var offAWhile = map[string]bool{"30003": true, "30008": true}

// Receipts moves messages forward by news of them, never back: many at once, so that they share a commit. News may come before the
// send's own result and then settles it. did answers each receipt in its place.
func (in *Inbox) Receipts(ctx context.Context, tx *database.Tx, all []channels.Receipt) (did []Receipted, err error) {
	did = make([]Receipted, len(all))
	found := make([]bool, len(all))
	about := make([]receipted, len(all))
	b := &database.Batch{}
	for i, r := range all {
		did[i] = Receipted{Receipt: r, Heeded: Unknown}
		about[i].look(b, r, &found[i])
	}
	if err := tx.Run(ctx, b); err != nil {
		return nil, fmt.Errorf("find messages of receipts: %w", err)
	}
	if err := in.lockFailed(ctx, tx, all, about, found); err != nil {
		return nil, err
	}
	order := toStore(did, about, found)
	moved, kept, copies := make([]int64, len(all)), make([]int64, len(all)), make([]int, len(all))
	b = &database.Batch{}
	for i, r := range all {
		if !found[i] && r.Handle != "" {
			keepEarly(b, r, tx.Now(), &kept[i])
		}
	}
	for _, i := range order {
		about[i].store(b, all[i], tx.Now(), &moved[i])
		if about[i].attempt > 1 && about[i].handle == "" && all[i].Handle != "" {
			copiesTo(b, about[i].id, about[i].n, &copies[i])
		}
	}
	if err := tx.Run(ctx, b); err != nil {
		return nil, fmt.Errorf("store receipts: %w", err)
	}
	for i := range all {
		if kept[i] > 0 {
			did[i].Heeded = Early
		}
	}
	for _, i := range order {
		did[i].Second = copies[i] > 0
		if did[i].Heeded = Stale; moved[i] == 0 {
			continue
		}
		did[i].Heeded = Moved
		if all[i].Status == channels.Failed {
			if did[i].Sender, err = in.consequences(ctx, tx, all[i], &about[i]); err != nil {
				return nil, err
			}
		}
		if all[i].Status == channels.Failed || about[i].status == channels.Sending {
			did[i].Conversation = about[i].conversation
		}
	}
	return did, nil
}

// toStore is which receipts may move their message, in the order of the messages: rows are locked in one order, whoever stores them. Of
// those found that may not, did says why.
func toStore(did []Receipted, about []receipted, found []bool) (order []int) {
	for i := range did {
		m, r := &about[i], &did[i]
		switch {
		case !found[i]:
		case m.handle != "" && r.Handle != "" && m.handle != string(r.Handle):
			r.Heeded = Contradicts
		case r.Status == channels.Failed && m.n < m.attempt:
			r.Heeded = Stale // a later attempt is under way
		default:
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return strings.Compare(about[i].id, about[j].id) })
	return order
}

// lockFailed takes the locks of conversations that a failure will write to, before any of a message's row: whoever holds a conversation
// may want that row too.
func (in *Inbox) lockFailed(ctx context.Context, tx *database.Tx, all []channels.Receipt, about []receipted, found []bool) error {
	if tx.Engine() != database.Postgres {
		return nil
	}
	var ids []string
	for i, r := range all {
		if found[i] && r.Status == channels.Failed {
			ids = append(ids, about[i].conversation)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	b := &database.Batch{}
	for _, id := range slices.Compact(ids) {
		b.Exec(`SELECT id FROM conversations WHERE id = $1 FOR UPDATE`, id)
	}
	if err := tx.Run(ctx, b); err != nil {
		return fmt.Errorf("lock conversations of receipts: %w", err)
	}
	return nil
}

// Receipted is what one receipt did; the conversation is named when something of it may be sent now.
type Receipted struct {
	channels.Receipt
	Heeded       Heeded
	Conversation string
	Sender       channels.Address // of ours, which has to wait, or is set up wrong; "" none
	Second       bool             // the provider is known to have taken the message at another attempt too
}

// receipted is the message a receipt is about, and which attempt at it.
type receipted struct {
	id, conversation, handle, parts string
	status                          channels.Status
	kind                            Kind
	n, attempt                      int
}

const receiptedSQL = `SELECT m.id, m.conversation_id, COALESCE(a.handle, ''), m.kind, a.n, m.attempt, m.parts, m.status
	FROM messages m JOIN attempts a ON a.message_id = m.id`

func (m *receipted) look(b *database.Batch, r channels.Receipt, found *bool) {
	where, args := ` WHERE m.id = $1 AND a.n = $2`, []any{r.Message, r.Attempt}
	if r.Message == "" {
		where, args = ` WHERE m.handle = $1 AND NOT m.inbound AND a.handle = $1`, []any{string(r.Handle)}
	}
	b.RowOpt(found, receiptedSQL+where, args...).Into(&m.id, &m.conversation, &m.handle, &m.kind, &m.n, &m.attempt, &m.parts, &m.status)
}

// store moves the message and its attempt, forward only.
func (m *receipted) store(b *database.Batch, r channels.Receipt, now time.Time, moved *int64) {
	if r.Status == channels.Failed {
		b.Exec(`UPDATE attempts SET handle = COALESCE(handle, $3), result = $4 WHERE message_id = $1 AND n = $2`, m.id, m.n, null(string(r.Handle)), r.Reason)
		b.ExecCount(moved, `UPDATE messages SET status = 'failed', rank = $2, handle = COALESCE(handle, $3), reason = $4, code = $5 WHERE id = $1 AND rank < $2`,
			m.id, channels.Failed.Rank(), null(string(r.Handle)), r.Reason, r.Code)
		return
	}
	status := r.Status
	if status.Rank() < channels.Sent.Rank() {
		status = channels.Sent // the provider has it: that is what our sent means
	}
	if m.handle == "" {
		b.Exec(`UPDATE attempts SET handle = $3, result = 'ok' WHERE message_id = $1 AND n = $2 AND handle IS NULL`, m.id, m.n, null(string(r.Handle)))
	}
	b.ExecCount(moved, `UPDATE messages SET status = $2, rank = $3, handle = COALESCE(handle, $4), sent_at = COALESCE(sent_at, $5), reason = '', code = ''
		WHERE id = $1 AND rank < $3`, m.id, string(status), status.Rank(), null(string(r.Handle)), now)
}

// consequences: the provider took the message and then could not bring it. What its class means is the same as at the send. sender is
// ours when it is the sender that must wait, and not the resident who cannot be reached.
func (in *Inbox) consequences(ctx context.Context, tx *database.Tx, r channels.Receipt, m *receipted) (sender channels.Address, err error) {
	now := tx.Now()
	if err := feed.Append(ctx, tx, FeedConversation, m.conversation, FeedDelivery); err != nil {
		return "", err
	}
	var out channels.Outgoing
	shut, err := decode(m.parts, &out)
	if err != nil {
		return "", err
	}
	switch class := channels.Class(r.Reason); {
	case class == channels.Throttled, class == channels.Configuration:
		return in.again(ctx, tx, m, once{due: now.Add(max(r.After, pauses[0])), often: true})
	case offAWhile[r.Code]:
		if m.kind == Update || m.kind == Agent {
			due := now.Add(time.Hour)
			_, err = in.again(ctx, tx, m, once{due: due, expires: due.Add(m.kind.patience())})
		}
	case class == channels.WindowShut && out.Template != nil && !shut:
		_, err = in.again(ctx, tx, m, once{due: now, expires: now.Add(m.kind.patience()), shut: true})
	default:
		b := &database.Batch{}
		marked(b, m.conversation, r.Channel, class, r.Code, now)
		err = tx.Run(ctx, b)
	}
	return "", err
}
