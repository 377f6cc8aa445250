package dialog

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// fieldsOf are the fields each kind of question may have, beside those of every question.
var fieldsOf = map[string][]string{
	Choose: {"choices", "go"}, ChooseMany: {"choices"}, YesNo: {"also", "go"}, AskPlace: {"within", "words_after", "near"},
	AskList: {"list", "words_after"}, AskPhoto: {"upto"}, AskText: {"limit"}, AskNumber: {"min", "max"}, AskDate: {},
}

var everyField = []string{"slot", "kind", "when", "optional", "ask", "was"}

// reserved are no names for choices: they are parts of a question's words, of go-i18n, or truths of YAML.
var reserved = []string{"yes", "no", "on", "off", "true", "false", "null", "ask", "short", "label", "help_1", "help_2", "skip", "more", "none",
	"id", "description", "hash", "leftdelim", "rightdelim", "zero", "one", "two", "few", "many", "other"}

// question reads one item of a tree's questions: a question, or a shared group with fields of its own.
func (l *loader) question(t *Tree, file string, n *yaml.Node) {
	body, ok := l.mapping(file, n, "a question")
	if !ok {
		return
	}
	use := body.find("use")
	if use == nil {
		l.add(t, file, n.Line, t.Name, body)
		return
	}
	name := l.text(file, use)
	group, ok := l.shared[name]
	if !ok {
		l.problems.add(file, use.Line, "there is no shared %q: one of %s", name, strings.Join(slices.Sorted(maps.Keys(l.shared)), ", "))
		return
	}
	for _, item := range l.items(group.file, group.list) {
		shared, ok := l.mapping(group.file, item, "a question")
		if !ok {
			continue
		}
		for _, f := range body {
			if f.key != "use" {
				shared = shared.with(f)
			}
		}
		l.add(t, file, n.Line, "shared", shared)
	}
}

func (l *loader) add(t *Tree, file string, line int, words string, body fields) {
	q := Question{File: file, Line: line, Slot: l.text(file, body.find("slot")), Kind: l.text(file, body.find("kind"))}
	own, ok := fieldsOf[q.Kind]
	if !ok {
		l.problems.add(file, line, "%q is no kind of question: one of %s", q.Kind, strings.Join(slices.Sorted(maps.Keys(fieldsOf)), ", "))
		return
	}
	if !validName(q.Slot) {
		l.problems.add(file, line, "%q is no name of a slot: use a-z, 0-9 and _, at most 32", q.Slot)
		return
	}
	l.known(file, body, append(slices.Clone(everyField), own...), "a question of kind "+q.Kind)
	q.Words = words + "." + q.Slot
	q.Ask = q.Words + ".ask"
	if ask := l.text(file, body.find("ask")); ask != "" {
		q.Ask = ask
	}
	q.Optional = l.truth(file, body.find("optional"))
	q.Limit = int(l.number(file, body.find("limit"), 500, 1, 500))
	q.Upto = int(l.number(file, body.find("upto"), 1, 1, 3))
	q.WordsAfter = int(l.number(file, body.find("words_after"), 0, 0, 3))
	q.Min = l.number(file, body.find("min"), 0, -1e9, 1e9)
	q.Max = l.number(file, body.find("max"), 1e9, -1e9, 1e9)
	q.Within, q.Near, q.List = l.text(file, body.find("within")), l.text(file, body.find("near")), l.text(file, body.find("list"))
	q.Go = l.pairs(file, body.find("go"))
	l.was(&q, body.find("was"))
	t.renames = t.renames || q.Was != "" || len(q.WasValues) > 0
	l.choices(&q, body)
	l.when(t, &q, body.find("when"))
	l.near(t, &q)
	l.twice(t, &q)
	t.Questions = append(t.Questions, q)
}

func (l *loader) choices(q *Question, body fields) {
	switch q.Kind {
	case YesNo:
		q.Choices = append([]string{"yes", "no"}, l.list(q.File, body.find("also"))...)
		l.names(q, q.Choices[2:])
	case Choose, ChooseMany:
		q.Choices = l.list(q.File, body.find("choices"))
		if len(q.Choices) < 1 || len(q.Choices) > 40 {
			l.problems.add(q.File, q.Line, "%s has %d choices: give it 1 to 40", q.Slot, len(q.Choices))
		}
		l.names(q, q.Choices)
	case AskList:
		if q.List == "" {
			l.problems.add(q.File, q.Line, "%s looks up no list: write list: parks", q.Slot)
		}
	case AskPlace:
		if q.Within != "" && q.Within != "boundary" {
			l.problems.add(q.File, q.Line, "%q is no area: within is boundary", q.Within)
		}
	}
}

func (l *loader) names(q *Question, choices []string) {
	for i, c := range choices {
		switch {
		case slices.Contains(reserved, c):
			l.problems.add(q.File, q.Line, "a choice of %s may not be named %q, which means something already: choose another name", q.Slot, c)
		case !validName(c):
			l.problems.add(q.File, q.Line, "%q is no name of a choice of %s: use a-z, 0-9 and _", c, q.Slot)
		case slices.Contains(choices[:i], c):
			l.problems.add(q.File, q.Line, "%s offers %s twice: take one out", q.Slot, c)
		case len(q.Slot)+1+len(c) > 50:
			l.problems.add(q.File, q.Line, "%s=%s is over 50 bytes, too long for a button: shorten one", q.Slot, c)
		}
	}
}

// when reads the condition: it may name earlier slots only, and values they offer.
func (l *loader) when(t *Tree, q *Question, n *yaml.Node) {
	text := l.text(q.File, n)
	if text == "" {
		return
	}
	w, err := parseWhen(text)
	if err != nil {
		l.problems.add(q.File, n.Line, "the when of %s cannot be read: %v", q.Slot, err)
		return
	}
	q.When = w
	w.tests(func(slot string, values []string) {
		earlier := t.Question(slot)
		if earlier == nil {
			l.problems.add(q.File, n.Line, "the when of %s names %s, which is not asked before it: move one of them", q.Slot, slot)
			return
		}
		for _, v := range values {
			if earlier.Choices != nil && !slices.Contains(earlier.Choices, v) {
				l.problems.add(q.File, n.Line, "%s has no choice %q: one of %s", slot, v, strings.Join(earlier.Choices, ", "))
			}
		}
	})
}

func (l *loader) near(t *Tree, q *Question) {
	if q.Near == "" {
		return
	}
	if other := t.Question(q.Near); other == nil || other.Kind != AskList && other.Kind != AskPlace {
		l.problems.add(q.File, q.Line, "near names %s, which is no place asked before: correct it", q.Near)
	}
}

// twice refuses a slot asked twice without conditions; with them Check walks the paths.
func (l *loader) twice(t *Tree, q *Question) {
	if other := t.Question(q.Slot); other != nil && (other.When == nil || q.When == nil || other.Kind != q.Kind) {
		l.problems.add(q.File, q.Line, "%s asks %s twice: rename one, or give both a when", t.Name, q.Slot)
	}
}

func (l *loader) was(q *Question, n *yaml.Node) {
	if n == nil {
		return
	}
	if n.Kind == yaml.ScalarNode {
		q.Was = n.Value
		return
	}
	body, ok := l.mapping(q.File, n, "was")
	if !ok {
		return
	}
	l.known(q.File, body, []string{"slot", "values"}, "was")
	q.Was = l.text(q.File, body.find("slot"))
	q.WasValues = l.pairs(q.File, body.find("values"))
	for old, now := range q.WasValues {
		if now == "" {
			l.problems.add(q.File, n.Line, "the value %s was renamed to nothing: name the new one", old)
		}
	}
}
