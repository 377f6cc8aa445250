package inbox

import (
	"context"
	"fmt"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// Arrival is what the first batch of a turn finds: the conversation, locked, and what stands around it.
type Arrival struct {
	*Conversation
	Repeat    bool              // this message is here already: change nothing
	Announced bool              // a node copies in what it kept while the database was away: turns wait
	Waiting   bool              // earlier messages wait for their turn: nobody overtakes
	Queued    int               // messages still to be sent, held ones left out
	Sending   int               // messages in a provider's hands, or in doubt
	Held      bool              // messages are held, for the resident to write first
	HeldFirst bool              // the first-contact message among them
	Told      bool              // news of a case was written to this conversation once
	Prompts   []channels.Handle // messages of ours whose buttons still stand
}

// Arrive is where every message from a resident begins: it finds the conversation, making contact, address and conversation at
// first contact, locks its row, and takes the message's provider id. id is ours for the message; now is the process's clock, for
// the record only.
func (in *Inbox) Arrive(ctx context.Context, tx *database.Tx, m channels.Message, id string, now time.Time) (*Arrival, error) {
	if len(m.Also) > 0 {
		if err := in.identify(ctx, tx, m); err != nil {
			return nil, err
		}
	}
	index := in.index(m.From)
	a := &Arrival{Conversation: &Conversation{}}
	var fresh int64
	b := &database.Batch{}
	finish := in.look(tx, b, a, m.From, index)
	b.ExecCount(&fresh, `INSERT INTO received (channel, account, provider_id, message_id, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`, string(m.Channel), m.Account, in.keys.Hash("received", m.ID), id, now.UTC())
	if err := tx.Run(ctx, b); err != nil {
		return nil, fmt.Errorf("find conversation: %w", err)
	}
	if fresh == 0 {
		a.Repeat = true
		return a, nil
	}
	if found, err := finish(); found || err != nil {
		return a, err
	}
	b = &database.Batch{}
	in.begin(b, m, index, tx.Now())
	*a.Conversation = Conversation{}
	finish = in.look(tx, b, a, m.From, index)
	if err := tx.Run(ctx, b); err != nil {
		return nil, fmt.Errorf("open conversation: %w", err)
	}
	found, err := finish()
	if err == nil && !found {
		err = ErrNoConversation
	}
	return a, err
}

// outgoingSQL counts what a conversation has still to send, in one number: queued, sending, held, and the first-contact message.
const outgoingSQL = `(SELECT CAST(COALESCE(SUM(CASE WHEN p.status = 'sending' THEN 10000 WHEN p.reason = 'held_first' THEN 1000000000000
	WHEN p.reason = 'held' THEN 100000000 ELSE 1 END), 0) AS BIGINT)
	FROM messages p WHERE p.conversation_id = c.id AND NOT p.inbound AND p.status IN ('queued', 'sending'))`

// look adds the lock and the reading to a batch. They are two statements: a row read while waiting for its lock would show what
// stands around it as it was before.
//
// A conversation that another transaction made between the two is not locked, and so not found.
func (in *Inbox) look(tx *database.Tx, b *database.Batch, a *Arrival, from channels.Address, index []byte) (finish func() (found bool, err error)) {
	s := scanned{c: a.Conversation}
	var out int64
	var prompts string
	var there, locked bool
	if locked = tx.Engine() != database.Postgres; !locked {
		var id string
		b.RowOpt(&locked, lockByAddress, string(from.Kind()), index).Into(&id)
	}
	b.RowOpt(&there, lookSQL(tx.Engine()), string(from.Kind()), index).Into(append(s.dest(), &a.Waiting, &out, &a.Told, &prompts, &a.Announced)...)
	return func() (bool, error) {
		if !there || !locked {
			return false, nil
		}
		a.Queued, a.Sending = int(out%10000), int(out/10000%10000)
		a.HeldFirst = out >= 1000000000000
		a.Held = a.HeldFirst || out/100000000%10000 > 0
		a.Prompts = handles(prompts)
		return true, s.finish(in)
	}
}

const byAddress = ` WHERE a.kind = $1 AND a.index_hmac = $2 AND a.retired_at IS NULL`

const lockByAddress = `SELECT c.id FROM addresses a JOIN conversations c ON c.address_id = a.id` + byAddress + ` FOR UPDATE OF c`

func lookSQL(e database.Engine) string {
	if e == database.Postgres {
		return lookPostgres
	}
	return lookSQLite
}

const (
	lookPostgres = lookHead + announcedPostgres + lookTail
	lookSQLite   = lookHead + announcedSQLite + lookTail
)

const lookHead = `SELECT ` + conversationColumns + `,
	EXISTS (SELECT 1 FROM messages w WHERE w.conversation_id = c.id AND w.inbound AND w.taken = 'waiting'), ` + outgoingSQL + `,
	EXISTS (SELECT 1 FROM messages t WHERE t.conversation_id = c.id AND t.case_id IS NOT NULL), ` + promptsSQL + `c.id), ''), `

const lookTail = conversationTables + byAddress

// begin makes contact, address and conversation, each unless it is there: of many first messages at once one makes them.
func (in *Inbox) begin(b *database.Batch, m channels.Message, index []byte, now time.Time) {
	contact, address := in.newID(), in.newID()
	b.Exec(`INSERT INTO contacts (id, created_at, seen_at) VALUES ($1, $2, $2)`, contact, now)
	in.addAddress(b, address, contact, m.From, index, now)
	b.Exec(`DELETE FROM contacts WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM addresses WHERE contact_id = $1)`, contact)
	b.Exec(`INSERT INTO conversations (id, address_id, contact_id, channel, sender, created_at)
		SELECT $3, a.id, a.contact_id, $4, $5, $6 FROM addresses a WHERE a.kind = $1 AND a.index_hmac = $2 AND a.retired_at IS NULL
		ON CONFLICT (address_id) DO NOTHING`,
		string(m.From.Kind()), index, in.newID(), string(m.Channel), string(m.To), now)
}

func (in *Inbox) addAddress(b *database.Batch, id, contact string, a channels.Address, index []byte, now time.Time) {
	b.Exec(`INSERT INTO addresses (id, contact_id, kind, sealed, index_hmac, last4_hmac, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (kind, index_hmac) WHERE retired_at IS NULL DO NOTHING`,
		id, contact, string(a.Kind()), in.keys.Seal("addresses", id, []byte(a)), index, in.last4(a), now)
}

func (in *Inbox) index(a channels.Address) []byte { return in.keys.Index(string(a.Kind()), a.Value()) }

// last4 is how the desk finds a phone number by its last four digits; nil for what is no phone.
func (in *Inbox) last4(a channels.Address) []byte {
	if !a.IsPhone() {
		return nil
	}
	v := a.Value()
	return in.keys.Index("last4", v[len(v)-4:])
}

// Withdraw fails the held messages of a conversation: the resident wrote first. The caller knows from Arrival that there are some.
func (in *Inbox) Withdraw(b *database.Batch, c *Conversation) {
	b.Exec(`UPDATE messages SET status = 'failed', rank = $2, reason = 'withdrawn'
		WHERE conversation_id = $1 AND NOT inbound AND status = 'queued' AND reason LIKE 'held%'`, c.ID, channels.Failed.Rank())
}
