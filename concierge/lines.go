package concierge

import (
	"slices"
	"strings"

	"concierge/internal/phrase"
)

// lines gives lines the values only the host knows.
func (t *turn) lines(lines ...phrase.Line) []phrase.Line {
	out := make([]phrase.Line, len(lines))
	for i, l := range lines {
		out[i] = t.line(l)
	}
	return out
}

func (t *turn) line(l phrase.Line) phrase.Line {
	if other, ok := t.instead[l.Key]; ok {
		l = other
	}
	if l.Key == "" {
		return l
	}
	vars := make([]phrase.Var, 0, len(l.Vars)+len(t.h.vars)+len(t.vars)+1)
	vars = append(append(vars, t.h.vars...), t.vars...)
	if call := t.h.whomToCall(l.Key, t.now); call != "" {
		vars = append(vars, phrase.Var{Name: "Phone", Text: call})
	}
	if t.due != "" && strings.HasPrefix(l.Key, "faq.") {
		vars = append(vars, phrase.Var{Name: "Due", Date: t.due})
	}
	for _, v := range l.Vars {
		if v.Text != "" || v.Key != "" || v.Date != "" || v.Lines != nil || v.Count != 0 || !named(vars, v.Name) {
			vars = append(vars, v) // else the engine left it for us
		}
	}
	l.Vars = vars
	return l
}

func named(vars []phrase.Var, name string) bool {
	return slices.ContainsFunc(vars, func(v phrase.Var) bool { return v.Name == name })
}
