package locales

import (
	"regexp"
	"sort"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/bidi"
)

// text holds a translation to its English: the same variables, the same links, nothing left over at the ends.
func (c *checker) text(m, english *message) {
	for _, f := range m.forms {
		if f.text != strings.TrimSpace(f.text) {
			c.err(m, "a space or a line stands before or after the text: take it away")
		}
		if strings.Contains(f.text, "  ") || strings.Contains(f.text, " \n") {
			c.warn(m, "two spaces stand together, or one at a line's end: take one away")
		}
		for _, url := range urls.FindAllString(english.first(), -1) {
			if !strings.Contains(f.text, url) {
				c.err(m, "the link %s must stand in it as it is", url)
			}
		}
		c.typed(m, f.text)
	}
	for _, v := range english.vars {
		if !m.has(v) && (v != "Count" || !english.plural) {
			c.err(m, "{{.%s}} is missing: English says %q", v, clip(english.first()))
		}
	}
	if english.plural && !m.plural && len(c.l.forms) > 1 {
		c.err(m, "English has plural forms here: write a table with %s", strings.Join(c.l.forms, ", "))
	}
}

var urls = regexp.MustCompile(`https?://[^\s{}"]+`)

// onPage tells the keys that are read on a page or in a menu and never sent as SMS.
func onPage(key string) bool {
	for _, p := range []string{"desk.", "simulator.", "tracking.", "upload.", "telegram.", "template.", "error.", "date.", "unit.", "page."} {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}

// script holds a text to the letters and the direction of its language.
func (c *checker) script(m, english *message) {
	own := c.l.state(m.key, english) == NotNeeded || c.l == c.source
	latin, letters := false, false
	for _, f := range m.forms {
		bare := withoutVars(f.text)
		if same, _ := english.form(f.name); f.text == same && !own && wordCount(bare) > 1 && !english.plural {
			c.warn(m, "this is the English: translate it, or mark it not_needed")
			return
		}
		for _, r := range urls.ReplaceAllString(bare, "") {
			switch {
			case unicode.Is(unicode.Latin, r):
				latin = true
			case unicode.IsLetter(r):
				letters = true
			case unicode.Is(unicode.Nd, r) && r > '9':
				c.err(m, "digits are written 0 to 9, so that they can be typed back: this has %c", r)
				return
			}
		}
		c.direction(m, f.text)
	}
	if script, _ := c.l.lang.Script(); !own && latin && !letters && script != language.MustParseScript("Latn") && !c.sourceName(m) {
		c.warn(m, "all its letters are Latin: write it in the language's own, or mark it not_needed")
	}
}

// sourceName tells names that are written alike everywhere.
func (c *checker) sourceName(m *message) bool {
	return wordCount(withoutVars(m.first())) <= 1
}

func wordCount(text string) int {
	n := 0
	for _, w := range strings.Fields(text) {
		if strings.ContainsFunc(w, unicode.IsLetter) {
			n++
		}
	}
	return n
}

// direction: a phone takes the direction of a message from its first strong letter, and a variable may begin with a Latin one.
func (c *checker) direction(m *message, text string) {
	if !c.l.about.RTL() || !hasRightToLeft(text) || onPage(m.key) {
		return
	}
	if strings.HasPrefix(text, "{{") {
		c.err(m, "begin with a word of the language, not with a variable: phones take the direction from the first letter")
		return
	}
	for _, r := range text {
		p, _ := bidi.LookupRune(r)
		switch p.Class() {
		case bidi.L:
			c.err(m, "begin with a word of the language: phones take the direction from the first letter, and %c runs left to right", r)
			return
		case bidi.R, bidi.AL:
			return
		}
	}
}

// words looks for what the language never says, and for the council's terms.
func (c *checker) words(m, english *message) {
	text := strings.ToLower(m.allText())
	for _, b := range c.l.about.Banned {
		if hasPhrase(text, strings.ToLower(b)) {
			c.warn(m, "%q is never written: say it more plainly", b)
		}
	}
	if strings.HasPrefix(m.key, "case.said.closed.") {
		for _, b := range c.l.about.Closed {
			if strings.Contains(text, strings.ToLower(b)) {
				c.err(m, "closed is not fixed: %q may not stand here", b)
			}
		}
	}
	terms := make([]string, 0, len(c.l.about.Glossary))
	for term := range c.l.about.Glossary {
		terms = append(terms, term)
	}
	sort.Strings(terms)
	for _, term := range terms {
		if !hasPhrase(strings.ToLower(english.allText()), strings.ToLower(term)) {
			continue
		}
		found := false
		for _, word := range c.l.about.Glossary[term] {
			found = found || strings.Contains(text, strings.ToLower(word))
		}
		if !found {
			c.warn(m, "the glossary has %s for %q: use it, or add the form used here", strings.Join(c.l.about.Glossary[term], ", "), term)
		}
	}
}

func (m *message) allText() string {
	var all []string
	for _, f := range m.forms {
		all = append(all, f.text)
	}
	return strings.Join(all, "\n")
}

// hasPhrase finds a phrase that does not begin or end inside a word.
func hasPhrase(text, phrase string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], phrase)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(phrase)
		if !letterAt(text[:i], true) && !letterAt(text[end:], false) {
			return true
		}
		from = i + 1
	}
}

func letterAt(text string, last bool) bool {
	runes := []rune(text)
	if len(runes) == 0 {
		return false
	}
	r := runes[0]
	if last {
		r = runes[len(runes)-1]
	}
	return unicode.IsLetter(r)
}
