package dialog

import "slices"

// Path is one way through a tree: the answers that make the way, as "slot=value", and the slots asked in order. Go names the tree it
// ends in, when it does not end here.
type Path struct {
	Answers []string
	Slots   []string
	Go      string
}

// Paths walks every way through a tree. Values that no condition tells apart are one way. It stops after limit ways.
func (t *Tree) Paths(limit int) []Path {
	w := walker{tree: t, limit: limit}
	w.walk(Run{Tree: t.Name}, Path{})
	return w.paths
}

type walker struct {
	tree  *Tree
	limit int
	paths []Path
	twice []string // slots asked twice on a path
}

func (w *walker) walk(run Run, at Path) {
	if len(w.paths) >= w.limit {
		return
	}
	v := see(w.tree, &run)
	w.seesTwice(&v)
	for i := range w.tree.Questions {
		if a := v.live[i]; a != nil && w.tree.Questions[i].Go[a.Value] != "" {
			at.Go = w.tree.Questions[i].Go[a.Value]
			w.paths = append(w.paths, at)
			return
		}
	}
	if v.open < 0 {
		w.paths = append(w.paths, at)
		return
	}
	q := &w.tree.Questions[v.open]
	for _, a := range w.classes(q) {
		next := run
		next.put(a, false)
		there := Path{Answers: slices.Clone(at.Answers), Slots: append(slices.Clone(at.Slots), q.Slot)}
		if w.branches(q.Slot) || len(q.Go) > 0 {
			value := a.Value
			if a.From == Skipped {
				value = skip
			}
			there.Answers = append(there.Answers, q.Slot+"="+value)
		}
		w.walk(next, there)
	}
}

// classes are the answers of a question that conditions can tell apart, one of each kind.
func (w *walker) classes(q *Question) []Answer {
	told := map[string]bool{}
	answered := false
	for i := range w.tree.Questions {
		w.tree.Questions[i].When.tests(func(slot string, values []string) {
			if slot == q.Slot {
				answered = answered || values == nil
				for _, v := range values {
					told[v] = true
				}
			}
		})
	}
	var all []Answer
	rest := false
	for _, c := range q.Choices {
		if told[c] || q.Go[c] != "" || !rest {
			rest = rest || !told[c] && q.Go[c] == ""
			all = append(all, Answer{Slot: q.Slot, Value: c, From: Asked})
		}
	}
	if q.Choices == nil {
		all = append(all, Answer{Slot: q.Slot, Value: sampleOf(q), From: Asked})
	}
	if q.Optional && (answered || len(told) > 0) {
		all = append(all, Answer{Slot: q.Slot, From: Skipped})
	}
	return all
}

func sampleOf(q *Question) string {
	switch q.Kind {
	case AskNumber:
		for _, n := range []string{"1", "0"} {
			if q.Accepts(n) {
				return n
			}
		}
	case AskDate:
		return "2027-04-05"
	case AskPlace, AskList:
		return "{}"
	}
	return "1"
}

func (w *walker) branches(slot string) bool {
	found := false
	for i := range w.tree.Questions {
		w.tree.Questions[i].When.tests(func(s string, _ []string) { found = found || s == slot })
	}
	return found
}

func (w *walker) seesTwice(v *view) {
	for i := range w.tree.Questions {
		for j := range i {
			if v.live[i] != nil && v.live[j] != nil && w.tree.Questions[i].Slot == w.tree.Questions[j].Slot {
				if slot := w.tree.Questions[i].Slot; !slices.Contains(w.twice, slot) {
					w.twice = append(w.twice, slot)
				}
			}
		}
	}
}
