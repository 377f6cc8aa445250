package inbox

import (
	"time"

	"concierge/channels"
	"concierge/internal/phrase"
)

// Words are one message before it has a language: lines, or text as it is. Render may make several provider messages of it.
type Words struct {
	Lines    []phrase.Line // each on its own line; the open question is the last
	Text     string        // instead of Lines: words as they are (an agent's)
	Choices  []Choice
	Named    bool        // the words say how to type the answer: no numbered list
	Open     phrase.Line // the word that opens a WhatsApp list
	Pin      bool        // offer to share the position
	Photo    string      // a photo that goes along: our own URL
	Template *Template   // for WhatsApp outside its window

	Cause    string        // turn:<in>:<n>, update:<id>:<follower>, agent:<id> …: twice writes once; "" none
	Keep     bool          // a filed reference: no takeover overtakes it
	Hold     time.Duration // send after this long, and not at all if the resident writes first
	Author   string        // the agent who wrote it
	Case     string        // the case an update tells about
	Due      time.Time     // not before; zero: now
	Expires  time.Time     // zero: by kind
	Language string        // "" is the conversation's
	First    bool          // the message after the first reply: withdrawn with it, it is written again
}

// Choice is one thing to pick. Data is at most 64 bytes of printable ASCII.
type Choice struct {
	Data        string
	Label, Hint phrase.Line
}

// Template is an approved WhatsApp template and its values, each a line, in the order the English source first names them.
type Template struct {
	Key    string // case_update, case_fixed
	Values []phrase.Line
	Data   []string // quick replies' data, in order
}

// parts is what a row keeps of an outbound message beside its text, as JSON.
type parts struct {
	Choices  []channels.Choice  `json:"c,omitempty"`
	Named    bool               `json:"n,omitempty"`
	Open     string             `json:"o,omitempty"`
	Pin      string             `json:"p,omitempty"`
	Photo    string             `json:"f,omitempty"`
	Template *channels.Template `json:"t,omitempty"`
	Shut     bool               `json:"s,omitempty"` // the provider said so: the template, whatever our clock says
	Retire   []channels.Handle  `json:"r,omitempty"`
}
