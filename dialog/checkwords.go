package dialog

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"concierge/dialog/understand"
)

// phrases must be there in one language at least, or nobody gets there by writing.
func (c *checker) phrases(t *Tree, key string) {
	for _, tag := range c.with.Book.Tags() {
		if len(c.with.Book.Words(tag, key)) > 0 {
			return
		}
	}
	c.problems.add(t.File, t.Line, "%s has no phrases: add them to words.toml", key)
}

func (c *checker) question(t *Tree, q *Question) {
	c.key(q.File, q.Line, q.Ask)
	if t.Review {
		c.key(q.File, q.Line, q.Key("label"))
	}
	if !c.has(c.source(), q.Key("help_1")) && len(q.Choices) == 0 && q.Kind != AskText {
		c.problems.warn(q.File, q.Line, "%s has no help_1: after a miss it is helped with common words only", q.Slot)
	}
	for _, value := range q.Choices {
		if to := c.trees.named[q.Go[value]]; to != nil && t.Files == "" && to.Files != "" && c.with.Services != nil && c.service(to.Files) == nil {
			continue // not offered here
		}
		if value != "yes" && value != "no" {
			c.key(q.File, q.Line, q.Key(value))
		}
	}
	if q.Kind == AskList && c.with.Lists != nil && !slices.Contains(c.with.Lists, q.List) {
		c.problems.add(q.File, q.Line, "there is no list %s: one of %s", q.List, strings.Join(c.with.Lists, ", "))
	}
	for _, tag := range c.with.Book.Tags() {
		c.labels(tag, q)
		c.segments(tag, q)
	}
}

func (c *checker) source() string { return c.with.Book.Tags()[0] }

func (c *checker) has(tag, key string) bool {
	if c.with.Has != nil {
		return c.with.Has(tag, key)
	}
	return c.with.Book.Text(tag, key) != ""
}

// key must be said in the source language; where another lacks it, that language is held back.
func (c *checker) key(file string, line int, key string) {
	for i, tag := range c.with.Book.Tags() {
		switch {
		case c.has(tag, key):
		case i == 0:
			c.problems.add(file, line, "the words %s are missing: add them to locales/%s/messages.toml", key, tag)
		case c.has(tag, "ask.yes"): // a language we can only understand is not translated at all
			c.lacking[tag] = append(c.lacking[tag], key)
		}
	}
}

// labels looks for choices that cannot be told apart from one another, from commands, from yes and no.
func (c *checker) labels(tag string, q *Question) {
	if q.Kind != Choose && q.Kind != ChooseMany {
		return
	}
	book := c.with.Book
	taken := map[string]string{}
	for _, key := range book.Keys(tag, "command.") {
		for _, w := range book.Words(tag, key) {
			taken[understand.Fold(w)] = "the command " + strings.TrimPrefix(key, "command.")
		}
	}
	for _, v := range []string{"yes", "no"} {
		for _, w := range book.Words(tag, v) {
			taken[understand.Fold(w)] = v
		}
	}
	for _, value := range q.Choices {
		label := book.Text(tag, q.Key(value))
		if n := utf8.RuneCountInString(label); n > 24 || n > 20 && len(q.Choices) <= 3 {
			c.problems.warn(q.File, q.Line, "%s: the label %q has %d letters: WhatsApp cuts buttons at 20, list rows at 24", tag, label, n)
		}
		for _, w := range append([]string{label}, book.Words(tag, "choice."+q.Key(value))...) {
			folded := understand.Fold(w)
			if folded == "" {
				continue
			}
			if _, err := strconv.Atoi(folded); err == nil {
				c.problems.add(q.File, q.Line, "%s: %q of %s is a number, and numbers choose from the list: change it", tag, w, q.Key(value))
				continue
			}
			if other, ok := taken[folded]; ok && other != "the choice "+value {
				c.problems.add(q.File, q.Line, "%s: %q of %s also means %s: change one", tag, w, q.Key(value), other)
				continue
			}
			taken[folded] = "the choice " + value
		}
	}
}

// segments counts the question with its choices as one SMS.
func (c *checker) segments(tag string, q *Question) {
	text := c.with.Book.Text(tag, q.Ask)
	if c.with.Segments == nil || text == "" {
		return
	}
	for i, value := range q.Choices[:min(len(q.Choices), maxChoices)] {
		key := q.Key(value)
		if value == "yes" || value == "no" {
			key = "ask." + value
		}
		text += "\n" + strconv.Itoa(i+1) + " " + c.with.Book.Text(tag, key)
	}
	switch encoding, parts := c.with.Segments(text); {
	case parts > 3:
		c.problems.add(q.File, q.Line, "%s: %s with its choices is %d parts as SMS (%s): 3 at most, shorten it", tag, q.Slot, parts, encoding)
	case parts > 2:
		c.problems.warn(q.File, q.Line, "%s: %s with its choices is %d parts as SMS (%s): shorten it if you can", tag, q.Slot, parts, encoding)
	}
}
