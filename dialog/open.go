package dialog

// view is one look at a run: which of its answers are live, and which question is open. It is computed, never kept.
type view struct {
	tree *Tree
	run  *Run
	live [maxQuestions]*Answer // the live answer of each question; nil
	open int                   // -1: all is answered
}

// see takes the look. An answer is live when its question exists, accepts its value, and has a true `when` over the live answers
// before it; the open question is the first whose `when` holds and that has none. One pass decides, as `when` names earlier slots only.
func see(tree *Tree, run *Run) view {
	v := view{tree: tree, run: run, open: -1}
	for i := range tree.Questions {
		q := &tree.Questions[i]
		if q.When != nil && !q.When.holds(&v) {
			continue
		}
		if a := run.answer(q.Slot); a != nil && q.fits(a) {
			v.live[i] = a
			continue
		}
		if v.open < 0 {
			v.open = i
		}
	}
	return v
}

// answer is a slot's live answer, nil if it has none.
func (v *view) answer(slot string) *Answer {
	for i := range v.tree.Questions {
		if a := v.live[i]; a != nil && a.Slot == slot {
			return a
		}
	}
	return nil
}

// question is the open question: the one being changed, or the first without an answer; nil at the review or the end.
func (v *view) question() *Question {
	if v.run.Change != "" {
		if q := v.asked(v.run.Change); q != nil {
			return q
		}
	}
	if v.open < 0 {
		return nil
	}
	return &v.tree.Questions[v.open]
}

// asked is the question behind a slot's live answer.
func (v *view) asked(slot string) *Question {
	for i := range v.tree.Questions {
		if v.live[i] != nil && v.tree.Questions[i].Slot == slot {
			return &v.tree.Questions[i]
		}
	}
	return nil
}

// newest is the live answer given last.
func (v *view) newest() *Answer {
	for i := len(v.run.Answers) - 1; i >= 0; i-- {
		a := &v.run.Answers[i]
		if v.answer(a.Slot) == a {
			return a
		}
	}
	return nil
}

// answers lists the live answers in the order of the questions.
func (v *view) answers() []Answer {
	all := make([]Answer, 0, len(v.run.Answers))
	for i := range v.tree.Questions {
		if v.live[i] != nil {
			all = append(all, *v.live[i])
		}
	}
	return all
}

func (r *Run) answer(slot string) *Answer {
	for i := range r.Answers {
		if r.Answers[i].Slot == slot {
			return &r.Answers[i]
		}
	}
	return nil
}

// put fills a slot: in place when it has an answer, else at the end. Answers are copied, never written over: a session is a value.
func (r *Run) put(a Answer, live bool) {
	answers := make([]Answer, 0, len(r.Answers)+1)
	placed := false
	for _, old := range r.Answers {
		switch {
		case old.Slot != a.Slot:
			answers = append(answers, old)
		case live:
			answers = append(answers, a)
			placed = true
		}
	}
	if !placed {
		answers = append(answers, a)
	}
	r.Answers = answers
}

// drop empties a slot.
func (r *Run) drop(slot string) {
	answers := make([]Answer, 0, len(r.Answers))
	for _, old := range r.Answers {
		if old.Slot != slot {
			answers = append(answers, old)
		}
	}
	r.Answers = answers
}
