package dialog

import "context"

// Lookup answers the engine's read-only questions. The host makes one for each turn, inside the turn's own transaction. A failure
// is no error to the resident: the place stays in their words, marked to be found.
type Lookup interface {
	// Place reads an answer to a place question: words, or a pin.
	Place(ctx context.Context, in PlaceInput) (PlaceReading, error)
	// PlaceIn finds a sure place inside a sentence and returns the sentence without it.
	PlaceIn(ctx context.Context, lang, text string) (place Place, rest string, ok bool, err error)
	// List reads a named list such as parks: one sure entry, or 2 to 4 near ones.
	List(ctx context.Context, list, text string) (PlaceReading, error)
	// Nearby are open cases of the service within its radius, nearest first, at most 3.
	Nearby(ctx context.Context, service string, at Place) ([]CaseBrief, error)
	// Mine are this resident's cases, newest first, at most 5, and how many there are in all.
	Mine(ctx context.Context) ([]CaseBrief, int, error)
	// Case tells what anyone may know of a reference found in a text. ok is false when there is none in it.
	Reference(ctx context.Context, text string) (Referred, bool, error)
}

// PlaceInput is what a resident said about where.
type PlaceInput struct {
	Text    string
	Pin     *Location
	Near    *Place // a hint: the park chosen before
	Service string
}

// PlaceReading is what came of it.
type PlaceReading struct {
	Places  []Place // one and Sure; or 2 to 4 to choose from; or none
	Sure    bool
	Outside bool   // found, but beyond the boundary
	Many    bool   // more than 4: ask for an area or a postcode
	Short   bool   // a short map link: ask for a pin
	Rough   bool   // a postcode alone, and the service wants the street
	Owner   string // a key of council.yaml's responsible: not ours
}

// CaseBrief is a case as told in a list. Text parts are data, keys are to be said.
type CaseBrief struct {
	Reference, Service, Street, Ward string
	Status, Reason                   string
	StatusKey                        string // case.said.<status>.<reason> or its fallback, chosen by the host
	Promised                         string // a date 2027-04-05, or ""
	FiledOn                          string
	Followers                        int
	Link                             string
	Mine                             bool // the asker follows it
	Closed                           bool
}

// Referred is a reference found in a text: a case, or one whose check sign is wrong, or one we do not have.
type Referred struct {
	Reference string
	Wrong     bool // one sign seems wrong
	Found     bool
	Case      CaseBrief
}
