package dialog

import (
	"slices"
	"strings"
)

// answer fills a slot of the run in front.
func (t *turn) answer(q *Question, value, from string) {
	run := t.front()
	old := run.answer(q.Slot)
	v := see(t.e.tree(run), run)
	live := v.asked(q.Slot) != nil
	if live && from == Asked {
		from = Changed
	}
	a := Answer{Slot: q.Slot, Value: value, From: from}
	if q.Kind != AskText {
		a.Words = cutRunes(strings.TrimSpace(t.in.Text), maxWords)
	}
	if t.in.Message != "" {
		a.Messages = []string{t.in.Message}
	}
	if q.Kind == AskPhoto && old != nil && value != "" && old.Value != "" {
		a.Messages = append(slices.Clone(old.Messages), a.Messages...)
		a.Messages = a.Messages[:min(len(a.Messages), maxMessages)]
	}
	run.put(a, live)
	t.settled(run, q)
	if from == Changed {
		t.changed(q, run)
	}
	t.emit(Stepped{Tree: run.Tree, Slot: q.Slot, What: from})
}

// changed reads a changed answer back in one line; the review need not say it all again.
func (t *turn) changed(q *Question, run *Run) {
	t.readBack = true
	t.say("repair.changed", varOf("Label", t.label(q)), varOf("Value", t.valueLine(q, run.answer(q.Slot))))
}

// settled is what an answer ends: the tries at the question, its change, what was offered.
func (t *turn) settled(run *Run, q *Question) {
	run.Misses, t.s.Misses = 0, 0
	if run.Change == q.Slot {
		run.Change = ""
	}
	t.s.Early = dropText(t.s.Early)
	if q.Kind == AskPlace {
		run.Near = false
	}
	t.s.Offered = Offer{}
}

// skip leaves an optional question without a value.
func (t *turn) skip(q *Question) {
	if !q.Optional {
		t.say("repair.no_skip")
		t.again()
		return
	}
	run := t.front()
	v := see(t.e.tree(run), run)
	a := Answer{Slot: q.Slot, From: Skipped}
	if t.in.Message != "" {
		a.Messages = []string{t.in.Message}
	}
	live := v.asked(q.Slot) != nil
	run.put(a, live)
	t.settled(run, q)
	if live {
		t.changed(q, run)
	}
	t.emit(Stepped{Tree: run.Tree, Slot: q.Slot, What: Skipped})
	t.proceed()
}
