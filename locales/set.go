package locales

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// view is everything one language can say, its fallback chain walked already.
type view struct{ entries map[string]*entry }

// entry is one message as one language says it.
type entry struct {
	lang   *tongue // the language really used
	key    string
	vars   []string
	plural bool
	static bool   // no variables, no forms: own and text are ready
	own    string // the message alone
	text   string // the message, and the English after it where that is owed
	short  bool   // a label
	also   *entry // the English said after a strict message nobody approved
}

// set makes the Set of what was read without an error.
func (r *read) set() (*Set, error) {
	s := &Set{langs: r.tongues, views: map[string]*view{}, drafts: map[string]bool{}, gaps: new(atomic.Uint64),
		data: &sync.Pool{New: func() any { return &saying{vars: make(map[string]string, 8)} }}}
	for tag := range r.tongues {
		if tag != Source {
			s.tags = append(s.tags, tag)
		}
	}
	sort.Strings(s.tags)
	s.tags = append([]string{Source}, s.tags...)
	s.match = newMatcher(s.tags)
	own := map[string]map[string]*entry{}
	for _, tag := range s.tags {
		entries, err := entriesOf(r.bundle, s.langs[tag])
		if err != nil {
			return nil, err
		}
		own[tag] = entries
		s.drafts[tag] = s.isDraft(s.langs[tag])
	}
	for _, tag := range s.tags {
		s.views[tag] = s.chained(tag, own)
	}
	return s, nil
}

// entriesOf says every message of a language once, every form of it: a broken one fails here and not when it is sent.
func entriesOf(bundle *i18n.Bundle, l *tongue) (map[string]*entry, error) {
	l.loc = i18n.NewLocalizer(bundle, l.tag)
	entries := make(map[string]*entry, len(l.messages))
	for key, m := range l.messages {
		e := &entry{lang: l, key: key, vars: m.vars, plural: m.plural, static: !m.plural && len(m.vars) == 0, short: m.short()}
		trial := make(map[string]string, len(m.vars))
		for _, v := range m.vars {
			trial[v] = "x"
		}
		counts := []any{nil}
		if m.plural {
			counts = probes()
		}
		for _, count := range counts {
			text, used, err := l.localize(&i18n.LocalizeConfig{}, key, trial, count)
			if err != nil {
				return nil, fmt.Errorf("load %s: %w", key, err)
			}
			if used != l.lang {
				return nil, fmt.Errorf("load %s: asked for %s, the library said it in %s", key, l.lang, used)
			}
			if e.static {
				e.own, e.text = text, text
			}
		}
		entries[key] = e
	}
	return entries, nil
}

// probes are numbers that between them reach every plural form of every language.
func probes() []any {
	return []any{0, 1, 2, 3, 4, 5, 6, 8, 11, 21, 100, 101, 1000000, "1.5"}
}

// localize is the one way go-i18n is asked: with our parser, and with a fixed list of variables.
func (l *tongue) localize(c *i18n.LocalizeConfig, key string, data map[string]string, count any) (string, language.Tag, error) {
	*c = i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: count, TemplateParser: parser{}}
	return l.loc.LocalizeWithTag(c)
}

// chained is what a language can say itself, then the languages behind it, then English.
func (s *Set) chained(tag string, own map[string]map[string]*entry) *view {
	v := &view{entries: make(map[string]*entry, len(own[Source]))}
	chain := append([]string{tag}, s.langs[tag].about.Fallback...)
	for _, t := range append(chain, Source) {
		for key, e := range own[t] {
			if v.entries[key] == nil {
				v.entries[key] = s.owed(e, own[Source][key])
			}
		}
	}
	return v
}

// owed adds the English to a strict message that no native reader approved.
func (s *Set) owed(e, english *entry) *entry {
	if english == nil || e.lang.tag == Source || !Strict(e.key) || !s.unapproved(e) || english.short {
		return e
	}
	both := *e
	both.also = english
	if e.static && english.static {
		both.text = together(e.own, english.own)
	} else {
		both.static = false
	}
	return &both
}

// together puts the English under a translation. A link that ends both stands once, at the end.
func together(own, english string) string {
	i := strings.LastIndexByte(own, '\n')
	if i >= 0 && strings.HasPrefix(own[i+1:], "http") && strings.HasSuffix(english, own[i:]) {
		own = own[:i]
	}
	return own + "\n" + english
}

func (s *Set) unapproved(e *entry) bool {
	st := s.State(e.lang.tag, e.key)
	return st == Drafted || st == Outdated
}

// maxLabel is the longest list label of WhatsApp, in letters. A shorter English text is a label, and a label promises nothing.
const maxLabel = 24

// entry finds a message for a language; one that is not loaded speaks English.
func (s *Set) entry(tag, key string) *entry {
	v := s.views[tag]
	if v == nil {
		v = s.views[Source]
	}
	return v.entries[key]
}
