package dialog

// The help ladder: other words, another way, a way out, a person.
const (
	firstMiss  = 1
	secondMiss = 2
	thirdMiss  = 3
)

// missed keeps for staff what fitted nothing.
func (t *turn) missed(text string) {
	if text == "" {
		return
	}
	t.s.Missed = append(t.s.Missed[:len(t.s.Missed):len(t.s.Missed)], cutRunes(text, maxWords))
	if n := len(t.s.Missed); n > maxMissed {
		t.s.Missed = t.s.Missed[n-maxMissed:]
	}
}

// miss is a message that fits nothing.
func (t *turn) miss() {
	t.missed(t.in.Text)
	t.note("miss", "nothing fits")
	t.tryAgain("")
}

// tryAgain goes one rung up the ladder; key says what is wrong, when we know, instead of the common words.
func (t *turn) tryAgain(key string) {
	t.hold = true
	v, ok := t.now()
	if !ok {
		t.restMiss()
		return
	}
	v.run.Misses++
	t.emit(Stepped{Tree: v.run.Tree, Slot: slotOf(v.question()), What: "missed"})
	q := v.question()
	switch {
	case v.run.Misses > thirdMiss:
		t.giveUp()
	case v.run.Misses == thirdMiss:
		t.stuck(q)
	case key != "" && q != nil:
		t.ask(&v, q, short)
		t.final.Lines = append([]Line{{Key: key}}, t.final.Lines...)
		t.final.Repair = true
	case q == nil && v.run.Misses == firstMiss:
		t.readBack = true
		t.review(&v)
		t.final.Lines = append([]Line{{Key: "review.help_1"}}, t.final.Lines...)
		t.final.Repair = true
	case q == nil:
		t.review(&v)
		t.final.Lines = append([]Line{{Key: "review.help_2"}}, t.final.Lines...)
		t.final.Repair = true
	case v.run.Misses == firstMiss:
		t.ask(&v, q, help1)
	default:
		t.ask(&v, q, help2)
	}
}

func slotOf(q *Question) string {
	if q == nil {
		return ""
	}
	return q.Slot
}

// restMiss is the ladder where nothing is open.
func (t *turn) restMiss() {
	t.s.Misses++
	switch {
	case t.s.Misses > thirdMiss:
		t.giveUp()
	case t.s.Misses == thirdMiss:
		t.prompt("stuck", "", Line{Key: "stuck.rest"}, "person", "menu")
		t.final.Repair = true
	case t.s.Misses == secondMiss:
		t.say("repair.rest_2")
		t.menu()
		t.final.Repair = true
	default:
		t.say("repair.rest_1")
		t.menu()
		t.final.Repair = true
	}
}

// stuck offers the ways out.
func (t *turn) stuck(q *Question) {
	values := []string{"person", "later"}
	if q != nil && q.Optional {
		values = []string{"skip", "person", "later"}
	}
	t.prompt("stuck", "", Line{Key: "stuck.ask"}, values...)
	t.final.Repair = true
}

func (t *turn) giveUp() {
	t.say("stuck.give_up")
	t.handOff("not_understood")
}

// handOff gives the conversation to a person. The session rests as it is, with no tries counted.
func (t *turn) handOff(reason string) {
	h := HandedOff{Reason: reason, Missed: t.s.Missed}
	if v, ok := t.now(); ok {
		h.Tree, h.Service, h.Answers = v.run.Tree, v.tree.Files, v.answers()
		v.run.Misses = 0
	}
	t.flush(Said{})
	t.emit(h)
	t.s.Missed, t.s.Misses, t.s.Offered = nil, 0, Offer{}
	t.asked = true
}

// comeBack is the first turn after a person.
func (t *turn) comeBack() {
	t.s.Misses, t.s.Rude = 0, 0
	if run := t.front(); run != nil {
		run.Misses = 0
	}
	switch t.in.Returned {
	case "silent":
		t.quiet = true
	case "menu":
		t.say("handoff.returned")
		t.park()
		t.menu()
	case "resume", "":
		t.say("handoff.returned")
		t.again()
	default:
		t.say("handoff.returned")
		if r, ok, err := t.look.Reference(t.ctx, t.in.Returned); err == nil && ok && r.Found {
			t.tellCase(r.Case)
		}
		t.afterwards()
	}
}
