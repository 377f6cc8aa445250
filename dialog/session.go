// Package dialog is the engine: dialogue trees, sessions made of answers, and turns. It is pure. It refuses to know clocks, SQL,
// languages and channels: time arrives as a duration, words leave as keys, everything else is asked of a Lookup.
package dialog

import "concierge/internal/phrase"

// Session is where a resident is: the answers given so far, never a pointer to a question. It is one JSON column of at most
// 16 KiB; over that go, in this order, Missed, answers asleep, the oldest parked run and Early: nothing else.
type Session struct {
	Lang    string   `json:"l,omitempty"` // opaque here; the contact's language is the truth, the host copies it in
	Stack   []Run    `json:"s,omitempty"` // open trees, the one in front last; at most 3, no tree twice
	Parked  []Run    `json:"p,omitempty"` // left on purpose; at most 2, the oldest falls out
	Offered Offer    `json:"o,omitzero"`  // what our last message offered, in the order shown
	Early   []Piece  `json:"e,omitempty"` // photos and pins sent before we knew what about; the last text
	Missed  []string `json:"m,omitempty"` // for staff: what fitted nothing; 3 texts of 80 runes
	Runs    int      `json:"r,omitempty"` // the number of the last run; a new session starts at a random one
	Turns   int      `json:"t,omitempty"`
	Misses  int      `json:"i,omitempty"` // failed tries while no tree is open
	Rude    int      `json:"a,omitempty"` // abusive messages so far in this session
	Guess   string   `json:"g,omitempty"` // another language, guessed in the message before; "-" once it was offered
}

// Run is one open tree with its answers in the order given.
type Run struct {
	No      int      `json:"n"`
	Tree    string   `json:"t"`
	Answers []Answer `json:"a,omitempty"`
	Misses  int      `json:"m,omitempty"` // failed tries at the open question
	Nudged  bool     `json:"d,omitempty"`
	Change  string   `json:"c,omitempty"` // the slot being asked anew; its answer stands until the new one
	Near    bool     `json:"b,omitempty"` // the neighbours' open cases were looked for
	About   string   `json:"r,omitempty"` // the reference this run is about
	Stops   []string `json:"x,omitempty"` // live answers whose line was said: "danger.yes"
	Age     int      `json:"g,omitempty"` // of a parked run, seconds
}

// Answer fills a slot by value ("large"), never by its words.
type Answer struct {
	Slot     string   `json:"s"`
	Value    string   `json:"v,omitempty"` // choice value, yes/no, number, date, text, or a Place as JSON
	Words    string   `json:"w,omitempty"` // the resident's own, at most 80 runes
	From     string   `json:"f,omitempty"` // asked, caught, carried, changed, skipped
	Messages []string `json:"m,omitempty"` // inbound ids, at most 4; photos are read there
}

// Offer is what our last message put in front of the resident: VALUES in the order shown, so that no deploy changes what "2" meant.
type Offer struct {
	Run    int      `json:"r,omitempty"`
	Slot   string   `json:"s,omitempty"` // empty: one of our own prompts
	Prompt string   `json:"p,omitempty"` // exit, resume, stuck, which, digress, language …
	Values []string `json:"v,omitempty"`
	Extra  string   `json:"x,omitempty"` // what the prompt is about
}

// Piece is something sent before we knew what about.
type Piece struct {
	Message string `json:"m,omitempty"`
	Kind    string `json:"k"` // photo, place, text
	Value   string `json:"v,omitempty"`
	Age     int    `json:"a,omitempty"` // seconds since it came, counted up by Input.Since
}

// Place is an answer to a place question. Words alone are a place too: "to find" by staff.
type Place struct {
	Lat    float64 `json:"lat,omitempty"`
	Lon    float64 `json:"lon,omitempty"`
	Metres float64 `json:"m,omitempty"` // how good the point is; 0 unknown
	Point  bool    `json:"pt,omitempty"`
	How    string  `json:"how,omitempty"`
	Label  string  `json:"label,omitempty"`
	Street string  `json:"street,omitempty"` // the label without its house number
	Ward   string  `json:"ward,omitempty"`
	Code   string  `json:"code,omitempty"` // postcode
	ID     string  `json:"id,omitempty"`
	Words  string  `json:"words,omitempty"`
}

// Var and Line are the engine's words, still without a language.
type (
	Line = phrase.Line
	Var  = phrase.Var
)

// Where an answer came from.
const (
	Asked   = "asked"
	Caught  = "caught"  // found in a sentence about something else
	Carried = "carried" // from another tree, by go
	Changed = "changed" // at the review, or by an edited message
	Skipped = "skipped" // no value: they would rather not say
)

// Limits of a session, in runs, answers, runes, seconds.
const (
	maxStack    = 3
	maxParked   = 2
	maxMessages = 4
	maxMissed   = 3
	maxWords    = 80
	maxText     = 500
	maxEarly    = 4
	shortText   = 100 // over it a text is prose; a post's number or a plate is shorter

	burst      = 10
	earlyAge   = 30 * 60
	quietly    = 30 * 60
	shortly    = 24 * 60 * 60
	forgetting = 14 * 24 * 60 * 60
)
