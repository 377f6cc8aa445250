package dialog

import (
	"strconv"
	"strings"
)

// review reads the answers back, numbered, and asks for SEND or a number.
func (t *turn) review(v *view) {
	lines := make([]Line, 0, len(v.run.Answers)+3)
	slots := make([]string, 0, len(v.run.Answers))
	lines = append(lines, Line{Key: "review.check"})
	for i := range v.tree.Questions {
		q, a := &v.tree.Questions[i], v.live[i]
		if a == nil || a.From == Skipped {
			continue
		}
		slots = append(slots, q.Slot)
		lines = append(lines, Line{Key: "review.item", Vars: []Var{{Name: "Number", Text: strconv.Itoa(len(slots))},
			varOf("Label", t.label(q)), varOf("Value", t.valueLine(q, a))}})
	}
	how := "review.pressed"
	if t.in.Plain {
		how = "review.typed"
	}
	lines = append(lines, Line{Key: "review.news"}, Line{Key: how})
	if t.readBack {
		lines = lines[len(lines)-1:]
	}
	t.s.Offered = Offer{Run: v.run.No, Prompt: "review", Values: slots}
	t.final = Said{Lines: lines, Named: true, Choices: []Choice{
		{Value: "send", Data: t.data(v.run.No, ".review", "send"), Label: Line{Key: "review.send"}},
		{Value: "change", Data: t.data(v.run.No, ".review", "change"), Label: Line{Key: "review.change"}},
	}}
	t.asked = true
}

// reviewed reads what is said to the review: a number or a label to change, or yes.
func (t *turn) reviewed(o Offer, folded string, n int, isNumber bool) bool {
	if _, ok := t.now(); !ok {
		return false
	}
	switch {
	case isNumber && n > 0 && n <= len(o.Values):
		t.change(o.Values[n-1])
		return true
	case isNumber && n > 0:
		return false
	}
	switch t.yesNo(folded) {
	case "yes":
		t.send()
		return true
	case "no":
		t.whatToChange()
		return true
	}
	if slot := t.slotNamed(folded); slot != "" && strings.Count(folded, " ") < 2 {
		t.change(slot)
		return true
	}
	return false
}

// skipRest skips the open question and all after it. It is false, and skips nothing, when one of them must be answered.
func (t *turn) skipRest(v *view) bool {
	if v.open < 0 || v.run.Change != "" {
		return false
	}
	run := *v.run
	for range v.tree.Questions {
		at := see(v.tree, &run)
		if at.open < 0 {
			break
		}
		q := &v.tree.Questions[at.open]
		if !q.Optional {
			return false
		}
		run.put(Answer{Slot: q.Slot, From: Skipped, Messages: messages(t.in.Message)}, false)
	}
	run.Misses = 0
	*t.front() = run
	t.s.Offered = Offer{}
	t.emit(Stepped{Tree: run.Tree, What: Skipped})
	return true
}

func (t *turn) reviewButton(value string) bool {
	if value == "send" {
		t.send()
		return true
	}
	t.whatToChange()
	return true
}

// send files, when all is answered and read back; with only optional questions left it means "that is all", and the review comes.
// Else it asks what is open.
func (t *turn) send() {
	v, ok := t.now()
	if ok && v.tree.Review && t.skipRest(&v) {
		t.proceed()
		return
	}
	switch {
	case !ok:
		t.menu()
	case v.question() != nil || !v.tree.Review:
		t.say("review.not_yet")
		t.again()
	default:
		t.end(&v)
		if !t.asked {
			t.proceed()
		}
	}
}
