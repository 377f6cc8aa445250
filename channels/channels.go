// Package channels holds the words every channel shares: what comes in (Message), what goes out (Outgoing), who it is for (Address),
// what became of it (Receipt), and how one message is rendered for a channel that has buttons or has none. It refuses to know
// phrases, SQL, languages and cases.
package channels

import (
	"context"
	"io"
)

// Name is a channel: SMS, WhatsApp or Telegram.
type Name string

// The channels there are.
const (
	SMS      Name = "sms"
	WhatsApp Name = "whatsapp"
	Telegram Name = "telegram"
)

// Channel is a way out to residents. Its methods are safe for use at once.
type Channel interface {
	// Name tells which channel this is; what it can is Can(name).
	Name() Name
	// Send makes ONE provider message of o. The error is always a *SendError.
	Send(ctx context.Context, o Outgoing) (Handle, error)
	// Fetch opens a photo or file a resident sent. For the media job only; the caller closes it.
	Fetch(ctx context.Context, m Media) (io.ReadCloser, error)
}

// Receiver is the host as a webhook sees it. A nil error means: on disk.
type Receiver interface {
	Receive(ctx context.Context, m Message) error
	Receipt(ctx context.Context, r Receipt) error
	// Quarantine keeps what is authentic but cannot be read, sealed, for 7 days.
	Quarantine(ctx context.Context, from Name, id string, raw []byte) error
}
