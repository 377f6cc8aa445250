package dialog

import "time"

// Input is one inbound message as the engine sees it. Time arrives as durations, places and references are asked of Lookup.
type Input struct {
	Message  string // our id of the inbound message
	Kind     Kind
	Text     string // at most 4,096 runes; a photo's caption too
	Press    string // the data of a button: "<run>:<slot>=<value>" or "case:<reference>=<word>"
	Label    string // the words on that button
	Location *Location
	Media    []string      // kinds, in order: photo file voice audio video sticker
	Payload  string        // what followed /start
	Edits    string        // our id of the message this is a new text of
	About    []string      // references of cases we wrote an update about in the last 24 h (newest first), or the one quoted
	Quoted   bool          // About is the one case whose message this answers
	Fixed    bool          // the last of those updates asked "is it fixed?"
	First    bool          // nothing was ever said to this address
	Hint     string        // the channel's language tag, already matched to an offered one; "" none
	Since    time.Duration // since the turn before; 0 on the first
	Returned string        // after a person: resume, menu, silent or a case's reference
	Run      int           // the run whose question this answers, where the channel says so: a link of ours; 0 whichever is open
	Filed    string        // the reference that run was filed as
	Plain    bool          // a channel without buttons: "reply 1 to skip", not "press Skip"
	Upload   bool          // a channel that takes no photo and no pin: a page behind a link does
}

// Kind is what sort of thing came in.
type Kind string

// The kinds a turn is taken for; the host has dealt with all others.
const (
	Text     Kind = "text"
	Press    Kind = "press"
	Pin      Kind = "location"
	Media    Kind = "media"
	Start    Kind = "start"
	Edit     Kind = "edit"
	OptIn    Kind = "opt_in"
	Returned Kind = "returned" // a person handed the conversation back
	Resume   Kind = "resume"   // the host asks for the open question again (after an outage, say)
)

// Location is a pin as the phone sent it.
type Location struct {
	Lat, Lon, Metres float64
	Label            string
	Live             bool
}
