package inbox

import (
	"time"

	"concierge/channels"
)

// Lease is how long one send may take before another node may look at its conversation: more than the 8 s of a provider's call.
const Lease = 15 * time.Second

// A lease or a pause further ahead than these is void: somebody's clock was set back (docs/architecture.md, "Clocks").
const (
	longestLease = time.Minute
	longestPause = 40 * time.Minute
	longestDoubt = 2 * lastAsk
)

// expired is the reason of what its time has passed for.
const expired = "expired"

// tries is how often a message is sent and nobody knows its fate; then it is failed, and staff see it.
const tries = 3

// Rules are what the mark checks besides what the rows say.
type Rules struct {
	Node  string
	Quiet func(now time.Time) (until time.Time, quiet bool) // kind Update only; nil: never
	// Enter asks for room to send, once a message is found that may go; false leaves it queued. k is the most urgent kind the
	// conversation has to send: what stands before a reply goes as if it were one. nil: always.
	Enter func(c *Conversation, k Kind) bool
	// EnterToAsk asks for room for a question about a send in doubt, which is no message. nil: always.
	EnterToAsk func(c *Conversation, k Kind) bool
	// Each is how far apart messages to one person of a channel must be on average; nil: as they come.
	Each func(channels.Name) time.Duration
	// Later is told of a conversation that has to wait for its person's pace, and how long. May be nil.
	Later func(conversation string, d time.Duration)
	// Asks tells whether a channel's provider can be asked what became of a send; nil: none can.
	Asks func(channels.Name) bool
	// Barred tells why nothing may be sent to an address, whatever the kind; "" when it may. nil: always.
	Barred func(channels.Address) (why string)
	// Purse caps what a day may cost; nil: nothing is counted.
	Purse *Purse
	// Ended is told of each message the mark would not let go, and why; nil: nobody is.
	Ended func(n channels.Name, why string)
	// Wait tells that the answer to a doubt may still lie in this node's spool; nil: no.
	Wait func() bool
}

// Leased tells whether a send of this conversation is in flight.
func (c *Conversation) Leased(now time.Time) bool {
	return c.LeaseUntil.After(now) && c.LeaseUntil.Sub(now) <= longestLease
}

func (r *Rules) barred(c *Conversation) (why string) {
	if r.Barred == nil {
		return ""
	}
	return r.Barred(c.To)
}

func (r *Rules) ended(c *Conversation, why string) {
	if r.Ended != nil {
		r.Ended(c.Channel, why)
	}
}

// doubt is how long a send stays in doubt before something is done: where nobody can be asked it is made again, Telegram's at the end of
// its lease. Twilio is asked, if its callback has not come.
func (r Rules) doubt(n channels.Name) time.Duration {
	switch {
	case n == channels.Telegram:
		return Lease
	case r.Asks != nil && r.Asks(n):
		return firstAsk
	}
	return lastAsk
}
