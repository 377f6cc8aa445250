package concierge

import (
	"context"
	"time"

	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/phrase"
)

// turn is one turn in the making, inside one transaction that holds the conversation's lock. Its writes gather in b and go to the
// database at once, at the end; who must read back what it wrote uses tx directly.
//
// It is handed to the files beside this one: lookup.go answers the engine's questions (lookup), cases.go applies the events about
// cases (onCase).
type turn struct {
	elsewhere

	h   *Host
	tx  *database.Tx
	b   *database.Batch
	c   *inbox.Conversation
	m   *inbox.Inbound // what came in; nil when the bot speaks first
	now time.Time      // the database's
	tag string         // the language of this turn's words

	vars   []phrase.Var // Ref, Due, Link …: what the lines said after it may name
	events []dialog.Event
}

// set gives the lines said after it a value: t.set(phrase.Var{Name: "Ref", Text: "C7K-4M95"}).
func (t *turn) set(vars ...phrase.Var) { t.vars = append(t.vars, vars...) }

// elsewhere holds the place of methods that other files of this package give turn; theirs shadow these.
type elsewhere struct{}

// lookup answers the engine's questions inside the turn's transaction.
func (elsewhere) lookup() dialog.Lookup { return nil }

// onCase applies an event about cases: Filed, Joined, FixedAnswered, Added, and UpdatesSet with a reference. done is false for
// any other.
func (elsewhere) onCase(context.Context, dialog.Event) (done bool, err error) { return false, nil }
