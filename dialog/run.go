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
	switch {
	case t.e.on(tree):
	case tree != nil && tree.Off:
		t.say(name + ".off")
		t.afterwards()
		return
	default:
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
		if to.End.Do == HandOff {
			t.handOff("tree")
			return true
		}
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
