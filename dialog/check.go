package dialog

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"concierge/dialog/understand"
)

// CheckWith is what the trees name and only others know.
type CheckWith struct {
	Book     understand.Phrasebook // the source language first
	Has      func(tag, key string) bool
	Services []CheckService
	Lists    []string // names a lookup may have; nil: not checked
	// Segments tells in how many parts a text goes as SMS; nil: not checked. Variables count as they stand.
	Segments func(text string) (encoding string, parts int)
}

// CheckService is what council.yaml says of a service that concerns its tree.
type CheckService struct {
	Code     string
	Stoppers []string // "slot.value"
	NotOurs  []string
	Required []string // slots whose Open311 attribute must be filled
}

// Check finds what is wrong with trees beyond their own files: words, services, lists, and what no walk through them reaches. Errors
// and warnings come together, by file and line.
func Check(t *Trees, with CheckWith) Problems {
	c := checker{trees: t, with: with}
	for _, name := range t.order {
		c.tree(t.named[name])
	}
	c.services()
	return c.problems.sorted()
}

type checker struct {
	trees    *Trees
	with     CheckWith
	problems Problems
}

func (c *checker) tree(t *Tree) {
	if t.Files != "" && c.service(t.Files) == nil && c.with.Services != nil {
		return // switched off here: its words may be missing
	}
	c.walk(t)
	c.danger(t)
	for _, intent := range t.StartsOn {
		c.phrases(t, "intent."+intent)
	}
	for _, faq := range t.FAQ {
		c.phrases(t, "faq."+faq)
		c.key(t.File, t.Line, "faq."+faq)
	}
	if t.Files == "" {
		c.key(t.File, t.Line, t.Name+".name")
	} else {
		c.key(t.File, t.Line, "service."+t.Files+".name")
		c.key(t.File, t.Line, "service."+t.Files+".about")
	}
	if t.End.Say != "" || t.End.File != "" {
		c.key(t.File, t.Line, t.Name+".done")
	}
	if n := len(t.Questions); n > 8 {
		c.problems.warn(t.File, t.Line, "%s may ask %d questions: people leave after 8", t.Name, n)
	}
	for i := range t.Questions {
		c.question(t, &t.Questions[i])
	}
}

// walk finds questions nobody is ever asked, slots asked twice, and too many ways.
func (c *checker) walk(t *Tree) {
	w := walker{tree: t, limit: maxPaths + 1}
	w.walk(Run{Tree: t.Name}, Path{})
	if len(w.paths) > maxPaths {
		c.problems.add(t.File, t.Line, "%s has over %d ways through it: use fewer conditions", t.Name, maxPaths)
		return
	}
	asked := map[string]bool{}
	for _, p := range w.paths {
		for _, s := range p.Slots {
			asked[s] = true
		}
	}
	for i := range t.Questions {
		if q := &t.Questions[i]; !asked[q.Slot] {
			c.problems.add(q.File, q.Line, "%s is never asked: its when is never true, or the tree has ended before it", q.Slot)
		}
	}
	for _, slot := range w.twice {
		c.problems.add(t.File, t.Line, "%s asks %s twice on one way through it: their conditions must exclude each other", t.Name, slot)
	}
}

// danger stands first, or right after the choice its `when` names, and has a stopper.
func (c *checker) danger(t *Tree) {
	for i := range t.Questions {
		q := &t.Questions[i]
		if q.Slot != "danger" {
			continue
		}
		if i > 0 {
			before := &t.Questions[i-1]
			named := false
			q.When.tests(func(slot string, _ []string) { named = named || slot == before.Slot })
			if !named {
				c.problems.add(q.File, q.Line, "danger is asked first, or right after the choice its when names: move it")
			}
		}
		if s := c.service(t.Files); s != nil && !slices.Contains(s.Stoppers, "danger.yes") {
			c.problems.add(q.File, q.Line, "%s asks danger, and the service %s has no stopper danger.yes: add it to council.yaml", t.Name, s.Code)
		}
	}
}

func (c *checker) service(code string) *CheckService {
	for i := range c.with.Services {
		if c.with.Services[i].Code == code {
			return &c.with.Services[i]
		}
	}
	return nil
}

// services checks what council.yaml says against the trees.
func (c *checker) services() {
	for i := range c.with.Services {
		s := &c.with.Services[i]
		var tree *Tree
		for _, name := range c.trees.order {
			if t := c.trees.named[name]; t.Files == s.Code {
				tree = t
			}
		}
		if tree == nil {
			c.problems.add("council.yaml", 1, "no tree files the service %s: add a tree with files: %s, or take the service out", s.Code, s.Code)
			continue
		}
		for _, key := range slices.Concat(s.Stoppers, s.NotOurs) {
			slot, value, _ := strings.Cut(key, ".")
			if !slices.ContainsFunc(tree.Questions, func(q Question) bool { return q.Slot == slot && slices.Contains(q.Choices, value) }) {
				c.problems.add(tree.File, tree.Line, "council.yaml names the answer %s of %s, which this tree does not have: correct one", key, s.Code)
			}
		}
		for _, slot := range s.Required {
			if q := tree.Question(slot); q == nil || q.Optional {
				c.problems.add(tree.File, tree.Line, "the service %s needs the attribute %s, and no question must be answered for it: ask it", s.Code, slot)
			}
		}
	}
}

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
	if !c.has(c.source(), q.Key("help_1")) && len(q.Choices) == 0 {
		c.problems.warn(q.File, q.Line, "%s has no help_1: after a miss it is helped with common words only", q.Slot)
	}
	for _, value := range q.Choices {
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
		default:
			c.problems.warn(file, line, "the words %s are missing in %s, which is held back until they are there", key, tag)
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
