package cases

import "time"

// ContactID is a resident, and ConversationID where they hear from us: inbox's ids, carried and never looked into.
type (
	ContactID      string
	ConversationID string
)

// Case is one thing to be looked after.
type Case struct {
	ID          string
	Reference   Reference
	Version     int64 // + 1 with every write; a write that names an older one fails with ErrStale
	Service     string
	Team        string
	Answers     []Answer
	Description string // at most 4,000 runes
	Place       Place
	Status      Status
	Reason      Reason
	NextStep    string // staff's own words: what to do next, or, for not_ours and referred, who it is; else case.next.<reason> is said
	PlannedFor  string // a date, "2027-04-05", or ""
	FiledAt     time.Time
	ChangedAt   time.Time
	ClosedAt    time.Time // zero: open
	DueAt       time.Time // never edited, for measures use it; zero: no target
	PromisedAt  time.Time // what the resident was last told; zero: nothing
	Reporter    ContactID // "" when nobody we can write to
	Language    string
	Channel     string
	Urgent      bool
	Hidden      bool // moderated: in no public feed
	Reopened    int
	Rating      int // 1 to 5; 0: none
	DuplicateOf Reference
	LastSeq     int64 // the number of the newest update
}

// Late tells a case that is still open after what was promised.
func (c Case) Late(now time.Time) bool {
	return c.Status.Open() && !c.PromisedAt.IsZero() && now.After(c.PromisedAt)
}

// Answer is one answer of the dialogue: by value, and in the resident's own words.
type Answer struct {
	Slot  string `json:"slot"`
	Value string `json:"value,omitempty"`
	Words string `json:"words,omitempty"`
}

// Place is where. Point: Lat and Lon hold, as they were given.
type Place struct {
	Lat, Lon float64 // WGS84
	Point    bool
	Metres   float64 // how far off the point may be; 0 unknown
	How      string  // pin, postcode, street, words …
	Label    string  // or the resident's words
	Street   string  // the label without house number, for eyes that may not see it
	Postcode string
	Ward     string
}

// ActorKind is what sort of party did something.
type ActorKind string

// The kinds of actor.
const (
	Resident ActorKind = "resident"
	Staff    ActorKind = "staff"
	Partner  ActorKind = "partner"
	System   ActorKind = "system"
)

// Actor is who did something: a resident by contact id, staff by staff id, a partner by its name.
type Actor struct {
	Kind ActorKind
	ID   string
}

// ByResident is the actor of a contact.
func ByResident(c ContactID) Actor { return Actor{Resident, string(c)} }

// UpdateKind is what sort of thing happened.
type UpdateKind string

// The kinds of update.
const (
	KindFiled    UpdateKind = "filed"
	KindChanged  UpdateKind = "changed"
	KindNoted    UpdateKind = "noted" // words or photos without a move: staff's note, a resident's addition
	KindJoined   UpdateKind = "joined"
	KindReopened UpdateKind = "reopened"
	KindRated    UpdateKind = "rated"
	KindAssigned UpdateKind = "assigned" // Text is the team
)

// Update is one thing that happened to a case. Seq counts from 1 without gaps.
type Update struct {
	ID         string
	CaseID     string
	Seq        int64
	At         time.Time
	By         Actor
	Kind       UpdateKind
	From, To   Status // both "" when the status did not move
	Reason     Reason
	NextStep   string
	PlannedFor string
	Text       string
	Language   string // of Text
	Public     bool   // followers may read Text
	Hidden     bool   // moderated, or a partner's repeat: tells nobody
	Source     string // where it came from, when it can come twice: unique
}

// Role is why somebody follows a case.
type Role string

// The roles.
const (
	Reporter Role = "reporter"
	Joined   Role = "joined"
)

// Follower is somebody who hears of a case.
type Follower struct {
	ID           string
	CaseID       string
	Contact      ContactID
	Conversation ConversationID // where they hear of it
	Role         Role
	LinkNo       int64 // behind their tracking link; a new number revokes the old link
	ToldSeq      int64 // the newest update they know of; never falls
	ToldAt       time.Time
	MutedAt      time.Time // zero: not muted
	CreatedAt    time.Time
}

// Photo is a photo of a case. Seq is the update it came with; the public sees only approved ones.
type Photo struct {
	Media    string
	Seq      int64
	Approved bool
}
