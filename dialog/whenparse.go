package dialog

import (
	"fmt"
	"strings"
)

// parseWhen reads a condition.
func parseWhen(text string) (*When, error) {
	p := whenParser{tokens: whenTokens(text)}
	w, err := p.or(0)
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("%q is not expected here", p.tokens[0])
	}
	if err != nil {
		return nil, err
	}
	w.text = text
	return w, nil
}

type whenParser struct{ tokens []string }

func (p *whenParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *whenParser) next() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *whenParser) or(depth int) (*When, error) {
	a, err := p.and(depth)
	for err == nil && p.peek() == "or" {
		p.next()
		var b *When
		if b, err = p.and(depth); err == nil {
			a = &When{op: "or", a: a, b: b}
		}
	}
	return a, err
}

func (p *whenParser) and(depth int) (*When, error) {
	a, err := p.not(depth)
	for err == nil && p.peek() == "and" {
		p.next()
		var b *When
		if b, err = p.not(depth); err == nil {
			a = &When{op: "and", a: a, b: b}
		}
	}
	return a, err
}

// not stops at 20 brackets: a condition nobody could read.
func (p *whenParser) not(depth int) (*When, error) {
	if depth > 20 {
		return nil, fmt.Errorf("too many brackets")
	}
	switch p.peek() {
	case "not":
		p.next()
		a, err := p.not(depth + 1)
		return &When{op: "not", a: a}, err
	case "(":
		p.next()
		a, err := p.or(depth + 1)
		if err == nil && p.next() != ")" {
			err = fmt.Errorf("a bracket is not closed")
		}
		return a, err
	}
	return p.test()
}

func (p *whenParser) test() (*When, error) {
	slot := p.next()
	if !validName(slot) {
		return nil, fmt.Errorf("%q is no slot", slot)
	}
	switch op := p.next(); op {
	case "answered":
		return &When{op: "answered", slot: slot}, nil
	case "==", "!=":
		value := unquote(p.next())
		if !validName(value) {
			return nil, fmt.Errorf("%q is no value", value)
		}
		w := &When{op: "is", slot: slot, values: []string{value}}
		if op == "!=" {
			return &When{op: "not", a: w}, nil
		}
		return w, nil
	case "in":
		return p.in(slot)
	default:
		return nil, fmt.Errorf("after %s comes ==, !=, in or answered, not %q", slot, op)
	}
}

func (p *whenParser) in(slot string) (*When, error) {
	w := &When{op: "is", slot: slot}
	if p.next() != "[" {
		return nil, fmt.Errorf("after in comes a list in [ ]")
	}
	for {
		value := unquote(p.next())
		if !validName(value) {
			return nil, fmt.Errorf("%q is no value", value)
		}
		w.values = append(w.values, value)
		switch p.next() {
		case "]":
			return w, nil
		case ",":
		default:
			return nil, fmt.Errorf("a list is not closed")
		}
	}
}

func unquote(s string) string { return strings.Trim(s, `"'`) }

func whenTokens(text string) []string {
	var all []string
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n':
			i++
		case strings.IndexByte("()[],", c) >= 0:
			all = append(all, text[i:i+1])
			i++
		default:
			j := i + 1
			for j < len(text) && strings.IndexByte("()[], \t\n", text[j]) < 0 {
				j++
			}
			all = append(all, text[i:j])
			i = j
		}
	}
	return all
}

// validName tells whether a tree, slot or value is named as it must: a-z, digits, _; a letter first; it rides on a button.
func validName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9' || i == 0) {
			return false
		}
	}
	return s != "" && len(s) <= 32
}
