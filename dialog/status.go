package dialog

import "strings"

// referred reads a reference in the text: at a text question only when it is nearly all there is.
func (t *turn) referred(folded string) bool {
	words := strings.Count(folded, " ") + 1
	if len(folded) < 6 || !strings.ContainsAny(folded, "0123456789") {
		return false
	}
	if q := t.open(); q != nil && words > 3 {
		return false
	}
	r, ok, err := t.look.Reference(t.ctx, t.in.Text)
	if err != nil || !ok {
		return false
	}
	t.note("reference", r.Reference)
	switch {
	case r.Wrong && words > 2:
		return false
	case r.Wrong:
		t.say("status.wrong_sign")
	case !r.Found:
		t.say("status.unknown", Var{Name: "Ref", Text: r.Reference})
	case t.tg.mute.first(folded) != "":
		t.emit(UpdatesSet{Reference: r.Reference})
		t.say("case.muted", Var{Name: "Ref", Text: r.Reference})
	case t.front() == nil && t.tg.broken.first(folded) != "":
		t.disputed(r.Reference, "no")
		return true
	default:
		t.tellCase(r.Case)
	}
	t.afterwards()
	return true
}

// caseVars are what may be said of a case.
func caseVars(c CaseBrief) []Var {
	return []Var{{Name: "Ref", Text: c.Reference}, {Name: "Service", Key: "service." + c.Service + ".name"}, {Name: "Street", Text: c.Street},
		{Name: "Date", Date: c.Promised}, {Name: "Filed", Date: c.FiledOn}}
}

// tellCase says where a case stands.
func (t *turn) tellCase(c CaseBrief) {
	vars := caseVars(c)
	t.say("status.case", append(vars, Var{Name: "Status", Lines: []Line{{Key: c.StatusKey, Vars: vars}}})...)
	if c.Link != "" {
		t.say("status.link", Var{Name: "Link", Text: c.Link})
	}
}

// showCases lists this resident's cases.
func (t *turn) showCases() {
	mine, all, err := t.look.Mine(t.ctx)
	switch {
	case err != nil:
		t.say("status.later")
		return
	case len(mine) == 0:
		t.say("status.none")
		return
	case len(mine) == 1:
		t.tellCase(mine[0])
		return
	}
	t.say("status.list", Var{Name: "Count", Count: all})
	for _, c := range mine[:min(len(mine), 5)] {
		vars := caseVars(c)
		t.say("status.item", append(vars, Var{Name: "Status", Lines: []Line{{Key: c.StatusKey, Vars: vars}}})...)
	}
}
