package dialog

import "strings"

// commanded reads a whole message that is a command: in their language, then in any with one meaning; typing errors are forgiven where
// a text or a place is not asked, for there a word may be meant as itself.
func (t *turn) commanded(folded string) bool {
	c := t.command(folded)
	if c == "" {
		if q := t.open(); q == nil || q.Kind != AskText && q.Kind != AskPlace && q.Kind != AskList {
			c = t.typedCommand(folded)
		}
	}
	if c == "" {
		if tag := t.e.names[folded]; tag != "" && t.e.offers(tag) {
			t.note("language", tag)
			t.speak(tag)
			return true
		}
		return t.changesNamed(folded)
	}
	return t.do(c)
}

// changesNamed reads "change size" and no more, which is a command even where a text is asked.
func (t *turn) changesNamed(folded string) bool {
	rest, ok := t.afterChange(folded)
	if !ok || strings.Count(rest, " ") > 1 {
		return false
	}
	slot := t.slotNamed(rest)
	if slot == "" {
		return false
	}
	t.change(slot)
	return true
}

func (t *turn) command(folded string) string {
	q := t.open()
	if folded == "0" && (q == nil || q.Kind != AskNumber) {
		return "menu"
	}
	return t.e.commandOf(t.tg, folded)
}

// typedCommand forgives typing errors in a short message that is no answer to what is open.
func (t *turn) typedCommand(folded string) string {
	if strings.Count(folded, " ") > 1 || len(folded) > 40 {
		return ""
	}
	if q := t.open(); q != nil && q.Choices != nil {
		if nearest(folded, t.tg.values[q.Words]) != "" || q.Kind == YesNo && nearest(folded, t.tg.yesno) != "" {
			return ""
		}
	}
	return nearest(folded, t.tg.commands)
}

// do carries a command out. It is false for one that means nothing here.
func (t *turn) do(c string) bool {
	t.note("command", c)
	t.emit(Stepped{Tree: t.frontTree(), What: "command." + c})
	if c != "exit" {
		t.s.Offered = Offer{}
	}
	v, inTree := t.now()
	switch c {
	case "menu":
		t.park()
		t.menu()
	case "hello":
		t.again()
		t.final.Hold = true
	case "thanks":
		if inTree {
			t.again()
			return true
		}
		t.say("greeting.welcome")
		t.asked = true
	case "back":
		t.back()
	case "skip":
		if q := t.open(); q != nil {
			t.skip(q)
			return true
		}
		t.again()
	case "repeat":
		if !inTree {
			t.menu()
			return true
		}
		t.repeat(&v, full)
	case "change":
		t.whatToChange()
	case "send":
		t.send()
	case "exit":
		t.exit()
	case "restart":
		t.askRestart()
	case "status":
		t.showCases()
		t.afterwards()
	case "language":
		t.chooseLanguage()
	case "person":
		t.handOff("asked")
	case "bot":
		t.say("greeting.bot")
		t.afterwards()
	case "privacy":
		t.say("privacy.done")
		t.afterwards()
	case "data", "erase":
		t.emit(RightsAsked{Erase: c == "erase"})
		t.quiet, t.asked = true, true
	case "updates_off", "updates_on":
		t.setUpdates(c == "updates_on")
		t.afterwards()
	case "help":
		t.help()
	default:
		return false
	}
	return true
}

func (t *turn) frontTree() string {
	if run := t.front(); run != nil {
		return run.Tree
	}
	return ""
}

// afterwards returns to what was open, in short; at rest the words said stand alone.
func (t *turn) afterwards() {
	v, ok := t.now()
	if !ok {
		t.asked = true
		return
	}
	if len(v.run.Answers) > 0 {
		t.say("resume.again", Var{Name: "Name", Key: v.tree.nameKey()})
		t.prefixed = 0
	}
	t.repeat(&v, short)
}

// help tells more about what is open. It is no miss.
func (t *turn) help() {
	v, ok := t.now()
	if !ok {
		t.say("repair.help")
		t.menu()
		return
	}
	if q := v.question(); q != nil {
		t.ask(&v, q, help1)
		t.final.Repair = false
		return
	}
	t.say("review.help_1")
	t.repeat(&v, short)
}
