package dialog

import (
	"context"
	"strings"

	"concierge/dialog/understand"
)

// turn is one message being read.
type turn struct {
	e    *Engine
	ctx  context.Context
	look Lookup
	s    Session
	in   Input
	tg   *tongue

	out     []Event
	lines   []Line // said before what is asked
	final   Said   // what is asked
	asked   bool   // final is set: the turn is over
	got     bool   // a photo or a pin was taken: what else fits nothing is no miss
	quiet   bool   // nothing is to be said
	unsure  bool   // first contact in a language we could only assume
	hold    bool
	stood   standing // where the session stood before
	alarmed bool     // words of danger were in it: a subject must be clear, and fitting nothing is no miss

	echo bool   // what was found in a sentence is to be said back
	said string // the sentence that started this turn's tree: another tree it leads to reads it too

	sought               bool // the place last looked for in a sentence
	soughtIn, soughtRest string
	soughtPlace          Place
	soughtFound          bool

	// prefix names a report that lay open for a while, if what is asked is still of that run
	prefix   Line
	prefixed int
	// readBack: an answer given before was changed and said again, so the review is asked in short
	readBack bool
}

// say puts a line before the question.
func (t *turn) say(key string, vars ...Var) { t.lines = append(t.lines, Line{Key: key, Vars: vars}) }

func (t *turn) emit(ev Event) { t.out = append(t.out, ev) }

// flush says what stands ready as a message of its own.
func (t *turn) flush(s Said) {
	if len(t.lines) > 0 {
		s.Lines = t.lines
		t.lines = nil
		t.out = append(t.out, t.first(s))
	}
}

// first names the council in the first words we ever say to somebody.
func (t *turn) first(s Said) Said {
	if t.in.First && !s.Safety {
		s.Lines = append([]Line{{Key: "greeting.first"}}, s.Lines...)
		t.in.First = false
	}
	return s
}

// events closes the turn: what was done, then the one message that ends it.
func (t *turn) events() []Event {
	s := t.final
	s.Hold = s.Hold || t.hold
	if run := t.front(); t.prefixed != 0 && len(s.Lines) > 0 && run != nil && run.No == t.prefixed {
		t.lines = append([]Line{t.prefix}, t.lines...)
	}
	if t.unsure && t.s.Offered.Prompt == "menu" && len(t.e.langs) > 1 {
		t.say("language.others", Var{Name: "List", Lines: t.e.otherNames()})
	}
	s.Lines = append(t.lines, s.Lines...)
	if len(s.Lines) > 0 {
		s.Idle = t.idle()
		t.out = append(t.out, t.first(s))
	}
	return t.out
}

func (t *turn) note(step, what string, guesses ...understand.Guess) {
	if t.e.explain {
		t.emit(Understood{Step: step, What: what, Guesses: guesses})
	}
}

// front is the run in front, nil at rest.
func (t *turn) front() *Run {
	if len(t.s.Stack) == 0 {
		return nil
	}
	return &t.s.Stack[len(t.s.Stack)-1]
}

// now looks at the run in front.
func (t *turn) now() (view, bool) {
	run := t.front()
	if run == nil {
		return view{}, false
	}
	return see(t.e.tree(run), run), true
}

// open is the open question of the run in front; nil at rest and at the review.
func (t *turn) open() *Question {
	v, ok := t.now()
	if !ok {
		return nil
	}
	return v.question()
}

// take reads the message, whatever kind it is.
func (t *turn) take() {
	gone := len(t.lines) > 0 // a tree is gone: said, and nothing else is open
	switch t.in.Kind {
	case Returned:
		t.comeBack()
		return
	case Resume:
		t.again()
		return
	case Edit:
		if t.edited() {
			return
		}
	case Start:
		if t.started() {
			return
		}
	}
	t.message()
	if gone && !t.asked {
		t.menu()
	}
}

// message reads text, button, photo and pin, in the order of docs/trees.md.
func (t *turn) message() {
	folded := understand.Fold(cutRunes(t.in.Text, 4096))
	if t.alarm(folded) {
		return
	}
	if t.in.Press != "" {
		if t.press() {
			return
		}
	}
	if folded == "" && t.in.Label != "" { // a button without data: its label is what they said
		t.in.Text = t.in.Label
		folded = understand.Fold(t.in.Label)
	}
	if t.in.Press != "" && folded == "" {
		t.closed()
		return
	}
	if t.stale(folded) {
		return
	}
	t.pieces()
	if t.asked || t.quiet {
		return
	}
	switch {
	case folded != "":
		t.text(folded)
	case strings.Trim(t.in.Text, " ?؟？¿") == "" && strings.TrimSpace(t.in.Text) != "":
		t.do("help")
	case t.got:
		t.proceed()
	}
}

// text reads words, in the order of docs/trees.md; the first step that can do something with them ends it.
func (t *turn) text(folded string) {
	if t.joined(folded) || t.listed(folded) || t.commanded(folded) || t.referred(folded) {
		return
	}
	clean, foreign := t.clean(folded), t.foreign(folded)
	switch {
	case t.in.Quoted && (t.fixed(clean) || t.updates(clean)):
	case clean == "", clean != folded && t.scrap(clean):
		t.abused()
	case t.answered(clean), t.changes(clean), t.fixed(clean), t.catches(clean), t.placeAlone(clean), t.subject(clean), t.updates(clean), t.appended():
	case t.angry(clean):
	case t.got:
		t.caption()
	case clean != folded:
		t.abused()
	case t.offerLanguage(foreign):
	case t.alarmed: // their line is the answer
		t.missed(t.in.Text)
		t.again()
	case t.front() == nil && t.yesNo(clean) != "": // a bare yes to nothing
		t.menu()
	case t.describes(clean):
	default:
		t.miss()
	}
	if t.mayOffer() {
		t.offerLanguage(foreign)
	}
	t.keep()
}

// proceed goes to what comes next: a stopper, another tree, the open question, the review, the end. 100 steps are more than any tree has.
func (t *turn) proceed() {
	for range 100 {
		if t.asked {
			return
		}
		v, ok := t.now()
		if !ok {
			t.atRest()
			return
		}
		switch {
		case t.stops(&v), t.goes(&v):
			continue
		}
		if t.echo {
			t.echo = false
			t.understood()
		}
		q := v.question()
		switch {
		case q == nil && v.tree.Review:
			if !t.neighbours(&v, nil) {
				t.review(&v)
			}
		case q == nil:
			t.end(&v)
		case !t.neighbours(&v, q):
			t.ask(&v, q, full)
		}
	}
}

// atRest is where a turn ends that leaves nothing open.
func (t *turn) atRest() {
	t.s.Offered = Offer{}
	t.asked = true
}

func cutRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	count := 0
	for i := range s {
		if count == n {
			return s[:i]
		}
		count++
	}
	return s
}
