package dialog

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Encode writes a session as JSON, at most MaxSession bytes after a turn. It is written by hand, as it is done on every turn; the form
// is what encoding/json would write by the tags of session.go, and a test holds the two equal.
func Encode(s Session) ([]byte, error) {
	b := make([]byte, 0, 1024)
	b = append(b, '{')
	b = text(b, "l", s.Lang)
	b = runs(b, "s", s.Stack)
	b = runs(b, "p", s.Parked)
	if o := &s.Offered; !o.isZero() {
		b = append(name(b, "o"), '{')
		b = number(b, "r", o.Run)
		b = text(b, "s", o.Slot)
		b = text(b, "p", o.Prompt)
		b = texts(b, "v", o.Values)
		b = append(text(b, "x", o.Extra), '}')
	}
	if len(s.Early) > 0 {
		b = append(name(b, "e"), '[')
		for i := range s.Early {
			p := &s.Early[i]
			b = append(comma(b), '{')
			b = text(b, "m", p.Message)
			b = quoted(name(b, "k"), p.Kind)
			b = text(b, "v", p.Value)
			b = append(number(b, "a", p.Age), '}')
		}
		b = append(b, ']')
	}
	b = texts(b, "m", s.Missed)
	b = number(b, "r", s.Runs)
	b = number(b, "t", s.Turns)
	b = number(b, "i", s.Misses)
	b = number(b, "a", s.Rude)
	b = text(b, "g", s.Guess)
	return append(b, '}'), nil
}

func (o *Offer) isZero() bool {
	return o.Run == 0 && o.Slot == "" && o.Prompt == "" && len(o.Values) == 0 && o.Extra == ""
}

func runs(b []byte, key string, all []Run) []byte {
	if len(all) == 0 {
		return b
	}
	b = append(name(b, key), '[')
	for i := range all {
		r := &all[i]
		b = append(comma(b), '{')
		b = strconv.AppendInt(name(b, "n"), int64(r.No), 10)
		b = quoted(name(b, "t"), r.Tree)
		b = answers(b, r.Answers)
		b = number(b, "m", r.Misses)
		b = truth(b, "d", r.Nudged)
		b = text(b, "c", r.Change)
		b = truth(b, "b", r.Near)
		b = text(b, "r", r.About)
		b = texts(b, "x", r.Stops)
		b = append(number(b, "g", r.Age), '}')
	}
	return append(b, ']')
}

func answers(b []byte, all []Answer) []byte {
	if len(all) == 0 {
		return b
	}
	b = append(name(b, "a"), '[')
	for i := range all {
		a := &all[i]
		b = append(comma(b), '{')
		b = quoted(name(b, "s"), a.Slot)
		b = text(b, "v", a.Value)
		b = text(b, "w", a.Words)
		b = text(b, "f", a.From)
		b = append(texts(b, "m", a.Messages), '}')
	}
	return append(b, ']')
}

func comma(b []byte) []byte {
	if c := b[len(b)-1]; c == '{' || c == '[' {
		return b
	}
	return append(b, ',')
}

func name(b []byte, key string) []byte {
	b = append(comma(b), '"')
	b = append(b, key...)
	return append(b, '"', ':')
}

func text(b []byte, key, s string) []byte {
	if s == "" {
		return b
	}
	return quoted(name(b, key), s)
}

func number(b []byte, key string, n int) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendInt(name(b, key), int64(n), 10)
}

func truth(b []byte, key string, yes bool) []byte {
	if !yes {
		return b
	}
	return append(name(b, key), "true"...)
}

func texts(b []byte, key string, all []string) []byte {
	if len(all) == 0 {
		return b
	}
	b = append(name(b, key), '[')
	for _, s := range all {
		b = quoted(comma(b), s)
	}
	return append(b, ']')
}

// quoted writes a JSON string; what is no UTF-8 becomes U+FFFD.
func quoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(append(b, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += size
			continue
		}
		if c < 0x20 || c == '"' || c == '\\' {
			b = append(b, s[from:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			default:
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			from = i + 1
		}
		i++
	}
	return append(append(b, s[from:]...), '"')
}

// Decode reads a session. Nothing, or null, is a new one. What Encode writes is read by hand; anything else, a session of an older
// release say, by encoding/json.
func Decode(b []byte) (Session, error) {
	if len(b) == 0 {
		return Session{}, nil
	}
	r := reader{s: string(b)}
	if s, ok := r.session(); ok {
		return s, nil
	}
	var s Session
	if err := json.Unmarshal(b, &s); err != nil {
		return Session{}, fmt.Errorf("decode session: %w", err)
	}
	return s, nil
}
