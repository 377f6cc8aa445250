package dialog

import (
	"encoding/json"
	"fmt"
	"slices"
)

// MaxSession is the most a session takes, encoded. Bytes.
const MaxSession = 16 << 10

// Encode writes a session as JSON, at most MaxSession bytes after a turn.
func Encode(s Session) ([]byte, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode session: %w", err)
	}
	return b, nil
}

// Decode reads a session. Nothing, or null, is a new one.
func Decode(b []byte) (Session, error) {
	var s Session
	if len(b) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return Session{}, fmt.Errorf("decode session: %w", err)
	}
	return s, nil
}

// fit makes the session small enough: Missed, then answers asleep, then the oldest parked runs, then Early go. Nothing else does: what
// is left is under the limit, as every part of it is bounded.
func (s *Session) fit() {
	if s.size() <= MaxSession {
		return
	}
	s.Missed = nil
	for s.size() > MaxSession && len(s.Parked) > 0 {
		s.Parked = slices.Clone(s.Parked[1:])
	}
	if s.size() > MaxSession {
		s.Early = nil
	}
}

// size is an upper bound of the encoded session, without encoding it: JSON writes a byte of text as six at most.
func (s *Session) size() int {
	n := 256 + weight(s.Lang, s.Guess) + weight(s.Missed...) + s.Offered.size()
	for _, p := range s.Early {
		n += 48 + weight(p.Message, p.Kind, p.Value)
	}
	for _, runs := range [][]Run{s.Stack, s.Parked} {
		for i := range runs {
			n += runs[i].size()
		}
	}
	return n
}

func (o *Offer) size() int { return 48 + weight(o.Slot, o.Prompt, o.Extra) + weight(o.Values...) }

func (r *Run) size() int {
	n := 96 + weight(r.Tree, r.Change, r.About) + weight(r.Stops...)
	for i := range r.Answers {
		a := &r.Answers[i]
		n += 40 + weight(a.Slot, a.Value, a.Words, a.From) + weight(a.Messages...)
	}
	return n
}

// weight is what strings take in JSON: quotes and comma, and an escape for what needs one.
func weight(all ...string) int {
	n := 0
	for _, s := range all {
		n += len(s) + 3
		for i := range len(s) {
			switch c := s[i]; {
			case c < 0x20 || c == '<' || c == '>' || c == '&':
				n += 5
			case c == '"' || c == '\\':
				n++
			case c >= 0x80:
				n += 2 // U+2028 as \u2028; a broken byte as \ufffd
			}
		}
	}
	return n
}
