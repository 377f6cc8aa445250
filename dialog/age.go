package dialog

import "slices"

// age lets time pass: pieces and runs grow old and are forgotten.
func (t *turn) age() {
	gone := int(min(t.in.Since.Seconds(), 10*365*24*3600))
	if gone <= 0 {
		return
	}
	t.s.Early = aged(t.s.Early, func(p *Piece) bool { p.Age += gone; return p.Age <= earlyAge })
	t.s.Parked = aged(t.s.Parked, func(r *Run) bool { r.Age += gone; return r.Age <= forgetting })
	if gone > forgetting {
		t.s.Stack, t.s.Offered, t.s.Missed, t.s.Misses, t.s.Rude = t.s.Stack[:0], Offer{}, nil, 0, 0
	}
}

// aged is a copy of those that may stay.
func aged[T any](all []T, stays func(*T) bool) []T {
	var out []T
	for _, one := range all {
		if stays(&one) {
			out = append(out, one)
		}
	}
	return out
}

// renamed follows trees that changed overnight: slots and values with new names, and trees that are gone.
func (t *turn) renamed() {
	t.s.Stack = slices.DeleteFunc(t.s.Stack, func(r Run) bool {
		if t.e.tree(&r) != nil {
			return false
		}
		for _, a := range r.Answers {
			if a.Words != "" {
				t.missed(a.Words)
			}
		}
		t.say("resume.gone")
		return true
	})
	t.s.Parked = aged(t.s.Parked, func(r *Run) bool { return t.e.tree(r) != nil })
	for i := range t.s.Stack {
		t.e.tree(&t.s.Stack[i]).rename(&t.s.Stack[i])
	}
}

func (t *Tree) rename(r *Run) {
	if !t.renames {
		return
	}
	r.Answers = slices.Clone(r.Answers)
	for i := range r.Answers {
		a := &r.Answers[i]
		for j := range t.Questions {
			q := &t.Questions[j]
			if q.Was != "" && a.Slot == q.Was && r.answer(q.Slot) == nil {
				a.Slot = q.Slot
			}
			if now, ok := q.WasValues[a.Value]; ok && a.Slot == q.Slot {
				a.Value = now
			}
		}
	}
}
