package dialog

import (
	"strings"

	"concierge/dialog/understand"
)

// tongue is what one language understands, folded once.
type tongue struct {
	tag      string
	commands map[string]string            // whole messages
	yesno    map[string]string            // whole messages: yes, no, partly
	leading  phraseSet                    // the same at the head of a sentence
	numbers  []string                     // one, two, three …
	values   map[string]map[string]string // a question's words → label or synonym → value; "" for two values
	inside   map[string]phraseSet         // a question's words → synonyms found inside a sentence
	intents  map[string]string
	abuse    phraseSet
	anger    phraseSet
	broken   phraseSet // "still there", "not fixed"
	faqs     phraseSet // questions we answer on the way
	mute     phraseSet // "stop telling me", beside a reference
}

// phraseSet finds phrases in a folded text in time linear in the text: they are filed by their first word.
type phraseSet map[string][]meant

type meant struct{ phrase, meaning string }

func (p phraseSet) add(phrase, meaning string) {
	if folded := understand.Fold(phrase); folded != "" {
		first, _, _ := strings.Cut(folded, " ")
		p[first] = append(p[first], meant{folded, meaning})
	}
}

// find calls f for each phrase that stands in the text, whole words, with where it starts; it stops when f says so.
func (p phraseSet) find(folded string, f func(at int, m meant) bool) {
	if len(p) == 0 {
		return
	}
	for at := 0; at < len(folded); {
		end := strings.IndexByte(folded[at:], ' ')
		if end < 0 {
			end = len(folded)
		} else {
			end += at
		}
		for _, m := range p[folded[at:end]] {
			rest := folded[at:]
			if strings.HasPrefix(rest, m.phrase) && (len(rest) == len(m.phrase) || rest[len(m.phrase)] == ' ') && !f(at, m) {
				return
			}
		}
		at = end + 1
	}
}

// first is the meaning of the first phrase found.
func (p phraseSet) first(folded string) (meaning string) {
	p.find(folded, func(_ int, m meant) bool { meaning = m.meaning; return false })
	return meaning
}

// head is the meaning of the longest phrase the text begins with, and the rest of the text.
func (p phraseSet) head(folded string) (meaning, rest string) {
	longest := 0
	p.find(folded, func(at int, m meant) bool {
		if at == 0 && len(m.phrase) > longest {
			longest, meaning, rest = len(m.phrase), m.meaning, strings.TrimPrefix(folded[len(m.phrase):], " ")
		}
		return at == 0
	})
	return meaning, rest
}

func (e *Engine) newTongue(tag string) *tongue {
	t := &tongue{tag: tag, commands: map[string]string{}, yesno: map[string]string{}, leading: phraseSet{},
		values: map[string]map[string]string{}, inside: map[string]phraseSet{}, intents: map[string]string{},
		abuse: phraseSet{}, anger: phraseSet{}, broken: phraseSet{}, faqs: phraseSet{}, mute: phraseSet{}}
	b := e.book
	for _, key := range b.Keys(tag, "faq.") {
		for _, w := range b.Words(tag, key) {
			t.faqs.add(w, strings.TrimPrefix(key, "faq."))
		}
	}
	for _, key := range b.Keys(tag, "command.") {
		for _, w := range b.Words(tag, key) {
			put(t.commands, w, strings.TrimPrefix(key, "command."))
		}
	}
	for _, v := range []string{"yes", "no", "partly"} {
		for _, w := range b.Words(tag, v) {
			put(t.yesno, w, v)
			t.leading.add(w, v)
		}
	}
	for _, w := range b.Words(tag, "number") {
		t.numbers = append(t.numbers, understand.Fold(w))
	}
	for _, key := range b.Keys(tag, "intent.") {
		for _, w := range b.Words(tag, key) {
			put(t.intents, w, strings.TrimPrefix(key, "intent."))
		}
	}
	for set, key := range map[*phraseSet]string{&t.abuse: "abuse", &t.anger: "anger", &t.broken: "not_fixed", &t.mute: "mute"} {
		for _, w := range b.Words(tag, key) {
			set.add(w, key)
		}
	}
	for _, name := range e.trees.order {
		for i := range e.trees.named[name].Questions {
			t.question(b, &e.trees.named[name].Questions[i])
		}
	}
	return t
}

// question takes in the labels and synonyms of a question's choices.
func (t *tongue) question(b understand.Phrasebook, q *Question) {
	if q.Choices == nil || t.values[q.Words] != nil {
		return
	}
	values, inside := map[string]string{}, phraseSet{}
	for _, c := range q.Choices {
		put(values, b.Text(t.tag, q.Key(c)), c)
		for _, w := range b.Words(t.tag, "choice."+q.Key(c)) {
			put(values, w, c)
			inside.add(w, c)
		}
	}
	t.values[q.Words], t.inside[q.Words] = values, inside
}

// put files a phrase under its folded form; two meanings make none.
func put(all map[string]string, phrase, meaning string) {
	folded := understand.Fold(phrase)
	if folded == "" {
		return
	}
	if old, ok := all[folded]; ok && old != meaning {
		meaning = ""
	}
	all[folded] = meaning
}

// everyTongue holds what means one thing over all languages: whole messages are read by it when their own language does not know them.
func (e *Engine) everyTongue() *tongue {
	all := &tongue{commands: map[string]string{}, yesno: map[string]string{}, intents: map[string]string{}, abuse: phraseSet{}}
	e.alarms = phraseSet{}
	for _, tag := range e.book.Tags() {
		t := e.tongues[tag]
		for w, m := range t.commands {
			put(all.commands, w, m)
		}
		for w, m := range t.yesno {
			put(all.yesno, w, m)
		}
		for w, m := range t.intents {
			put(all.intents, w, m)
		}
		for _, key := range e.book.Keys(tag, "emergency.") {
			for _, w := range e.book.Words(tag, key) {
				e.alarms.add(w, strings.TrimPrefix(key, "emergency."))
			}
		}
		for _, w := range e.book.Words(tag, "safeguarding") {
			e.alarms.add(w, safeguarding)
		}
		for _, key := range e.book.Keys(tag, "language.") {
			for _, w := range e.book.Words(tag, key) {
				put(e.names, w, strings.TrimPrefix(key, "language."))
			}
		}
	}
	for _, l := range e.langs {
		put(e.names, l.Name, l.Tag)
		for part := range strings.SplitSeq(l.Name, "/") {
			put(e.names, part, l.Tag)
		}
	}
	return all
}

const safeguarding = "safeguarding"

// nearest finds the meaning whose phrase is the fewest typing errors away; two meanings equally near are none.
func nearest(typed string, all map[string]string) string {
	best, least := "", 3
	for phrase, m := range all {
		d, ok := understand.Near(typed, phrase)
		if !ok || d > least || m == "" {
			continue
		}
		if d == least && m != best {
			best = ""
			continue
		}
		best, least = m, d
	}
	return best
}
