package dialog

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// reader reads the JSON that Encode writes: no spaces, no null, no escapes but its own. It gives up on anything else. Strings without
// escapes are parts of the text it was given.
type reader struct {
	s   string
	at  int
	bad bool
}

func (r *reader) session() (Session, bool) {
	var s Session
	r.object(func(key byte) {
		switch key {
		case 'l':
			s.Lang = r.text()
		case 's':
			s.Stack = r.runs()
		case 'p':
			s.Parked = r.runs()
		case 'o':
			s.Offered = r.offer()
		case 'e':
			r.list(func() { s.Early = append(s.Early, r.piece()) })
		case 'm':
			s.Missed = r.texts()
		case 'r':
			s.Runs = r.number()
		case 't':
			s.Turns = r.number()
		case 'i':
			s.Misses = r.number()
		case 'a':
			s.Rude = r.number()
		case 'g':
			s.Guess = r.text()
		default:
			r.bad = true
		}
	})
	return s, !r.bad && r.at == len(r.s)
}

func (r *reader) offer() (o Offer) {
	r.object(func(key byte) {
		switch key {
		case 'r':
			o.Run = r.number()
		case 's':
			o.Slot = r.text()
		case 'p':
			o.Prompt = r.text()
		case 'v':
			o.Values = r.texts()
		case 'x':
			o.Extra = r.text()
		default:
			r.bad = true
		}
	})
	return o
}

func (r *reader) piece() (p Piece) {
	r.object(func(key byte) {
		switch key {
		case 'm':
			p.Message = r.text()
		case 'k':
			p.Kind = r.text()
		case 'v':
			p.Value = r.text()
		case 'a':
			p.Age = r.number()
		default:
			r.bad = true
		}
	})
	return p
}

func (r *reader) runs() []Run {
	all := make([]Run, 0, maxStack)
	r.list(func() { all = append(all, r.run()) })
	return all
}

func (r *reader) run() (run Run) {
	r.object(func(key byte) {
		switch key {
		case 'n':
			run.No = r.number()
		case 't':
			run.Tree = r.text()
		case 'a':
			run.Answers = make([]Answer, 0, 8)
			r.list(func() { run.Answers = append(run.Answers, r.answer()) })
		case 'm':
			run.Misses = r.number()
		case 'd':
			run.Nudged = r.truth()
		case 'c':
			run.Change = r.text()
		case 'b':
			run.Near = r.truth()
		case 'r':
			run.About = r.text()
		case 'x':
			run.Stops = r.texts()
		case 'g':
			run.Age = r.number()
		default:
			r.bad = true
		}
	})
	return run
}

func (r *reader) answer() (a Answer) {
	r.object(func(key byte) {
		switch key {
		case 's':
			a.Slot = r.text()
		case 'v':
			a.Value = r.text()
		case 'w':
			a.Words = r.text()
		case 'f':
			a.From = r.text()
		case 'm':
			a.Messages = r.texts()
		default:
			r.bad = true
		}
	})
	return a
}

// object reads {"k":…,…} with keys of one letter.
func (r *reader) object(field func(key byte)) {
	if !r.takes('{') {
		return
	}
	for first := true; !r.bad; first = false {
		if r.peek() == '}' {
			r.at++
			return
		}
		if !first && !r.takes(',') {
			return
		}
		if r.at+4 > len(r.s) || r.s[r.at] != '"' || r.s[r.at+2] != '"' || r.s[r.at+3] != ':' {
			r.bad = true
			return
		}
		key := r.s[r.at+1]
		r.at += 4
		field(key)
	}
}

func (r *reader) list(item func()) {
	if !r.takes('[') {
		return
	}
	for first := true; !r.bad; first = false {
		if r.peek() == ']' {
			r.at++
			return
		}
		if !first && !r.takes(',') {
			return
		}
		item()
	}
}

func (r *reader) texts() []string {
	all := make([]string, 0, 4)
	r.list(func() { all = append(all, r.text()) })
	return all
}

func (r *reader) peek() byte {
	if r.at >= len(r.s) {
		r.bad = true
		return 0
	}
	return r.s[r.at]
}

func (r *reader) takes(c byte) bool {
	if r.peek() != c {
		r.bad = true
		return false
	}
	r.at++
	return true
}

func (r *reader) truth() bool {
	if !strings.HasPrefix(r.s[r.at:], "true") {
		r.bad = true
		return false
	}
	r.at += 4
	return true
}

func (r *reader) number() int {
	from := r.at
	for r.at < len(r.s) && (r.s[r.at] >= '0' && r.s[r.at] <= '9' || r.s[r.at] == '-') {
		r.at++
	}
	digits := r.s[from:r.at]
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) > 1 && (digits[0] == '0' || digits[0] == '-' && digits[1] == '0') {
		r.bad = true
	}
	return n
}

func (r *reader) text() string {
	if !r.takes('"') {
		return ""
	}
	from := r.at
	for r.at < len(r.s) {
		switch c := r.s[r.at]; {
		case c == '"':
			s := r.s[from:r.at]
			r.at++
			if !utf8.ValidString(s) {
				r.bad = true
			}
			return s
		case c == '\\':
			return r.escaped(from)
		case c < 0x20:
			r.bad = true
			return ""
		}
		r.at++
	}
	r.bad = true
	return ""
}

// escaped goes on with a string from its first backslash.
func (r *reader) escaped(from int) string {
	b := make([]byte, 0, 2*(r.at-from)+160)
	b = append(b, r.s[from:r.at]...)
	for r.at < len(r.s) {
		c := r.s[r.at]
		r.at++
		switch {
		case c == '"':
			if !utf8.Valid(b) {
				r.bad = true
			}
			return string(b)
		case c < 0x20:
			r.bad = true
			return ""
		case c != '\\':
			b = append(b, c)
		case r.peek() == '"' || r.peek() == '\\':
			b = append(b, r.s[r.at])
			r.at++
		case strings.HasPrefix(r.s[r.at:], "u00") && len(r.s) >= r.at+5:
			n, err := strconv.ParseUint(r.s[r.at+3:r.at+5], 16, 8)
			if err != nil || n >= utf8.RuneSelf {
				r.bad = true
				return ""
			}
			b = append(b, byte(n))
			r.at += 5
		default:
			r.bad = true
			return ""
		}
	}
	r.bad = true
	return ""
}
