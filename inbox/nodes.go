package inbox

import (
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// A node shows that it lives each second; who was silent for nodeGone has no share of a sender's rate any more. What nobody renewed for
// nodeKept is forgotten.
const (
	nodeGone = 5 * time.Second
	nodeKept = 24 * time.Hour
)

// BeatTo adds to a batch that a node lives, and counts those that do.
func (in *Inbox) BeatTo(b *database.Batch, node, version string, now time.Time, live *int) {
	b.Exec(`INSERT INTO nodes (id, version, started_at, renewed_at) VALUES ($1, $2, $3, $3) ON CONFLICT (id) DO UPDATE SET renewed_at = $3`, node, version, now)
	LiveTo(b, now, live)
}

// LiveTo counts, as part of a batch, the nodes that live. One from the future is as dead as an old one: a clock was set back since.
func LiveTo(b *database.Batch, now time.Time, live *int) {
	b.Row(`SELECT COUNT(*) FROM nodes WHERE renewed_at > $1 AND renewed_at <= $2`, now.Add(-nodeGone), now.Add(nodeGone)).Into(live)
}

// GoneTo takes a node away that stops, and those long gone.
func (in *Inbox) GoneTo(b *database.Batch, node string, now time.Time) {
	b.Exec(`DELETE FROM nodes WHERE id = $1 OR renewed_at < $2`, node, now.Add(-nodeKept))
}

// Hold is a sender of ours that a provider told to wait, or that is set up wrong.
type Hold struct {
	Channel channels.Name
	Sender  channels.Address
	For     time.Duration // from now
	Why     channels.Class
	Code    string // the provider's
}

// longestHold is the longest Retry-After we heed (channels/call); further ahead a clock was set back.
const longestHold = 24 * time.Hour

// HoldTo adds to a batch that all nodes keep a sender still. A hold is never shortened, unless it is void.
func (in *Inbox) HoldTo(b *database.Batch, h Hold, now time.Time) {
	b.Exec(`INSERT INTO senders (channel, sender, held_until, why, code, told_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (channel, sender) DO UPDATE SET held_until = $3, why = $4, code = $5, told_at = $6
		WHERE senders.held_until < $3 OR senders.held_until > $7`,
		string(h.Channel), string(h.Sender), now.Add(h.For), string(h.Why), h.Code, now, now.Add(longestHold))
}

// HoldsTo reads, as part of a batch, which senders are held.
func (in *Inbox) HoldsTo(b *database.Batch, now time.Time, all *[]Hold) {
	b.Each(`SELECT channel, sender, held_until, why, code FROM senders WHERE held_until > $1 AND held_until <= $2`, func(scan func(...any) error) error {
		var h Hold
		var until time.Time
		if err := scan(&h.Channel, &h.Sender, &until, &h.Why, &h.Code); err != nil {
			return err
		}
		h.For = until.Sub(now)
		*all = append(*all, h)
		return nil
	}, now, now.Add(longestHold))
}
