package dialog

import (
	"slices"
	"strings"
)

// describes takes words sent where a photo is asked as details ("the blue door, left of the shop"), once: the photo is asked again. A
// single word tells nothing, and words that come when there are details are a miss, so that the ladder still leads to a person.
func (t *turn) describes(folded string) bool {
	v, ok := t.now()
	if !ok || len(strings.Fields(folded)) < 2 || t.yesNo(folded) != "" {
		return false
	}
	if q := v.question(); q == nil || q.Kind != AskPhoto || v.run.Change != "" {
		return false
	}
	if !t.takeDetails(&v) {
		return false
	}
	t.note("described", "details")
	t.say("repair.noted")
	t.again()
	t.final.Hold = true // more of the same thought may follow
	return true
}

// takeDetails keeps the text as details, if the tree asks any and has none.
func (t *turn) takeDetails(v *view) bool {
	i := slices.IndexFunc(v.tree.Questions, func(q Question) bool {
		return q.Kind == AskText && q.Slot == "details" && v.run.answer(q.Slot) == nil && (q.When == nil || q.When.holds(v))
	})
	if i < 0 {
		return false
	}
	q := &v.tree.Questions[i]
	v.run.put(Answer{Slot: q.Slot, Value: cutRunes(strings.TrimSpace(t.in.Text), q.Limit), From: Caught, Messages: messages(t.in.Message)}, false)
	v.run.Misses, t.s.Misses = 0, 0
	t.s.Early = dropText(t.s.Early)
	t.emit(Stepped{Tree: v.run.Tree, Slot: q.Slot, What: Caught})
	return true
}
