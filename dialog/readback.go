package dialog

import "strings"

// label is how a slot is called when it is read back.
func (t *turn) label(q *Question) Line { return Line{Key: q.Key("label")} }

// varOf puts a line into a variable of another.
func varOf(name string, l Line) Var {
	switch {
	case l.Vars != nil:
		return Var{Name: name, Lines: []Line{l}}
	case l.Key != "":
		return Var{Name: name, Key: l.Key}
	}
	return Var{Name: name, Text: l.Text}
}

// valueLine is how an answer is read back.
func (t *turn) valueLine(q *Question, a *Answer) Line {
	if a == nil || a.From == Skipped {
		return Line{Key: "review.skipped"}
	}
	switch q.Kind {
	case Choose:
		return Line{Key: q.Key(a.Value)}
	case ChooseMany:
		var lines []Line
		for one := range strings.SplitSeq(a.Value, ",") {
			lines = append(lines, Line{Key: q.Key(one)})
		}
		return Line{Key: "review.list", Vars: []Var{{Name: "List", Lines: lines}}}
	case YesNo:
		if a.Value == "yes" || a.Value == "no" {
			return Line{Key: "ask." + a.Value}
		}
		return Line{Key: q.Key(a.Value)}
	case AskPlace, AskList:
		p, _ := decodePlace(a.Value)
		return placeLine(p)
	}
	return Line{Text: a.Value}
}
