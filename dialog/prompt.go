package dialog

import (
	"strings"

	"concierge/dialog/understand"
)

// prompt asks one of our own short questions. An answer acts; anything else drops it and is read as usual.
func (t *turn) prompt(name, extra string, ask Line, values ...string) {
	t.s.Offered = Offer{Run: t.promptRun(), Prompt: name, Values: values, Extra: extra}
	choices := make([]Choice, len(values))
	for i, v := range values {
		choices[i] = Choice{Value: v, Data: t.data(t.s.Offered.Run, "."+name, v), Label: t.promptLabel(name, v)}
	}
	t.final = Said{Lines: []Line{ask}, Choices: choices, Open: Line{Key: "ask.open"}}
	t.asked = true
}

// promptRun is the run our own prompts belong to: the one in front, or the last there was.
func (t *turn) promptRun() int {
	if run := t.front(); run != nil {
		return run.No
	}
	return t.s.Runs
}

// promptLabel names a value of a prompt: a tree, a group, a language, a case, a slot, or words of the prompt's own.
func (t *turn) promptLabel(name, value string) Line {
	switch name {
	case "menu", "which", "group":
		if strings.HasPrefix(value, "+") {
			return Line{Key: "group." + value[1:]}
		}
		if strings.HasPrefix(value, "more.") {
			return Line{Key: "ask.more"}
		}
		if tree := t.e.trees.named[value]; tree != nil {
			return Line{Key: tree.nameKey()}
		}
	case "language":
		for _, l := range t.e.langs {
			if l.Tag == value {
				return Line{Text: l.Name}
			}
		}
	case "which_case", "join":
		if value != "different" && value != "follow" {
			return Line{Text: value}
		}
	case "change", "review":
		if v, ok := t.now(); ok {
			if q := v.asked(value); q != nil {
				return t.label(q)
			}
		}
	}
	return Line{Key: name + "." + value}
}

// prompted reads an answer to our prompt: a number, or its label.
func (t *turn) prompted(o Offer, folded string, n int, isNumber bool) bool {
	if o.Prompt == "review" {
		return t.reviewed(o, folded, n, isNumber)
	}
	if isNumber && n > 0 && n <= len(o.Values) {
		return t.acts(o, o.Values[n-1])
	}
	for _, v := range o.Values {
		label := t.promptLabel(o.Prompt, v)
		text := label.Text
		if label.Key != "" {
			text = t.e.book.Text(t.s.Lang, label.Key)
		}
		if folded == v || text != "" && understand.Fold(text) == folded {
			return t.acts(o, v)
		}
	}
	if plainly(o.Prompt) && len(o.Values) == 2 { // yes is the first, no the second
		switch yes, _ := t.tg.yesno[folded]; yes {
		case "yes":
			return t.acts(o, o.Values[0])
		case "no":
			return t.acts(o, o.Values[1])
		}
	}
	return false
}

// plainly tells whether a prompt is a question of yes or no.
func plainly(prompt string) bool {
	switch prompt {
	case "exit", "restart", "resume", "parked", "digress", "far", "join", "update", "offer_language", "anger":
		return true
	}
	return false
}

// acts does what a prompt's answer says.
func (t *turn) acts(o Offer, value string) bool {
	t.note("prompt", o.Prompt+"="+value)
	t.s.Offered = Offer{}
	switch o.Prompt {
	case "menu", "group":
		return t.chosen(value)
	case "which":
		return t.whichOf(o.Extra, value)
	case "language":
		t.speak(value)
	case "offer_language":
		if value == "switch" {
			t.speak(o.Extra)
		} else {
			t.again()
		}
	case "exit":
		t.leave(value == "keep")
	case "restart":
		t.restart(value == "restart")
	case "resume":
		t.resume(value == "carry_on")
	case "parked":
		t.unpark(value == "carry_on")
	case "stuck":
		t.unstick(value)
	case "voice", "anger":
		if value == "person" {
			t.handOff("asked")
		} else {
			t.again()
		}
	case "digress":
		t.digress(o.Extra, value == "finish")
	case "far":
		t.far(o.Extra, value == "right")
	case "join":
		if value == "follow" {
			value = o.Extra
		}
		t.join(value)
	case "change":
		t.change(value)
	case "update":
		t.toCase(o.Extra, value == "add")
	case "which_case":
		t.whichCase(o.Extra, value)
	default:
		return false
	}
	return true
}

// unstick takes the way out they chose.
func (t *turn) unstick(value string) {
	switch value {
	case "skip":
		if q := t.open(); q != nil {
			t.skip(q)
			return
		}
		t.again()
	case "person":
		t.handOff("asked")
	case "menu":
		t.menu()
	default:
		t.leave(true)
	}
}

// far takes a place far from the park, or asks for it again.
func (t *turn) far(value string, right bool) {
	v, ok := t.now()
	q := t.open()
	if !ok || q == nil || q.Kind != AskPlace {
		t.again()
		return
	}
	if !right {
		t.ask(&v, q, full)
		return
	}
	t.answer(q, value, Asked)
	t.proceed()
}
