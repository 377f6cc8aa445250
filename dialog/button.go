package dialog

import (
	"slices"
	"strings"
)

// pressed is a button: "<run>:<slot>=<value>", or "case:<reference>=<word>".
func (t *turn) press() bool {
	head, value, ok := strings.Cut(t.in.Press, "=")
	owner, slot, ok2 := strings.Cut(head, ":")
	if !ok || !ok2 {
		return false
	}
	t.note("press", t.in.Press)
	if owner == "case" {
		return t.caseButton(slot, value)
	}
	if prompt, own := strings.CutPrefix(slot, "."); own {
		return t.promptButton(owner, prompt, value)
	}
	return t.answerButton(owner, slot, value)
}

// promptButton acts on a prompt of ours. Menus and languages mean the same whenever they are pressed; the rest only while they stand.
func (t *turn) promptButton(run, prompt, value string) bool {
	o := t.s.Offered
	switch {
	case o.Prompt == "review" && prompt == "review" && t.isFront(run):
		return t.reviewButton(value)
	case o.Prompt == prompt && t.data(o.Run, "."+prompt, value) == t.in.Press && slices.Contains(o.Values, value):
		return t.acts(o, value)
	case prompt == "menu" || prompt == "group" || prompt == "language" && t.e.offers(value):
		return t.acts(Offer{Prompt: prompt}, value)
	}
	t.closed()
	return true
}

func (t *turn) isFront(run string) bool {
	front := t.front()
	return front != nil && t.data(front.No, "", "") == run+":="
}

// answerButton answers its question if its run is in front: an open question is answered, an answered one changes, and is read back.
func (t *turn) answerButton(run, slot, value string) bool {
	v, ok := t.now()
	if !ok || !t.isFront(run) {
		t.closed()
		return true
	}
	if q := v.question(); q != nil && q.Slot == slot {
		if strings.HasPrefix(value, "~") {
			i := slices.IndexFunc(t.s.Offered.Values, func(full string) bool { return handle(full) == value })
			if i < 0 {
				t.again()
				return true
			}
			value = t.s.Offered.Values[i]
		}
		if value == more && t.s.Offered.Prompt != page {
			t.again()
			return true
		}
		return t.pick(&v, q, value)
	}
	q := v.asked(slot)
	if q == nil || q.Choices == nil || !q.Accepts(value) {
		t.closed()
		return true
	}
	if v.answer(slot).Value == value {
		t.quiet = true // the same button twice: we have heard
		return true
	}
	v.run.Change = "" // the button says what it changes
	t.answer(q, value, Changed)
	t.proceed()
	return true
}

// closed answers a button whose question is gone.
func (t *turn) closed() {
	t.say("repair.closed")
	if t.front() == nil {
		t.asked = true
		return
	}
	t.again()
}
