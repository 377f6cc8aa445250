package inbox

import (
	"encoding/json"
	"fmt"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// Inbound is one message from a resident as it is stored.
type Inbound struct {
	channels.Message
	ID    string // ours; Message.ID is the provider's
	Seq   int64
	At    time.Time // when we received it, by the database's clock
	Taken Taken
	Tries int
	Late  bool // a message that came after it had its turn before

	Asked  string // of a swept message: what we had asked when it came, in the host's words
	Filled bool   // its true copy came after its turn: it has another, if the question is still open
}

// Taken says what became of an inbound message.
type Taken string

// What becomes of an inbound message.
const (
	ForTurn Taken = "waiting" // stored without its turn; later ones wait behind it
	Done    Taken = "taken"
	Aside   Taken = "aside" // its turn failed three times
	ForDesk Taken = "desk"  // a person's to read
)

// received is what a row keeps of an inbound message beside its text, as JSON: enough to take its turn later.
type received struct {
	Account   string             `json:"a,omitempty"`
	ID        string             `json:"i,omitempty"`
	ReplyTo   channels.Handle    `json:"q,omitempty"`
	Edits     channels.Handle    `json:"e,omitempty"`
	Press     *channels.Press    `json:"p,omitempty"`
	Location  *channels.Location `json:"l,omitempty"`
	Media     []channels.Media   `json:"m,omitempty"`
	Album     string             `json:"b,omitempty"`
	Payload   string             `json:"s,omitempty"`
	Language  string             `json:"g,omitempty"`
	Forwarded bool               `json:"f,omitempty"`
	Late      bool               `json:"w,omitempty"`
	Asked     string             `json:"o,omitempty"`
	Filled    bool               `json:"t,omitempty"`
}

// Number gives an inbound message the conversation's next number, unless it has one: what is said about it comes behind it.
func (in *Inbox) Number(c *Conversation, m *Inbound) {
	if m.Seq == 0 {
		m.Seq = c.NextSeq
		c.NextSeq++
	}
}

// Keep stores an inbound message under its number, as part of a batch. The caller saves c.NextSeq.
func (in *Inbox) Keep(b *database.Batch, c *Conversation, m *Inbound) error {
	extra, err := m.encode()
	if err != nil {
		return err
	}
	in.Number(c, m)
	b.Exec(`INSERT INTO messages (id, conversation_id, seq, inbound, kind, language, body, parts, handle, created_at, taken, tries)
		VALUES ($1, $2, $3, TRUE, $4, $5, $6, $7, $8, $9, $10, $11)`,
		m.ID, c.ID, m.Seq, string(m.Kind), c.Language, m.Text, extra, null(string(m.Handle)), m.At, string(m.Taken), m.Tries)
	return nil
}

func (m *Inbound) encode() (string, error) {
	r := received{ReplyTo: m.ReplyTo, Edits: m.Edits, Location: m.Location, Media: m.Media, Album: m.Album, Payload: m.Payload,
		Language: m.Language, Forwarded: m.Forwarded, Late: m.Late, Asked: m.Asked, Filled: m.Filled}
	plain := m.ReplyTo == "" && m.Edits == "" && m.Location == nil && m.Media == nil && m.Album == "" && m.Payload == "" && !m.Forwarded && !m.Late && m.Asked == ""
	if m.Press != (channels.Press{}) {
		r.Press, plain = &m.Press, false
	}
	if plain && m.Taken != ForTurn {
		return "", nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("encode message: %w", err)
	}
	return string(text), nil
}
