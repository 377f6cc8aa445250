package dialog

import "slices"

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
