package dialog

import (
	"slices"
	"strings"
)

// alarm looks for words of danger anywhere in a text: their line is said first and the desk is told. Safeguarding words go to a person.
func (t *turn) alarm(folded string) bool {
	kind := t.e.alarms.first(folded)
	if kind == "" {
		return false
	}
	t.note("alarm", kind)
	t.alarmed = true
	t.lines, t.final = append(t.lines, Line{Key: "safety." + kind}), Said{}
	t.flush(Said{Safety: true})
	t.emit(Flagged{Line: kind})
	if kind == safeguarding {
		t.handOff(safeguarding)
		return true
	}
	return false
}

// stops says the lines of answers that have just become live: a stopper's, or whose it is. It is true when the run has ended.
func (t *turn) stops(v *view) bool {
	service := t.e.services[v.tree.Files]
	if service == nil {
		return false
	}
	said := v.run.Stops
	var now []string
	for i := range v.tree.Questions {
		a := v.live[i]
		if a == nil || a.Value == "" {
			continue
		}
		for value := range strings.SplitSeq(a.Value, ",") {
			stopper, stops := service.Stoppers[a.Slot+"."+value]
			owner, theirs := service.NotOurs[a.Slot+"."+value]
			if !stops && !theirs {
				continue
			}
			key := a.Slot + "." + value
			now = append(now, key)
			if slices.Contains(said, key) {
				continue
			}
			if stops && t.stopped(v, key, stopper) || theirs && t.theirs(v, owner, key) {
				return true
			}
		}
	}
	v.run.Stops = now
	return false
}

// stopped fires a stopper: its line at once, as a message of its own. After one that never files the run is over.
func (t *turn) stopped(v *view, key string, s Stopper) bool {
	before := t.lines
	t.lines = []Line{{Key: "stop." + s.Line}}
	t.flush(Said{Safety: true})
	t.lines = before
	t.emit(Stopped{Service: v.tree.Files, Answer: key, Line: s.Line, Never: s.Never})
	if !s.Never {
		return false
	}
	t.pop()
	t.say("safety.not_filed")
	t.backBelow()
	return true
}

// urgent tells whether a live answer makes the case urgent.
func (t *turn) urgent(v *view) bool {
	service := t.e.services[v.tree.Files]
	for _, key := range v.run.Stops {
		if s, ok := service.Stoppers[key]; ok && !s.Never {
			return true
		}
	}
	return false
}

// theirs says whose it is. It is true when nothing of it is ours and the run has ended.
func (t *turn) theirs(v *view, owner, key string) bool {
	o, ok := t.e.owners[owner]
	if !ok {
		return false
	}
	t.note("not ours", owner)
	contact := o.Call
	if o.Web != "" {
		contact = strings.TrimPrefix(contact+", "+o.Web, ", ")
	}
	vars := []Var{{Name: "Who", Text: o.Name}, {Name: "Contact", Text: contact}}
	if o.Files {
		t.say("not_ours.file", vars...)
		return false
	}
	t.emit(Stepped{Tree: v.run.Tree, Slot: key, What: "not_ours"})
	t.pop()
	t.say("not_ours.tell", vars...)
	t.backBelow()
	return true
}

// neighbours offers the open cases near, once, right after the place (and after the question of danger, if that is still open).
func (t *turn) neighbours(v *view, q *Question) bool {
	service := t.e.services[v.tree.Files]
	if service == nil || !service.Joins || v.run.Near || q != nil && (q.Slot == "danger" || v.run.Change != "") {
		return false
	}
	for i := range v.tree.Questions {
		a := v.live[i]
		if a == nil || v.tree.Questions[i].Kind != AskPlace {
			continue
		}
		v.run.Near = true
		place, _ := decodePlace(a.Value)
		if !place.Point {
			return false
		}
		near, err := t.look.Nearby(t.ctx, v.tree.Files, place)
		if err != nil || len(near) == 0 {
			return false
		}
		t.offerJoin(near)
		return true
	}
	return false
}

// offerJoin tells of the cases near and asks whether theirs is one of them.
func (t *turn) offerJoin(near []CaseBrief) {
	var values []string
	for _, c := range near[:min(len(near), 3)] {
		key := "join.case"
		if c.Mine {
			key = "join.yours"
		}
		t.say(key, Var{Name: "Ref", Text: c.Reference}, Var{Name: "Street", Text: c.Street}, Var{Name: "Date", Date: c.FiledOn},
			Var{Name: "Count", Count: max(c.Followers, 1)})
		values = append(values, c.Reference)
	}
	ask := Line{Key: "join.ask"}
	if len(values) == 1 {
		t.prompt("join", values[0], ask, "follow", "different")
		return
	}
	t.prompt("join", "", ask, append(values, "different")...)
}

// join follows the case, or goes on with a report of their own.
func (t *turn) join(value string) {
	v, ok := t.now()
	if !ok || value == "different" {
		t.proceed()
		return
	}
	run := v.run
	t.flush(Said{})
	t.emit(Joined{Reference: value, Run: run.No, Answers: v.answers()})
	t.pop()
	t.say("join.done", Var{Name: "Ref", Text: value})
	t.flush(Said{Keep: true})
	t.filed()
}
