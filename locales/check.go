package locales

import (
	"fmt"
	"io/fs"
	"strings"
)

// CheckOptions are what the check must be told by those who know.
type CheckOptions struct {
	Fold     func(string) string        // how a resident's words are folded before matching; nil: clashes are not looked for
	Segments func(string) (string, int) // encoding and parts of an SMS; nil: the budget is not held
	Need     []string                   // keys the trees and services use; English must have each
	Strict   bool                       // a missing message is an error, as for the languages we ship as complete
	Tags     []string                   // only these languages; none: all
}

// Check reads the layers and tells all there is to mend: what keeps them from loading, and what would be said badly.
func Check(layers []fs.FS, o CheckOptions) []Finding {
	r := readAll(layers)
	c := &checker{o: o, source: r.tongues[Source], findings: r.findings}
	for _, tag := range sortedKeys(r.tongues) {
		if c.source != nil && c.wanted(tag) {
			c.language(r.tongues[tag])
		}
	}
	var told Findings
	for _, f := range c.findings {
		if tag, _, _ := strings.Cut(f.File, "/"); c.wanted(tag) {
			told = append(told, f)
		}
	}
	return told.sorted()
}

type checker struct {
	o        CheckOptions
	source   *tongue
	findings Findings
	l        *tongue // the language being checked
}

func (c *checker) wanted(tag string) bool { return len(c.o.Tags) == 0 || contains(c.o.Tags, tag) }

// language runs every check over one language.
func (c *checker) language(l *tongue) {
	c.l = l
	c.missing()
	for _, key := range sortedKeys(l.messages) {
		m, english := l.messages[key], c.source.messages[key]
		if english == nil {
			c.warn(m, "English has no such message: nothing says it; take it out, or mend the key")
			continue
		}
		if c.l.state(key, english) == Outdated {
			c.warn(m, "the English has changed since this was written: compare them. English: %q", clip(english.first()))
		}
		c.text(m, english)
		c.script(m, english)
		c.budget(m, english)
		c.words(m, english)
		if l == c.source {
			c.plain(m)
		}
	}
	c.fallbacks()
	c.clashes()
	c.unapproved()
}

func (c *checker) err(m *message, format string, args ...any)  { c.tell(m, false, format, args...) }
func (c *checker) warn(m *message, format string, args ...any) { c.tell(m, true, format, args...) }

func (c *checker) tell(m *message, warning bool, format string, args ...any) {
	c.findings = append(c.findings, Finding{File: m.file, Line: m.at.line, Key: m.key, Message: fmt.Sprintf(format, args...), Warning: warning})
}

// missing names what residents may need and the language lacks. The console's words may stay English, and a folder of words alone
// is a language we understand and do not speak.
func (c *checker) missing() {
	file := c.l.tag + "/messages.toml"
	if c.l == c.source {
		for _, key := range c.o.Need {
			if c.l.messages[key] == nil {
				c.findings = append(c.findings, Finding{File: file, Key: key, Message: "a tree, a service or a page says this, and English has no words for it: write them"})
			}
		}
		return
	}
	if len(c.l.messages) == 0 {
		return
	}
	for _, key := range sortedKeys(c.source.messages) {
		if c.l.messages[key] == nil && !Staff(key) {
			c.findings = append(c.findings, Finding{File: file, Key: key, Warning: !c.o.Strict,
				Message: fmt.Sprintf("missing: until it is written the language is held back. English: %q", clip(c.source.messages[key].first()))})
		}
	}
}

func (c *checker) fallbacks() {
	for _, tag := range c.l.about.Fallback {
		if tag == Source {
			c.findings = append(c.findings, Finding{File: c.l.aboutIn, Key: "fallback", Warning: true, Message: "English stands behind every language: take it out"})
		}
	}
}

// unapproved names the strict messages that no native reader approved: they are said in English too, and cost double.
func (c *checker) unapproved() {
	var keys []string
	for _, key := range sortedKeys(c.l.messages) {
		if english := c.source.messages[key]; !Strict(key) || english == nil || english.short() {
			continue
		}
		if st := c.l.state(key, c.source.messages[key]); st == Drafted || st == Outdated {
			keys = append(keys, key)
		}
	}
	if len(keys) > 0 {
		c.findings = append(c.findings, Finding{File: c.l.tag + "/review.json", Warning: true,
			Message: fmt.Sprintf("no reader has approved these, and lives may hang on them, so English is said after them: %s", strings.Join(keys, ", "))})
	}
}

// first is the text of a message, or of its first form.
func (m *message) first() string {
	if text, ok := m.form("other"); ok {
		return text
	}
	for _, f := range m.forms {
		return f.text
	}
	return ""
}
