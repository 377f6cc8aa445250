package dialog

import (
	"slices"
	"unicode/utf8"
)

// MaxSession is the most a session takes, encoded. Bytes.
const MaxSession = 16 << 10

// fit makes the session small enough: Missed, then answers asleep, then the oldest parked run, then Early go: nothing else does, as
// what is left is bounded.
func (e *Engine) fit(s *Session) {
	if s.size() <= MaxSession {
		return
	}
	s.Missed = nil
	s.Parked = slices.Clone(s.Parked)
	for _, all := range [][]Run{s.Parked, s.Stack} {
		for i := range all {
			if s.size() <= MaxSession {
				return
			}
			if tree := e.tree(&all[i]); tree != nil {
				v := see(tree, &all[i])
				all[i].Answers = slices.DeleteFunc(slices.Clone(all[i].Answers), func(a Answer) bool { return v.answer(a.Slot) == nil })
			}
		}
	}
	for s.size() > MaxSession && len(s.Parked) > 0 {
		s.Parked = slices.Clone(s.Parked[1:])
	}
	if s.size() > MaxSession {
		s.Early = nil
	}
}

// size is an upper bound of the encoded session, without encoding it.
func (s *Session) size() int {
	n := 128 + weight(s.Lang) + weight(s.Guess) + weights(s.Missed) + s.Offered.size()
	for i := range s.Early {
		p := &s.Early[i]
		n += 40 + weight(p.Message) + weight(p.Kind) + weight(p.Value)
	}
	for i := range s.Stack {
		n += s.Stack[i].size()
	}
	for i := range s.Parked {
		n += s.Parked[i].size()
	}
	return n
}

func (o *Offer) size() int {
	return 48 + weight(o.Slot) + weight(o.Prompt) + weight(o.Extra) + weights(o.Values)
}

func (r *Run) size() int {
	n := 128 + weight(r.Tree) + weight(r.Change) + weight(r.About) + weights(r.Stops)
	for i := range r.Answers {
		a := &r.Answers[i]
		n += 40 + weight(a.Slot) + weight(a.Value) + weight(a.Words) + weight(a.From) + weights(a.Messages)
	}
	return n
}

func weights(all []string) int {
	n := 0
	for _, s := range all {
		n += weight(s)
	}
	return n
}

// weight is what a string takes in JSON, with its quotes and comma; a byte that is no UTF-8 becomes three.
func weight(s string) int {
	n := len(s) + 3
	for i := range len(s) {
		switch c := s[i]; {
		case c < 0x20:
			n += 5
		case c == '"' || c == '\\':
			n++
		}
	}
	if !utf8.ValidString(s) {
		n += 2 * len(s)
	}
	return n
}
