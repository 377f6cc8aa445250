package locales

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxSentence is the most words of an English sentence for a reader of nine.
const maxSentence = 15

// Parts of an SMS: over the first a warning, over the second an error, since no such SMS is ever sent.
const (
	partsAimed = 2
	partsMost  = 3
)

var (
	limitIn  = regexp.MustCompile(`(?i)\blimit (\d+)`)
	sentence = regexp.MustCompile(`[.!?:]\s+|\n`)
)

// budget says the message with the longest values the English comment names, and counts.
func (c *checker) budget(m, english *message) {
	limit := 0
	if found := limitIn.FindStringSubmatch(english.at.comment); found != nil && !english.plural {
		limit, _ = strconv.Atoi(found[1])
	}
	for _, f := range m.forms {
		text := filled(f.text, func(name string) string { return sample(english.at.comment, name) })
		if n := utf8.RuneCountInString(text); limit > 0 && n > limit {
			c.err(m, "%d letters, and its place holds %d: shorten it", n, limit)
		}
		if c.l != c.source && english.isLabel() && utf8.RuneCountInString(text) > maxLabel && limit == 0 && !onPage(m.key) {
			c.warn(m, "%d letters: WhatsApp cuts the label of a list after %d", utf8.RuneCountInString(text), maxLabel)
		}
		if c.o.Segments == nil || onPage(m.key) {
			continue
		}
		if c.l != c.source && Strict(m.key) && !english.short() && c.l.state(m.key, english) != Approved {
			text = together(text, filled(english.first(), func(name string) string { return sample(english.at.comment, name) }))
		}
		encoding, parts := c.o.Segments(text)
		switch {
		case parts > partsMost:
			c.err(m, "%d parts as SMS (%s) with the longest values; no SMS over %d is sent: shorten it", parts, encoding, partsMost)
		case parts > partsAimed:
			c.warn(m, "%d parts as SMS (%s) with the longest values: shorten it if you can", parts, encoding)
		}
	}
	if c.l == c.source {
		for _, v := range m.vars {
			if v != "Count" && !sampled(m.at.comment, v) && !Staff(m.key) {
				c.warn(m, `the comment has no sample for {{.%s}}: write the longest there may be, %s "…"`, v, v)
			}
		}
	}
}

func (m *message) isLabel() bool {
	text := m.first()
	return !m.plural && len(m.vars) == 0 && utf8.RuneCountInString(text) <= 20 && !strings.ContainsAny(text, ".?!:\n")
}

// short tells a text no longer than a label: it promises nothing.
func (m *message) short() bool {
	text, _ := m.form("other")
	return !m.plural && utf8.RuneCountInString(text) <= maxLabel
}

// sample is the longest value of a variable: what the comment says in quotes after its name, or a guess that is not short.
func sample(comment, name string) string {
	if s := quotedAfter(comment, name); s != "" {
		return s
	}
	if name == "Count" {
		return "128"
	}
	return strings.Repeat("x", 24)
}

func sampled(comment, name string) bool { return quotedAfter(comment, name) != "" }

// quotedAfter finds Name "sample" (or Name: "sample", {{.Name}} = "sample", .Name `sample`) in a comment.
func quotedAfter(comment, name string) string {
	for rest := comment; ; {
		i := strings.Index(rest, name)
		if i < 0 {
			return ""
		}
		after := rest[i+len(name):]
		if i == 0 || !letterAt(rest[:i], true) {
			tail := strings.TrimLeft(after, " :=}()is")
			for _, q := range []string{`"`, "`", "“", "'"} {
				if s, ok := strings.CutPrefix(tail, q); ok {
					closing := q
					if q == "“" {
						closing = "”"
					}
					if value, _, ok := strings.Cut(s, closing); ok {
						return value
					}
				}
			}
			if number := digitsAt(tail); number != "" {
				return number
			}
		}
		rest = after
	}
}

func digitsAt(text string) string {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return text[:n]
}

// plain reads the English as a child of nine would.
func (c *checker) plain(m *message) {
	if Staff(m.key) {
		return
	}
	for _, f := range m.forms {
		text := filled(urls.ReplaceAllString(f.text, ""), func(string) string { return "x" })
		for _, one := range sentence.Split(text, -1) {
			if n := len(strings.Fields(one)); n > maxSentence {
				c.warn(m, "a sentence of %d words: %d at most, so make two of it: %q", n, maxSentence, clip(one))
			}
		}
	}
}
