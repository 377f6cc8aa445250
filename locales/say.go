package locales

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/unicode/bidi"

	"concierge/internal/phrase"
)

// unknown stands where a value was not given: an honest hole, in signs every SMS has.
const unknown = "..."

// saying is what one sentence needs while it is being said, kept for the next one.
type saying struct {
	vars   map[string]string
	config i18n.LocalizeConfig
}

func (s *Set) say(tag, key string, vars []phrase.Var) string {
	e := s.entry(tag, key)
	if e == nil {
		s.gap(Gap{Tag: tag, Key: key, Why: "no such key"})
		return lastPart(key)
	}
	if e.static {
		return e.text
	}
	text := s.fill(tag, e, vars)
	if e.also != nil {
		text = together(text, s.fill(tag, e.also, vars))
	}
	return text
}

// fill words one message with its variables, in its own language.
func (s *Set) fill(tag string, e *entry, vars []phrase.Var) string {
	if e.static {
		return e.own
	}
	w := s.data.Get().(*saying)
	defer func() {
		clear(w.vars) // a resident's words do not wait in memory for the next sentence
		w.config = i18n.LocalizeConfig{}
		s.data.Put(w)
	}()
	var count any
	for i := range vars {
		v := &vars[i]
		if v.Name == "Count" || count == nil && e.plural && v.Count != 0 {
			count = v.Count
			w.vars["Count"] = e.lang.number(v.Count)
		}
		if v.Name != "Count" {
			w.vars[v.Name] = s.value(e.lang, v)
		}
	}
	for _, name := range e.vars {
		if _, ok := w.vars[name]; !ok {
			w.vars[name] = unknown
			s.gap(Gap{Tag: tag, Key: e.key, Var: name, Why: "a variable is missing"})
		}
	}
	form := count
	if !e.plural {
		form = nil // a message of one form is asked for without a number, else the library misses the others
	} else if count == nil {
		s.gap(Gap{Tag: tag, Key: e.key, Var: "Count", Why: "a plural message without its number"})
	}
	text, _, err := e.lang.localize(&w.config, e.key, w.vars, form)
	if err != nil {
		s.gap(Gap{Tag: tag, Key: e.key, Why: err.Error()})
	}
	if text == "" {
		return lastPart(e.key)
	}
	return text
}

// value words one variable in the language of the sentence.
func (s *Set) value(l *tongue, v *phrase.Var) string {
	switch {
	case v.Key != "":
		return l.isolated(s.say(l.tag, v.Key, nil))
	case v.Lines != nil:
		items := make([]string, len(v.Lines))
		for i, line := range v.Lines {
			items[i] = l.isolated(inert(s.Say(l.tag, line)))
		}
		return strings.Join(items, l.separator())
	case v.Date != "":
		day, err := time.Parse(time.DateOnly, v.Date)
		if err != nil {
			s.gap(Gap{Tag: l.tag, Var: v.Name, Why: "not a date"})
			return l.isolated(inert(v.Date))
		}
		return l.isolated(s.Date(l.tag, day))
	case v.Count != 0:
		return l.number(v.Count)
	}
	return l.isolated(inert(v.Text))
}

func (l *tongue) separator() string {
	if l.about.List != "" {
		return l.about.List
	}
	return ", "
}

// number writes a count as the language does. What must be typed back is text, and never comes here.
func (l *tongue) number(n int) string {
	text := strconv.Itoa(n)
	if l.about.Digits != "native" {
		return text
	}
	digits := []rune(l.about.Numerals)
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return digits[r-'0']
		}
		return r
	}, text)
}

// inert takes the signs out of a stranger's words that would turn the direction of ours.
func inert(text string) string {
	if !strings.ContainsFunc(text, bidiControl) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if bidiControl(r) {
			return -1
		}
		return r
	}, text)
}

const (
	firstStrongIsolate = "\u2068"
	popIsolate         = "\u2069"
)

// isolated keeps a value that may run left to right in one piece inside a right-to-left sentence. A URL stands alone on its line,
// where nothing needs keeping and a stray sign would break it.
func (l *tongue) isolated(value string) string {
	if !l.about.RTL() || !leftToRight(value) || strings.HasPrefix(value, "https://") || strings.HasPrefix(value, "http://") {
		return value
	}
	return firstStrongIsolate + value + popIsolate
}

// leftToRight tells a value that a right-to-left line would tear: one with a left-to-right letter, or with digits and punctuation.
func leftToRight(value string) bool {
	digits, signs := false, false
	for _, r := range value {
		switch {
		case r >= '0' && r <= '9':
			digits = true
		case r < utf8.RuneSelf && !unicode.IsLetter(r):
			signs = signs || r != ' '
		default:
			if p, _ := bidi.LookupRune(r); p.Class() == bidi.L {
				return true
			}
		}
	}
	return digits && (signs || strings.Contains(strings.TrimSpace(value), " ")) && !hasRightToLeft(value)
}

func hasRightToLeft(value string) bool {
	return strings.ContainsFunc(value, func(r rune) bool {
		p, _ := bidi.LookupRune(r)
		return p.Class() == bidi.R || p.Class() == bidi.AL
	})
}

func (s *Set) gap(g Gap) {
	s.gaps.Add(1)
	if s.tell != nil {
		s.tell(g)
	}
}

// lastPart is the least a key can say for itself: park_path.problem.fallen_tree is "fallen tree".
func lastPart(key string) string {
	return strings.ReplaceAll(key[strings.LastIndexByte(key, '.')+1:], "_", " ")
}
