package channels

import "time"

// Outgoing is one message to a resident; after Render it is one provider message.
type Outgoing struct {
	ID       string // ours; rides on the provider's callback with Attempt
	Attempt  int
	To, From Address
	Text     string
	Expires  time.Time
	Choices  []Choice
	Named    bool      // the text says how to type the answer: no numbered list where there are no buttons
	Open     string    // the word that opens a WhatsApp list
	Pin      string    // Telegram's "Share location" button; "" none
	Photo    string    // an agent's photo: our own URL
	Template *Template // for WhatsApp outside its window
	Shut     bool      // the window was shut at the mark: send the template
	Retire   []Handle  // prompts whose buttons are spent
}

// Inline tells whether its choices are buttons under the message, which stay there: not those of a keyboard that asks for a pin.
func (o Outgoing) Inline() bool { return len(o.Choices) > 0 && o.Pin == "" }

// Choice is one button, list row or numbered line. Data is at most 64 bytes of printable ASCII, opaque here.
type Choice struct {
	Data  string `json:"d"`
	Label string `json:"l"`
	Hint  string `json:"h,omitempty"`
}

// Template is an approved WhatsApp template by our key; the adapter knows its id.
type Template struct {
	Key    string   `json:"k"`           // case_update, case_fixed
	Tag    string   `json:"t"`           // the language wished
	Values []string `json:"v"`           // in the order the English source first names them
	Data   []string `json:"d,omitempty"` // quick-reply data, in order
}

// Receipt is news of a message we sent.
type Receipt struct {
	Channel      Name
	Message      string // ours, from the callback; "" when only Handle is known
	Attempt      int
	Handle       Handle
	Status       Status
	Reason, Code string        // Code is the provider's, for staff
	After        time.Duration `json:",omitempty"` // of a failure: not before this long; 0 when the provider did not say
}

// Status is how far an outbound message came. It only moves forward.
type Status string

// The statuses, in order; failed beats sent but never delivered.
const (
	Queued    Status = "queued"
	Sending   Status = "sending"
	Sent      Status = "sent"
	Delivered Status = "delivered"
	Read      Status = "read"
	Failed    Status = "failed"
)

// Rank orders statuses so that SQL can keep them moving forward (WHERE rank < $new).
func (s Status) Rank() int {
	switch s {
	case Sending:
		return 1
	case Sent:
		return 2
	case Failed:
		return 3
	case Delivered:
		return 4
	case Read:
		return 5
	}
	return 0
}
