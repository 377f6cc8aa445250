package dialog

import (
	"strings"

	"concierge/dialog/understand"
)

// clean takes rude words out of a text.
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

// scrap tells whether what is left beside rude words says nothing by itself: the "off" of an oath is no street light that is off.
func (t *turn) scrap(clean string) bool {
	return t.front() == nil && len(understand.Words(clean)) < 3 && t.tg.intents[clean] == "" && t.e.any.intents[clean] == ""
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
