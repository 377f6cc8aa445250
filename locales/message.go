package locales

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
	"unicode"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
)

// pluralNames are the forms CLDR knows, in its order.
var pluralNames = []string{"zero", "one", "two", "few", "many", "other"}

// keyPart is one part of a key: letters, digits, _ and -.
var keyPart = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// message is one entry of messages.toml.
type message struct {
	key    string
	plural bool     // written as a table of forms
	forms  []form   // in CLDR's order
	vars   []string // of all forms together
	file   string
	at     place
}

type form struct{ name, text string }

// form is the text of one plural form; a message without forms has "other" alone.
func (m *message) form(name string) (text string, ok bool) {
	for _, f := range m.forms {
		if f.name == name {
			return f.text, true
		}
	}
	return "", false
}

func (m *message) has(v string) bool {
	for _, name := range m.vars {
		if name == v {
			return true
		}
	}
	return false
}

// messageFile reads one messages.toml. go-i18n parses the messages themselves; before it does, everything is refused that it would
// take silently in a way nobody meant.
func messageFile(file, text string) (map[string]*message, []*i18n.Message, Findings) {
	r := &messageReader{file: file, places: placesOf(text), messages: map[string]*message{}}
	var raw map[string]any
	if err := toml.Unmarshal([]byte(text), &raw); err != nil {
		return nil, nil, Findings{tomlFinding(file, err)}
	}
	r.table("", raw)
	for _, key := range sortedKeys(r.messages) {
		r.check(r.messages[key])
	}
	if len(r.findings) > 0 {
		return r.messages, nil, r.findings
	}
	parsed, err := i18n.ParseMessageBytes([]byte(text), func(_ []byte, v any) error {
		*v.(*any) = raw
		return nil
	})
	if err != nil {
		return r.messages, nil, Findings{{File: file, Message: "go-i18n cannot read this file: " + err.Error()}}
	}
	return r.messages, parsed, nil
}

func tomlFinding(file string, err error) Finding {
	f := Finding{File: file, Message: "this is not TOML: " + err.Error()}
	if p, ok := err.(toml.ParseError); ok { //nolint:errorlint // it comes unwrapped, as a value
		f.Line, f.Message = p.Position.Line, "this is not TOML: "+p.Message
		f.Key = p.LastKey
	}
	return f
}

type messageReader struct {
	file     string
	places   map[string]place
	messages map[string]*message
	findings Findings
}

func (r *messageReader) bad(key, format string, args ...any) {
	r.findings = append(r.findings, Finding{File: r.file, Line: placeIn(r.places, key).line, Key: key, Message: fmt.Sprintf(format, args...)})
}

// placeIn finds a key, or the table it is in.
func placeIn(places map[string]place, key string) place {
	for {
		if p, ok := places[key]; ok {
			return p
		}
		i := strings.LastIndexByte(key, '.')
		if i < 0 {
			return place{}
		}
		key = key[:i]
	}
}

func (r *messageReader) table(prefix string, t map[string]any) {
	var forms, others []string
	for _, k := range sortedKeys(t) {
		key := k
		if prefix != "" {
			key = prefix + "." + k
		}
		lower := strings.ToLower(k)
		text, isText := t[k].(string)
		switch {
		case !keyPart.MatchString(k):
			r.bad(key, "a part of a key is letters, digits, _ and -, without quotes: rename it")
		case isPlural(lower) && isText && k == lower && prefix != "":
			forms = append(forms, k)
		case reserved(lower):
			r.bad(key, "%q means something else to the message library, in any case: use another name, such as something_else", k)
		case isText:
			others = append(others, k)
			r.messages[key] = &message{key: key, forms: []form{{"other", text}}, file: r.file, at: placeIn(r.places, key)}
		default:
			others = append(others, k)
			sub, ok := t[k].(map[string]any)
			if !ok {
				r.bad(key, "this is no text: put it in quotes")
				continue
			}
			r.table(key, sub)
		}
	}
	if len(forms) == 0 {
		return
	}
	if len(others) > 0 {
		r.bad(prefix, "plural forms (%s) stand beside other keys (%s): give one of them a table of its own",
			strings.Join(forms, ", "), strings.Join(others, ", "))
		return
	}
	m := &message{key: prefix, plural: true, file: r.file, at: placeIn(r.places, prefix)}
	if _, own := r.places[prefix]; !own { // dotted keys: a.one = "…"
		m.at = placeIn(r.places, prefix+"."+forms[0])
	}
	for _, name := range pluralNames {
		if text, ok := t[name].(string); ok {
			m.forms = append(m.forms, form{name, text})
		}
	}
	r.messages[prefix] = m
}

// check holds what must be so before a text may ever be said.
func (r *messageReader) check(m *message) {
	seen := map[string]bool{}
	for _, f := range m.forms {
		key := m.key
		if m.plural {
			key += "." + f.name
		}
		if strings.TrimSpace(f.text) == "" {
			r.bad(key, "the text is empty: write it, or take the key out")
			continue
		}
		if c, found := unwanted(f.text); found {
			r.bad(key, "the text holds the invisible sign U+%04X: take it out; direction is set when the message is said", c)
		}
		names, err := varsOf(f.text)
		if err != nil {
			r.bad(key, "%s", err)
			continue
		}
		for _, n := range names {
			if !seen[n] {
				seen[n] = true
				m.vars = append(m.vars, n)
			}
		}
	}
	sort.Strings(m.vars)
}

// unwanted finds control signs: NUL and its like, and those that turn the direction of a text. ZWNJ and ZWJ are letters' business.
func unwanted(text string) (rune, bool) {
	for _, c := range text {
		switch {
		case c == '\n':
		case unicode.IsControl(c), bidiControl(c), c == '\ufeff', c == unicode.ReplacementChar:
			return c, true
		}
	}
	return 0, false
}

func bidiControl(c rune) bool {
	return c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 || c == 0x200e || c == 0x200f || c == 0x061c
}

func isPlural(k string) bool {
	for _, name := range pluralNames {
		if k == name {
			return true
		}
	}
	return false
}

// reserved are the names go-i18n reads as parts of a message.
func reserved(lower string) bool {
	switch lower {
	case "id", "description", "hash", "leftdelim", "rightdelim", "translation":
		return true
	}
	return isPlural(lower)
}
