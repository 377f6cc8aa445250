package dialog

import (
	"strings"

	"concierge/dialog/understand"
)

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

// back drops the newest live answer and asks its question again; a change under way is dropped first.
func (t *turn) back() {
	v, ok := t.now()
	if !ok {
		t.menu()
		return
	}
	if v.run.Change != "" {
		v.run.Change = ""
		t.say("repair.back")
		t.proceed()
		return
	}
	a := v.newest()
	if a == nil {
		t.pop()
		t.menu()
		return
	}
	v.run.drop(a.Slot)
	v.run.Misses = 0
	t.say("repair.back")
	t.proceed()
}

// exit leaves the whole stack: at once when nothing was answered, else asked once; EXIT again deletes.
func (t *turn) exit() {
	answers := 0
	for _, r := range t.s.Stack {
		answers += len(r.Answers)
	}
	switch {
	case len(t.s.Stack) == 0:
		t.say("exit.nothing")
		t.s.Offered = Offer{}
		t.asked = true
	case answers == 0:
		t.s.Stack = t.s.Stack[:0]
		t.say("exit.left")
		t.s.Offered = Offer{}
		t.asked = true
	case t.s.Offered.Prompt == "exit":
		t.leave(false)
	default:
		t.prompt("exit", "", Line{Key: "exit.ask"}, "keep", "delete")
	}
}

// leave empties the stack; what is kept is parked.
func (t *turn) leave(keep bool) {
	t.s.Offered = Offer{}
	if keep {
		for len(t.s.Stack) > 0 {
			t.park()
		}
		t.say("exit.kept")
	} else {
		t.s.Stack, t.s.Early, t.s.Missed = t.s.Stack[:0], nil, nil
		t.say("exit.deleted")
	}
	t.asked = true
}

func (t *turn) askRestart() {
	if run := t.front(); run == nil || len(run.Answers) == 0 {
		t.again()
		return
	}
	t.prompt("restart", "", Line{Key: "exit.restart"}, "restart", "go_on")
}

// restart empties the run in front, or goes on.
func (t *turn) restart(yes bool) {
	if run := t.front(); yes && run != nil {
		run.Answers, run.Change, run.Misses, run.Stops, run.Near = nil, "", 0, nil, false
	}
	t.proceed()
}

// cleanWords takes rude words out of a text.
func (t *turn) clean(folded string) string {
	if len(t.tg.abuse) == 0 {
		return folded
	}
	type span struct{ from, to int }
	var rude []span
	t.tg.abuse.find(folded, func(at int, m meant) bool { rude = append(rude, span{at, at + len(m.phrase)}); return true })
	if rude == nil {
		return folded
	}
	var b strings.Builder
	from := 0
	for _, s := range rude {
		if s.from >= from {
			b.WriteString(folded[from:s.from])
			from = s.to
		}
	}
	b.WriteString(folded[from:])
	return strings.Join(understand.Words(b.String()), " ")
}

// abused answers rude words in which nothing else was said: once calmly, then with the question alone, then with a person.
func (t *turn) abused() {
	t.s.Rude++
	t.note("abuse", "")
	switch {
	case t.s.Rude > 2:
		t.handOff("not_understood")
		return
	case t.s.Rude == 1:
		t.say("repair.calm")
	}
	t.again()
	t.final.Repair = true
}

// angry offers a person to somebody who is cross with us.
func (t *turn) angry(folded string) bool {
	if t.tg.anger.first(folded) == "" {
		return false
	}
	t.note("anger", "")
	t.missed(t.in.Text)
	t.prompt("anger", "", Line{Key: "anger.ask"}, "person", "go_on")
	return true
}
