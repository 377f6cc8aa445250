package dialog

import (
	"context"
	"fmt"
	"slices"

	"concierge/dialog/understand"
)

// Settings is what an engine is made of. All of it is read once, by New.
type Settings struct {
	Trees     *Trees
	Book      understand.Phrasebook
	Classify  understand.Classifier      // nil until it is trained: then buttons and exact phrases work
	Guess     Guesser                    // nil: no language is guessed
	Has       func(tag, key string) bool // a message is there, with variables or without; nil: only those without are known of
	Services  []Service                  // those switched on, in menu order
	Groups    []string                   // in menu order
	Languages []Language                 // those offered, the source first
	Owners    map[string]Owner           // council.yaml's responsible
	Explain   bool                       // tell by Understood events what was understood and why
}

// Guesser tells which language a text seems to be in, and how sure that is, 0 to 1.
type Guesser func(text string) (tag string, sure float64)

// Service is what the council says of one service.
type Service struct {
	Code, Group string
	Joins       bool               // open cases near are offered (its radius is over 0)
	Dated       bool               // it promises a date: filed.due is said, else filed.undated
	Stoppers    map[string]Stopper // by "slot.value"
	NotOurs     map[string]string  // "slot.value" → a key of Settings.Owners
}

// Stopper is a line said the moment an answer becomes live: the phrase stop.<Line>. Never: nothing is filed; else an urgent case is.
type Stopper struct {
	Line  string
	Never bool
}

// Owner looks after what is not ours.
type Owner struct {
	Name, Call, Web string
	Files           bool // say whose it is, and file all the same (file and pass of council.yaml)
}

// Language is one on offer. Name is its own name, as its readers write it.
type Language struct{ Tag, Name string }

// Engine takes turns. It is immutable and safe for use at once; new trees or words make a new one.
type Engine struct {
	trees    *Trees
	book     understand.Phrasebook
	classify understand.Classifier
	guess    Guesser
	services map[string]*Service
	ordered  []Service
	groups   []string
	langs    []Language
	owners   map[string]Owner
	explain  bool
	starts   map[string]string // intent → tree
	faqs     map[string]bool
	tongues  map[string]*tongue
	any      *tongue // whole messages with one meaning over all languages
	alarms   phraseSet
	names    map[string]string // a language's names → its tag
	has      map[string]bool   // phrases of questions that need not be there: "pothole.size.help_1"
}

// New compiles trees and words.
func New(s Settings) (*Engine, error) {
	if s.Trees == nil || s.Book == nil || len(s.Languages) == 0 {
		return nil, fmt.Errorf("make engine: trees, words and a language are needed")
	}
	e := &Engine{trees: s.Trees, book: s.Book, classify: s.Classify, guess: s.Guess, groups: slices.Clone(s.Groups),
		ordered: slices.Clone(s.Services), langs: slices.Clone(s.Languages), owners: s.Owners, explain: s.Explain,
		services: map[string]*Service{}, starts: map[string]string{}, faqs: map[string]bool{}, tongues: map[string]*tongue{},
		names: map[string]string{}, has: map[string]bool{}}
	for i := range e.ordered {
		e.services[e.ordered[i].Code] = &e.ordered[i]
	}
	e.trees = e.without(s.Trees)
	for _, name := range e.trees.order {
		tree := e.trees.named[name]
		if !e.on(tree) && !tree.Off {
			continue
		}
		for _, intent := range tree.StartsOn {
			e.starts[intent] = name
		}
		for _, faq := range tree.FAQ {
			e.faqs[faq] = true
		}
	}
	for _, tag := range s.Book.Tags() {
		e.tongues[tag] = e.newTongue(tag)
	}
	if e.tongues[e.source()] == nil {
		return nil, fmt.Errorf("make engine: the language %s has no words", e.source())
	}
	e.any = e.everyTongue()
	e.optional(s.Has)
	return e, nil
}

// on tells whether a tree is asked: it files nothing, or into a service that is switched on.
func (e *Engine) on(t *Tree) bool { return t != nil && (t.Files == "" || e.services[t.Files] != nil) }

// without is the trees as this council has them: those that only lead to others offer no way to one that is switched off.
func (e *Engine) without(all *Trees) *Trees {
	out := &Trees{named: make(map[string]*Tree, len(all.named)), order: all.order}
	for name, tree := range all.named {
		if tree.Files == "" {
			own := *tree
			own.Questions = slices.Clone(tree.Questions)
			for i := range own.Questions {
				q := &own.Questions[i]
				q.Choices = slices.DeleteFunc(slices.Clone(q.Choices), func(c string) bool { return q.Go[c] != "" && !e.on(all.named[q.Go[c]]) })
			}
			tree = &own
		}
		out.named[name] = tree
	}
	return out
}

func (e *Engine) source() string { return e.langs[0].Tag }

// optional notes which of the phrases that may be missing are there.
func (e *Engine) optional(has func(tag, key string) bool) {
	for _, name := range e.trees.order {
		for i := range e.trees.named[name].Questions {
			q := &e.trees.named[name].Questions[i]
			for _, what := range []string{"help_1", "help_2", "short", "label", "link", "link_short", "link_help_1"} {
				if key := q.Key(what); e.book.Text(e.source(), key) != "" || has != nil && has(e.source(), key) {
					e.has[key] = true
				}
			}
		}
	}
}

// Turn reads one message and gives the session after it and what is to be done, in order. It depends on its arguments alone.
func (e *Engine) Turn(ctx context.Context, look Lookup, s Session, in Input) (Session, []Event) {
	t := &turn{e: e, ctx: ctx, look: look, s: s, in: in, stood: standingOf(&s)}
	t.s.Stack = append(make([]Run, 0, len(s.Stack)+1), s.Stack...)
	t.s.Turns++
	t.age()
	t.tongueOf()
	t.renamed()
	t.take()
	e.fit(&t.s)
	return t.s, t.events()
}

// tree is the tree of a run; nil when it is gone or switched off.
func (e *Engine) tree(r *Run) *Tree {
	if t := e.trees.named[r.Tree]; e.on(t) {
		return t
	}
	return nil
}

// nameKey is how a tree is called to a resident: its service's name, or its own.
func (t *Tree) nameKey() string {
	if t.Files != "" {
		return "service." + t.Files + ".name"
	}
	return t.Name + ".name"
}
