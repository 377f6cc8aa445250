package concierge

import (
	"context"
	"errors"

	"concierge/channels"
)

var errUnbuilt = errors.New("not yet")

// Receive stores a message once and takes its turn. A nil error means it is on disk.
func (h *Host) Receive(ctx context.Context, m channels.Message) error { return errUnbuilt }

// Receipt moves a message of ours forward.
func (h *Host) Receipt(ctx context.Context, r channels.Receipt) error { return errUnbuilt }

// Quarantine keeps what is authentic but cannot be read, sealed.
func (h *Host) Quarantine(ctx context.Context, from channels.Name, id string, raw []byte) error {
	return errUnbuilt
}
