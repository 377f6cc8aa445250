package dialog

import (
	"slices"
	"strings"
)

// The kinds of question.
const (
	Choose     = "choice"  // one of a list
	ChooseMany = "choices" // several of a list; the value is "a,b" in the list's order
	YesNo      = "yesno"   // "yes", "no", and what `also` adds
	AskPlace   = "place"   // the value is a Place as JSON
	AskList    = "lookup"  // an entry of a named list, a Place as JSON
	AskPhoto   = "photo"   // the value is how many; the photos are the answer's messages
	AskText    = "text"
	AskNumber  = "number"
	AskDate    = "date" // the value is 2027-04-05
)

// The ends of a tree that are an action of ours.
const (
	ShowCases      = "show_cases"
	ChooseLanguage = "choose_language"
	HandOff        = "hand_off"
	Dispute        = "dispute"
	AddUpdate      = "add_update"
	SetUpdates     = "set_updates"
	Data           = "data"
	Erase          = "erase"
)

// Limits of a tree: people leave after a dozen questions, and nobody can read through more ways than that.
const (
	maxQuestions = 12
	maxPaths     = 200
)

// Trees are the dialogues of a council, immutable.
type Trees struct {
	named map[string]*Tree
	order []string
}

// Tree is one dialogue: questions in the order of asking. It holds no words.
type Tree struct {
	Name      string
	Files     string   // a service code; "" files nothing
	Off       bool     // while its service is off it may still start, and says <tree>.off
	StartsOn  []string // intents
	Questions []Question
	Review    bool
	End       End
	FAQ       []string
	MixedUp   []string // trees whose reports sound the same: when these lead the guesses, we always ask which
	File      string
	Line      int
	renames   bool
}

// End is what a tree does when it has been answered: file, say, or do one thing.
type End struct{ File, Say, Do string }

// Question fills one slot.
type Question struct {
	Slot, Kind string
	Choices    []string // of a choice; for yesno "yes", "no" and more
	When       *When    // nil: always
	Go         map[string]string
	Was        string            // the slot's name before
	WasValues  map[string]string // old value → new
	Optional   bool
	Limit      int // runes of a text
	Upto       int // photos
	WordsAfter int // misses after which a resident's own words will do; 0 never
	Min, Max   float64
	Within     string
	Near       string // a slot whose place this one should be near
	List       string
	Words      string // where its words are: "pothole.size", "shared.danger"
	Ask        string // the key of the question itself
	File       string
	Line       int
}

// Tree finds a tree by name.
func (t *Trees) Tree(name string) *Tree { return t.named[name] }

// Names lists the trees in the order of their files.
func (t *Trees) Names() []string { return slices.Clone(t.order) }

// Question finds the first question of a slot.
func (t *Tree) Question(slot string) *Question {
	for i := range t.Questions {
		if t.Questions[i].Slot == slot {
			return &t.Questions[i]
		}
	}
	return nil
}

// Key names a word of the question: its label, help, or a value's label.
func (q *Question) Key(what string) string { return q.Words + "." + what }

// Accepts tells whether a value may stand in the question's slot.
func (q *Question) Accepts(value string) bool {
	switch q.Kind {
	case Choose, YesNo:
		return slices.Contains(q.Choices, value)
	case ChooseMany:
		for one := range strings.SplitSeq(value, ",") {
			if !slices.Contains(q.Choices, one) {
				return false
			}
		}
		return true
	case AskNumber:
		n, ok := parseNumber(value)
		return ok && n >= q.Min && n <= q.Max
	case AskDate:
		return validDate(value)
	}
	return value != ""
}

// fits tells whether an answer stands in the question's slot: a skip where skipping is allowed, or a value it accepts.
func (q *Question) fits(a *Answer) bool {
	if a.From == Skipped {
		return q.Optional
	}
	return q.Accepts(a.Value)
}
