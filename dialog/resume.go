package dialog

import (
	"strconv"

	"concierge/dialog/understand"
)

// stale is what we do with a report that lay open: under half an hour nothing, to a day its name, to two weeks a question. A clear new
// subject does not answer yesterday: it starts, and the old report is parked. It is true when the message has been dealt with.
func (t *turn) stale(folded string) bool {
	gone := t.in.Since.Seconds()
	v, ok := t.now()
	if !ok || gone < quietly {
		return false
	}
	name := Var{Name: "Name", Key: v.tree.nameKey()}
	if gone < shortly {
		if len(v.run.Answers) > 0 {
			t.prefix, t.prefixed = Line{Key: "resume.prefix", Vars: []Var{name}}, v.run.No
		}
		return false
	}
	if len(v.run.Answers) == 0 {
		t.pop()
		return t.stale(folded)
	}
	if t.s.Offered.Prompt == "resume" || folded != "" && t.command(folded) != "" {
		return false
	}
	if g := t.guesses(folded); folded != "" && len(g) > 0 && g[0].Sure >= sureInTree && t.e.starts[g[0].Intent] != "" &&
		t.e.starts[g[0].Intent] != v.run.Tree && (len(g) == 1 || g[0].Sure-g[1].Sure >= leadInTree) {
		t.note("resume", "new subject")
		t.park()
		t.begin(t.e.starts[g[0].Intent], folded, t.in.Text)
		return true
	}
	for _, kind := range t.in.Media {
		if kind == "photo" || kind == "file" {
			t.keepEarly(Piece{Message: t.in.Message, Kind: piecePhoto})
		}
	}
	t.prompt("resume", "", Line{Key: "resume.ask", Vars: []Var{name}}, "carry_on", "start_again")
	return true
}

// resume goes on where they were, or empties the report.
func (t *turn) resume(carryOn bool) {
	if !carryOn {
		t.restart(true)
		return
	}
	t.early()
	t.proceed()
}

// offerParked offers the newest of the reports that wait.
func (t *turn) offerParked() {
	run := t.s.Parked[len(t.s.Parked)-1]
	tree := t.e.tree(&run)
	t.prompt("parked", strconv.Itoa(run.No), Line{Key: "resume.parked", Vars: []Var{{Name: "Name", Key: tree.nameKey()}}}, "carry_on", "leave")
}

// unpark brings the report that waits to the front, or leaves it where it is.
func (t *turn) unpark(carryOn bool) {
	n := len(t.s.Parked)
	if !carryOn || n == 0 {
		t.say("resume.left")
		t.asked = true
		return
	}
	run := t.s.Parked[n-1]
	t.s.Parked = t.s.Parked[: n-1 : n-1]
	run.Age = 0
	t.s.Stack = append(t.s.Stack, run)
	t.proceed()
}

// started is Telegram's /start: a greeting, or the tree or case its payload names.
func (t *turn) started() bool {
	if p := t.in.Payload; p != "" {
		if tree := t.e.trees.named[p]; t.e.on(tree) {
			t.begin(p, "", "")
			return true
		}
		if r, ok, err := t.look.Reference(t.ctx, p); err == nil && ok && r.Found {
			t.tellCase(r.Case)
			t.afterwards()
			return true
		}
	}
	if understand.Fold(t.in.Text) != "" && t.in.Text != "/start" && t.in.Payload == "" {
		return false
	}
	if t.front() != nil {
		t.again()
		return true
	}
	t.say("greeting.hello")
	t.menu()
	return true
}
