package concierge

import (
	"context"
	"fmt"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
)

// Receipt moves a message of ours forward, and settles a send whose fate was in doubt. A nil error means it is on disk, or that
// there is nothing to keep.
func (h *Host) Receipt(ctx context.Context, r channels.Receipt) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), receiveTime)
	defer cancel()
	var did inbox.Heeded
	err := h.s.DB.Write(ctx, func(tx *database.Tx) error {
		heeded, conversation, err := h.s.Inbox.Receipt(ctx, tx, r)
		did = heeded
		if err == nil && heeded == inbox.Moved && conversation != "" {
			tx.AfterCommit(func() { h.Wake(conversation) })
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	status := string(r.Status)
	if did == inbox.Unknown || did == inbox.Contradicts {
		status = string(did)
	}
	h.s.Metrics.Receipts.WithLabelValues(string(r.Channel), status).Inc()
	return nil
}

// Quarantine keeps what is authentic but cannot be read, sealed, for 7 days.
func (h *Host) Quarantine(ctx context.Context, from channels.Name, id string, raw []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), receiveTime)
	defer cancel()
	row := h.s.NewID()
	sealed := h.s.Keys.Seal("quarantine", row, raw)
	err := h.s.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO quarantine (id, channel, provider_id, sealed, at) VALUES ($1, $2, $3, $4, $5)`,
			row, string(from), h.s.Keys.Hash("received", id), sealed, tx.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	h.s.Metrics.Received.WithLabelValues(string(from), "quarantine").Inc()
	h.s.Log.Warn("unreadable message set aside", "channel", string(from), "quarantine", row)
	return nil
}
