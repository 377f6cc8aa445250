package inbox

import (
	"math/rand/v2"
	"time"

	"concierge/internal/database"
	"concierge/internal/jobs"
	"concierge/internal/phrase"
	"concierge/internal/seal"
)

// Say words a line in a language; locales does it.
type Say func(tag string, l phrase.Line) string

// Options are what tests and the host set. The zero Options work.
type Options struct {
	// Wake is called after the commit of every transaction that wrote a message to a resident: there is something to send. It must
	// not block.
	Wake func(conversationID string)
	// NewID makes ids; nil is database.NewID.
	NewID func() string
	// Source is the language of last resort; empty is "en".
	Source string
	// Chance is from 0 to 1, another each time; nil is rand.Float64.
	Chance func() float64
}

// Inbox is the rules and the SQL of conversations. It is safe for use at once; nothing in it changes after New.
type Inbox struct {
	keys  *seal.Keys
	say   Say
	queue jobs.Queue
	o     Options
}

// New makes the rules.
func New(keys *seal.Keys, say Say, queue jobs.Queue, o Options) *Inbox {
	if o.NewID == nil {
		o.NewID = database.NewID
	}
	if o.Chance == nil {
		o.Chance = rand.Float64
	}
	if o.Source == "" {
		o.Source = "en"
	}
	return &Inbox{keys: keys, say: say, queue: queue, o: o}
}

func (in *Inbox) newID() string { return in.o.NewID() }

// Kind says what sort of message goes to a resident, and so which rules bind it.
type Kind string

// The kinds. Opt-out, quiet hours and daily limits touch Update only.
const (
	Reply  Kind = "reply"  // a turn's answers, a filed reference, lines of a handoff
	Agent  Kind = "agent"  // a person's words
	Update Kind = "update" // unasked: case news, reminders, nudges
	Safety Kind = "safety" // an emergency line: always
)

// How long we try to send a message of each kind (docs/architecture.md, "Pace and patience").
const (
	replyPatience  = time.Hour
	updatePatience = 24 * time.Hour
)

func (k Kind) patience() time.Duration {
	if k == Agent || k == Update {
		return updatePatience
	}
	return replyPatience
}
