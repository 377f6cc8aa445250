package dialog

import (
	"cmp"
	"slices"

	"concierge/dialog/understand"
)

// push opens a tree in front. One already open comes to the front; a fourth is never there, the oldest is parked.
func (t *turn) push(name, about string) *Run {
	t.s.Misses = 0
	for i, r := range t.s.Stack {
		if r.Tree == name {
			t.s.Stack = append(append(slices.Clone(t.s.Stack[:i]), t.s.Stack[i+1:]...), r)
			run := t.front()
			run.About = cmp.Or(about, run.About)
			return run
		}
	}
	if len(t.s.Stack) >= maxStack {
		oldest := t.s.Stack[0]
		t.s.Stack = slices.Clone(t.s.Stack[1:])
		t.shelve(oldest)
	}
	t.s.Runs++
	t.s.Stack = append(t.s.Stack, Run{No: t.s.Runs, Tree: name, About: about})
	t.emit(Stepped{Tree: name, What: "started"})
	return t.front()
}

// pop closes the run in front.
func (t *turn) pop() {
	t.s.Stack = t.s.Stack[:len(t.s.Stack)-1]
	t.s.Offered = Offer{}
}

// park leaves the run in front for later; one without answers, or about a case, is closed.
func (t *turn) park() {
	run := t.front()
	if run == nil {
		return
	}
	kept := *run
	t.pop()
	t.shelve(kept)
}

func (t *turn) shelve(run Run) {
	if len(run.Answers) == 0 || run.About != "" {
		return
	}
	run.Misses, run.Change, run.Age = 0, "", 0
	t.s.Parked = append(slices.DeleteFunc(slices.Clone(t.s.Parked), func(r Run) bool { return r.Tree == run.Tree }), run)
	if n := len(t.s.Parked); n > maxParked {
		t.s.Parked = t.s.Parked[n-maxParked:]
	}
}

// begin starts a tree with what a sentence holds, and with what was sent before we knew what about.
func (t *turn) begin(name, folded, said string) {
	tree := t.e.trees.named[name]
	if !t.e.on(tree) {
		t.menu()
		return
	}
	run := t.push(name, "")
	t.note("start", name)
	t.said = said
	t.s.Early = dropText(t.s.Early)
	if folded != "" {
		t.catchIn(folded, said)
	}
	t.early()
	if len(run.Answers) > 0 {
		t.echo = true
	} else if folded != "" && len(tree.Questions) > 0 && t.tg.intents[folded] == "" && t.e.any.intents[folded] == "" {
		t.say("greeting.started", Var{Name: "Name", Key: tree.nameKey()})
	}
	t.proceed()
}

// understood echoes in one line what was found in a sentence, so that a wrong guess is seen at once.
func (t *turn) understood() {
	v, _ := t.now()
	list := []Line{{Key: v.tree.nameKey()}}
	for i := range v.tree.Questions {
		q, a := &v.tree.Questions[i], v.live[i]
		switch {
		case a == nil || a.From == Skipped:
		case q.Kind == AskPhoto:
			list = append(list, Line{Key: "repair.photo"})
		case q.Kind != AskText:
			list = append(list, t.valueLine(q, a))
		}
	}
	t.say("repair.understood", Var{Name: "List", Lines: list})
}

// goes switches to the tree a live answer leads to, and carries the answers whose slot and kind exist there.
func (t *turn) goes(v *view) bool {
	for i := range v.tree.Questions {
		q, a := &v.tree.Questions[i], v.live[i]
		if a == nil || q.Go[a.Value] == "" {
			continue
		}
		to := t.e.trees.named[q.Go[a.Value]]
		if !t.e.on(to) {
			continue // switched off: this tree takes it as it is
		}
		answers := v.answers()
		from := v.tree
		t.pop()
		run := t.push(to.Name, "")
		for _, a := range answers {
			there := to.Question(a.Slot)
			if there == nil || there.Kind != from.Question(a.Slot).Kind || !there.fits(&a) || run.answer(a.Slot) != nil {
				continue
			}
			a.From = Carried
			if a.Value == "" {
				continue // what was skipped there may matter here
			}
			run.put(a, false)
		}
		if t.said != "" {
			t.catchIn(understand.Fold(t.said), t.said)
		}
		t.early()
		return true
	}
	return false
}

// end does what the tree ends with, once all is answered and sent.
func (t *turn) end(v *view) {
	tree, run := v.tree, *v.run
	answers := v.answers()
	if tree.End.Say != "" {
		t.pop()
		t.say(tree.End.Say)
		t.backBelow()
		return
	}
	if tree.End.File != "" {
		t.file(v, run, answers)
		return
	}
	t.pop()
	t.act(tree.End.Do, run, answers)
}

// file asks for the case: the live answers, once. The reference is a message of its own that no takeover overtakes.
func (t *turn) file(v *view, run Run, answers []Answer) {
	f := Filed{Tree: run.Tree, Service: v.tree.Files, Run: run.No, Answers: answers, Urgent: t.urgent(v)}
	for i := range v.tree.Questions {
		q, a := &v.tree.Questions[i], v.live[i]
		switch {
		case a == nil || a.From == Skipped:
		case q.Kind == AskPlace:
			f.Place, _ = decodePlace(a.Value)
		case q.Kind == AskText && q.Slot == "details":
			f.Details = a.Value
		case q.Kind == AskPhoto:
			f.Photos = a.Messages
		}
	}
	if !slices.ContainsFunc(v.tree.Questions, func(q Question) bool { return q.Kind == AskPlace }) {
		f.Place = listPlace(v)
	}
	t.flush(Said{})
	t.pop()
	t.emit(f)
	t.s.Early, t.s.Missed = nil, nil
	t.say(run.Tree+".done", Var{Name: "Ref"})
	if s := t.e.services[f.Service]; s != nil && s.Dated {
		t.say("filed.due", Var{Name: "Due"})
	} else {
		t.say("filed.undated")
	}
	t.flush(Said{Keep: true})
	t.filed()
}

// listPlace is the place of a lookup, where the tree asks no other.
func listPlace(v *view) Place {
	for i := range v.tree.Questions {
		if a := v.live[i]; a != nil && v.tree.Questions[i].Kind == AskList {
			p, _ := decodePlace(a.Value)
			return p
		}
	}
	return Place{}
}

// filed goes on with what lies below, or offers a report that waits.
func (t *turn) filed() {
	switch {
	case t.front() != nil:
		t.backBelow()
	case len(t.s.Parked) > 0:
		t.offerParked()
	default:
		t.s.Offered = Offer{}
		t.asked = true
	}
}

// backBelow repeats in short what was open before a digression.
func (t *turn) backBelow() {
	if t.front() == nil {
		t.s.Offered = Offer{}
		t.asked = true
		return
	}
	t.afterwards()
}

// act does one of the things a tree may end with.
func (t *turn) act(do string, run Run, answers []Answer) {
	switch do {
	case ShowCases:
		t.showCases()
	case ChooseLanguage:
		t.chooseLanguage()
		return
	case HandOff:
		reason := "asked"
		if run.Tree != "handoff" {
			reason = "tree"
		}
		t.handOff(reason)
		return
	case Dispute:
		t.dispute(run, answers)
		return
	case AddUpdate:
		t.add(run, answers)
	case SetUpdates:
		t.setUpdates(valueOf(answers, "want") == "yes")
	case Data, Erase:
		t.emit(RightsAsked{Erase: do == Erase})
		t.quiet, t.asked = true, true
		return
	}
	t.backBelow()
}

func valueOf(answers []Answer, slot string) string {
	for _, a := range answers {
		if a.Slot == slot {
			return a.Value
		}
	}
	return ""
}
