package dialog

import (
	"slices"
	"strings"

	"concierge/dialog/understand"
)

// How sure we must be of an intent: to start it, with how much lead; and to name it among those it may be.
const (
	sureAtRest, leadAtRest = 0.40, 0.15
	sureInTree, leadInTree = 0.70, 0.30
	plausible              = 0.15
)

// subject reads what a text is about: a question we answer, or a tree to start.
func (t *turn) subject(folded string) bool {
	if faq := t.tg.faqs.first(folded); t.e.faqs[faq] {
		t.note("faq", faq)
		t.say("faq."+faq, Var{Name: "Due"})
		t.afterwards()
		return true
	}
	guesses := t.guesses(folded)
	if len(guesses) == 0 {
		return false
	}
	_, inTree := t.now()
	sure, lead := sureAtRest, leadAtRest
	if inTree || t.alarmed {
		sure, lead = sureInTree, leadInTree
	}
	top := guesses[0]
	next := 0.0
	if len(guesses) > 1 {
		next = guesses[1].Sure
	}
	clear := top.Sure >= sure && top.Sure-next >= lead
	switch {
	case clear && top.Intent == understand.OffTopic:
		return false
	case clear && inTree:
		return t.second(t.e.starts[top.Intent], folded)
	case inTree || !clear && (t.alarmed || len(t.in.About) > 0):
		return false
	case clear && !t.mixedUp(guesses):
		t.begin(t.e.starts[top.Intent], folded, t.in.Text)
		return true
	}
	return t.which(guesses)
}

// guesses are those intents that start or answer something here, and off-topic.
func (t *turn) guesses(folded string) []understand.Guess {
	var all []understand.Guess
	if intent := t.tg.intents[folded]; intent != "" {
		all = []understand.Guess{{Intent: intent, Sure: 1}}
	} else if intent := t.e.any.intents[folded]; intent != "" {
		all = []understand.Guess{{Intent: intent, Sure: 1}}
	} else if t.e.classify != nil {
		all = t.e.classify.Classify(folded)
	}
	t.note("subject", folded, all...)
	return slices.DeleteFunc(slices.Clone(all), func(g understand.Guess) bool {
		return g.Intent != understand.OffTopic && t.e.starts[g.Intent] == ""
	})
}

// mixedUp tells whether two trees that sound the same lead the guesses.
func (t *turn) mixedUp(guesses []understand.Guess) bool {
	if len(guesses) < 2 || guesses[0].Sure == 1 {
		return false
	}
	first, second := t.e.trees.named[t.e.starts[guesses[0].Intent]], t.e.starts[guesses[1].Intent]
	return first != nil && slices.Contains(first.MixedUp, second)
}

// which asks which of the likeliest it is; with none plausible it is false.
func (t *turn) which(guesses []understand.Guess) bool {
	var trees []string
	for _, g := range guesses {
		name := t.e.starts[g.Intent]
		if g.Intent != understand.OffTopic && g.Sure >= plausible && name != "" && !slices.Contains(trees, name) && len(trees) < 3 {
			trees = append(trees, name)
		}
	}
	if len(trees) == 0 || guesses[0].Intent == understand.OffTopic {
		return false
	}
	t.prompt("which", cutRunes(t.in.Text, 300), Line{Key: "ask.which"}, append(trees, "something_else")...)
	t.final.Hold = true
	return true
}

func (t *turn) whichOf(said, value string) bool {
	if value == "something_else" {
		t.missed(said)
		t.menu()
		return true
	}
	t.begin(value, understand.Fold(said), said)
	return true
}

// second is another subject while a tree is open: what needs no answers is answered at once; for another report we ask which first.
func (t *turn) second(name, folded string) bool {
	tree, run := t.e.trees.named[name], t.front()
	switch {
	case tree == nil:
		return false
	case name == run.Tree:
		return false
	case len(tree.Questions) == 0 || !t.e.on(tree):
		t.begin(name, "", "")
	case len(run.Answers) == 0:
		t.pop()
		t.begin(name, folded, t.in.Text)
	default:
		t.prompt("digress", name+"\n"+cutRunes(t.in.Text, 300), Line{Key: "resume.second", Vars: []Var{
			{Name: "Name", Key: t.e.tree(run).nameKey()}, {Name: "Other", Key: tree.nameKey()}}}, "finish", "start")
	}
	return true
}

// digress goes on with the first report, or parks it for the second.
func (t *turn) digress(extra string, finish bool) {
	name, said, _ := strings.Cut(extra, "\n")
	if finish {
		t.again()
		return
	}
	t.park()
	t.begin(name, understand.Fold(said), said)
}
