package dialog

import "concierge/dialog/understand"

// Event is what a turn wants done. The host applies events in order, in the turn's own transaction.
type Event interface{ event() }

type (
	// Said is one message to the resident: its lines, then the choices. The open question is the last line; a link stands above.
	// The host fills variables the engine cannot know, by name: Ref, Due, Phone, Hours, Link, Council, Privacy.
	Said struct {
		Lines   []Line
		Choices []Choice
		Named   bool   // the words say how to type the answer: no list where there are no buttons
		Open    Line   // the word that opens a list
		Pin     bool   // a place is asked: offer to share the position
		Upload  Upload // what the upload page is to take: the host fills Link with its address
		Hold    bool   // wait a moment: more may be coming (bursts)
		Keep    bool   // a filed reference: no takeover overtakes it
		Safety  bool   // an emergency line: kind safety
		Repair  bool   // it fitted nothing
		Idle    bool   // the session stands where it stood: counts towards the flood limit
	}
	// Filed asks for a case. Said lines after it may use {{.Ref}} and {{.Due}}.
	Filed struct {
		Tree, Service string
		Run           int
		Answers       []Answer // live ones only
		Urgent        bool
		Place         Place
		Details       string
		Photos        []string // inbound message ids
	}
	// Joined asks to follow an open case instead of filing another.
	Joined struct {
		Reference string
		Run       int
		Answers   []Answer
	}
	// HandedOff asks for a person. Reason: asked, not_understood, tree, safeguarding. The host says handoff.passed or handoff.shut:
	// only it knows the hours.
	HandedOff struct {
		Reason, Tree, Service string
		Answers               []Answer
		Missed                []string
	}
	// Flagged tells the desk that emergency or safeguarding words were seen; their line is Said already.
	Flagged struct{ Line string }
	// Stopped records an emergency stopper that fired. Never: nothing will be filed.
	Stopped struct {
		Service, Answer, Line string
		Never                 bool
	}
	// LanguageChosen sets the contact's language.
	LanguageChosen struct{ Tag string }
	// UpdatesSet switches unasked messages on or off: for one case, or, without a reference, for all.
	UpdatesSet struct {
		On        bool
		Reference string
	}
	// FixedAnswered is the answer to "is it fixed?": yes, no, partly.
	FixedAnswered struct {
		Reference, Answer, Text string
		Photos                  []string
	}
	// Added puts the resident's words or photos on their case.
	Added struct {
		Reference, Text string
		Photos          []string
	}
	// Rated is how well a closed case went, 1 to 5.
	Rated struct {
		Reference string
		Stars     int
	}
	// RightsAsked is DATA or ERASE: the host proves who asks, and speaks.
	RightsAsked struct{ Erase bool }
	// Stepped is for the record: what happened to which question, without a person or a text.
	Stepped struct{ Tree, Slot, What string }
	// Understood tells how a message was read and why, step by step: with Settings.Explain only. Guesses are those of the classifier.
	Understood struct {
		Step, What string
		Guesses    []understand.Guess
	}
)

// Upload is what a page behind a link takes where a channel cannot: photos, the place, or both.
type Upload struct{ Photo, Place bool }

// Choice is one thing to pick. Data is what its button carries: "<run>:<slot>=<value>".
type Choice struct {
	Value, Data string
	Label, Hint Line
}

func (Said) event()           {}
func (Filed) event()          {}
func (Joined) event()         {}
func (HandedOff) event()      {}
func (Flagged) event()        {}
func (Stopped) event()        {}
func (LanguageChosen) event() {}
func (UpdatesSet) event()     {}
func (FixedAnswered) event()  {}
func (Added) event()          {}
func (RightsAsked) event()    {}
func (Stepped) event()        {}
func (Rated) event()          {}
func (Understood) event()     {}
