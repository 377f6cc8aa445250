package dialog

import (
	"maps"
	"slices"
	"strings"

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
	c := checker{trees: t, with: with, lacking: map[string][]string{}}
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
	lacking  map[string][]string // of the tree being checked: language → keys
}

func (c *checker) tree(t *Tree) {
	if t.Files != "" && c.service(t.Files) == nil && c.with.Services != nil { // switched off here: its words may be missing
		if t.Off {
			c.key(t.File, t.Line, t.Name+".off")
		}
		return
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
	for _, tag := range slices.Sorted(maps.Keys(c.lacking)) {
		c.problems.warn(t.File, t.Line, "%s lacks %d of the words of %s, the first is %s: it is held back until they are there",
			tag, len(c.lacking[tag]), t.Name, c.lacking[tag][0])
	}
	clear(c.lacking)
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
