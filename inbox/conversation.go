package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// Owner is the one party a conversation belongs to.
type Owner string

// The owners.
const (
	Bot     Owner = "bot"
	Queue   Owner = "queue"
	AnAgent Owner = "agent" // then AgentID is set
)

// State is how a conversation stands with its owner. Legal pairs: bot active, closed; queue active; agent active, waiting, snoozed.
type State string

// The states.
const (
	Active  State = "active"
	Waiting State = "waiting" // on the resident
	Snoozed State = "snoozed" // until SnoozedUntil
	Closed  State = "closed"
)

// ErrNoConversation is returned when there is no such conversation.
var ErrNoConversation = errors.New("no such conversation")

// Conversation is one address's talk with the council, for ever. Times are UTC, zero when unset.
//
// Lock reads it and holds its row; change fields, then Save. AddressID, ContactID, Channel, Sender, To, Language, OptedOutAt and
// UnreachableAt belong to other rows: Save does not write them (SetLanguage, OptOut, OptIn do).
type Conversation struct {
	ID, AddressID, ContactID string
	Channel                  channels.Name
	Sender, To               channels.Address // ours; theirs, opened: never log it
	Language                 string           // the contact's; "" until known
	Owner                    Owner
	State                    State
	AgentID                  string
	Version, Epoch           int64  // +1 per transition · +1 when the bot's queued words lose their standing
	NextSeq                  int64  // the number the next message takes, in or out
	Session                  string // dialog.Session as JSON
	GreetedAt                time.Time
	InboundAt                time.Time // their last message by the database's clock: WhatsApp's window
	TurnedAt                 time.Time
	NudgeAt                  time.Time
	SnoozedUntil             time.Time
	WarnedAt                 time.Time // the last emergency line said while a person owned it
	OptedOutAt               time.Time
	UnreachableAt            time.Time
	CreatedAt                time.Time
	LeaseUntil               time.Time // one send long; only the outbox and the host's turn change it
	LeaseNode                string
	PacedAt                  time.Time // see early
	Flood                    Flood     // replies that brought nobody on, and what was said last
}

// conversationColumns are read by scan, in this order, from conversations c, addresses a and contacts k.
const conversationColumns = `c.id, c.address_id, c.contact_id, c.channel, c.sender, a.sealed, k.language, c.owner, c.state,
	COALESCE(c.agent_id, ''), c.version, c.epoch, c.next_seq, c.session, c.greeted_at, c.inbound_at, c.turned_at, c.nudge_at,
	c.snoozed_until, c.warned_at, a.opted_out_at, a.unreachable_at, c.created_at, c.lease_until, COALESCE(c.lease_node, ''), c.paced_at,
	c.flood`

const conversationTables = ` FROM conversations c JOIN addresses a ON a.id = c.address_id JOIN contacts k ON k.id = c.contact_id`

const readSQL = `SELECT ` + conversationColumns + conversationTables + ` WHERE c.id = $1`

// scanned is a conversation on its way out of a row: times may be NULL, the address is sealed.
type scanned struct {
	c      *Conversation
	sealed []byte
	times  [10]*time.Time
}

func (s *scanned) dest() []any {
	c := s.c
	return []any{&c.ID, &c.AddressID, &c.ContactID, &c.Channel, &c.Sender, &s.sealed, &c.Language, &c.Owner, &c.State,
		&c.AgentID, &c.Version, &c.Epoch, &c.NextSeq, &c.Session, &s.times[0], &s.times[1], &s.times[2], &s.times[3],
		&s.times[4], &s.times[5], &s.times[6], &s.times[7], &c.CreatedAt, &s.times[8], &c.LeaseNode, &s.times[9], &c.Flood.raw}
}

func (s *scanned) finish(in *Inbox) error {
	to, err := in.keys.Open("addresses", s.c.AddressID, s.sealed)
	if err != nil {
		return err
	}
	s.c.To = channels.Address(to)
	c := s.c
	for i, t := range []*time.Time{&c.GreetedAt, &c.InboundAt, &c.TurnedAt, &c.NudgeAt, &c.SnoozedUntil, &c.WarnedAt, &c.OptedOutAt,
		&c.UnreachableAt, &c.LeaseUntil, &c.PacedAt} {
		if s.times[i] != nil {
			*t = *s.times[i]
		} else {
			*t = time.Time{}
		}
	}
	return nil
}

// Lock takes the conversation's row lock for this transaction and reads it. It orders everything that happens to a conversation.
func (in *Inbox) Lock(ctx context.Context, tx *database.Tx, id string) (*Conversation, error) {
	b := &database.Batch{}
	if tx.Engine() == database.Postgres {
		// Locked first, read by a second statement: a row read while waiting would show the rows joined to it as they were.
		b.Exec(`SELECT id FROM conversations WHERE id = $1 FOR UPDATE`, id)
	}
	return in.read(ctx, tx, b, id)
}

// Get reads a conversation without locking it.
func (in *Inbox) Get(ctx context.Context, tx *database.Tx, id string) (*Conversation, error) {
	return in.read(ctx, tx, &database.Batch{}, id)
}

func (in *Inbox) read(ctx context.Context, tx *database.Tx, b *database.Batch, id string) (*Conversation, error) {
	s := scanned{c: &Conversation{}}
	var found bool
	b.RowOpt(&found, readSQL, id).Into(s.dest()...)
	if err := tx.Run(ctx, b); err != nil {
		return nil, fmt.Errorf("read conversation: %w", err)
	}
	if !found {
		return nil, ErrNoConversation
	}
	return s.c, s.finish(in)
}

// Save writes the conversation's own columns back. Its row must be locked by this transaction.
func (in *Inbox) Save(ctx context.Context, tx *database.Tx, c *Conversation) error {
	b := &database.Batch{}
	in.SaveTo(b, c)
	if err := tx.Run(ctx, b); err != nil {
		return fmt.Errorf("save conversation: %w", err)
	}
	return nil
}

// SaveTo is Save as part of a batch.
func (in *Inbox) SaveTo(b *database.Batch, c *Conversation) {
	b.Exec(`UPDATE conversations SET owner = $2, state = $3, agent_id = $4, version = $5, epoch = $6, next_seq = $7, session = $8,
		greeted_at = $9, inbound_at = $10, turned_at = $11, nudge_at = $12, snoozed_until = $13, warned_at = $14, sender = $15,
		lease_until = $16, lease_node = $17, paced_at = $18, flood = $19 WHERE id = $1`,
		c.ID, string(c.Owner), string(c.State), null(c.AgentID), c.Version, c.Epoch, c.NextSeq, c.Session, at(c.GreetedAt),
		at(c.InboundAt), at(c.TurnedAt), at(c.NudgeAt), at(c.SnoozedUntil), at(c.WarnedAt), string(c.Sender),
		at(c.LeaseUntil), null(c.LeaseNode), at(c.PacedAt), c.Flood.column())
}

// SetLanguage makes the contact's language the truth.
func (in *Inbox) SetLanguage(b *database.Batch, c *Conversation, tag string) {
	if c.Language == tag {
		return
	}
	c.Language = tag
	b.Exec(`UPDATE contacts SET language = $2 WHERE id = $1`, c.ContactID, tag)
}

// OptOut stops messages of kind Update to the conversation's address; OptIn undoes it.
func (in *Inbox) OptOut(b *database.Batch, c *Conversation, now time.Time) {
	if c.OptedOutAt.IsZero() {
		c.OptedOutAt = now
		b.Exec(`UPDATE addresses SET opted_out_at = $2 WHERE id = $1`, c.AddressID, now)
	}
}

// OptIn lets messages of kind Update go to the address again.
func (in *Inbox) OptIn(b *database.Batch, c *Conversation) {
	c.OptedOutAt = time.Time{}
	b.Exec(`UPDATE addresses SET opted_out_at = NULL WHERE id = $1`, c.AddressID)
}

// at is a time as a parameter: NULL when zero.
func at(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// null is a text as a parameter: NULL when empty.
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}
