package dialog

import (
	"slices"
	"strings"
	"unicode"

	"concierge/dialog/understand"
)

// How sure a guess of a language must be, and of how many words, before it is believed.
const (
	sureLanguage  = 0.90
	languageWords = 3
)

func (e *Engine) offers(tag string) bool {
	return tag != "" && e.tongues[tag] != nil && slices.ContainsFunc(e.langs, func(l Language) bool { return l.Tag == tag })
}

// otherNames are the languages beside the source, by their own names.
func (e *Engine) otherNames() []Line {
	var names []Line
	for _, l := range e.langs[1:] {
		names = append(names, Line{Text: l.Name})
	}
	return names
}

// chooseLanguage lists the languages by their own names.
func (t *turn) chooseLanguage() {
	var tags []string
	for _, l := range t.e.langs {
		tags = append(tags, l.Tag)
	}
	t.prompt("language", "", Line{Key: "language.ask"}, tags[:min(len(tags), maxChoices)]...)
}

// speak changes the language and nothing else: answers stay, what is open is repeated.
func (t *turn) speak(tag string) {
	t.s.Guess = guessed
	if !t.e.offers(tag) {
		t.again()
		return
	}
	if tag != t.s.Lang {
		t.s.Lang, t.tg = tag, t.e.tongues[tag]
		t.emit(LanguageChosen{Tag: tag})
	}
	t.say("language.set")
	t.again()
}

// guessed marks that another language was offered already.
const guessed = "-"

// foreign is another language that two messages running were clearly in, this one the second; "" none, or offered before. The names
// of places say nothing: what answers a question about one is not counted.
func (t *turn) foreign(folded string) string {
	if t.e.guess == nil || t.s.Guess == guessed || len(understand.Words(folded)) < languageWords {
		return ""
	}
	if q := t.open(); q != nil && (q.Kind == AskPlace || q.Kind == AskList) {
		return ""
	}
	before := t.s.Guess
	t.s.Guess = ""
	if tag, sure := t.e.guess(ownWords(t.in.Text)); sure >= sureLanguage && tag != t.s.Lang && t.e.offers(tag) {
		t.s.Guess = tag
	}
	if t.s.Guess != before {
		return ""
	}
	return before
}

// offerLanguage offers another language once, in both. Nothing switches by itself.
func (t *turn) offerLanguage(tag string) bool {
	if tag == "" || tag == t.s.Lang {
		return false
	}
	t.s.Guess = guessed
	t.note("language", tag)
	if other := t.e.book.Text(tag, "language.offer"); other != "" {
		t.lines = append(t.lines, Line{Text: other})
	}
	t.prompt("offer_language", tag, Line{Key: "language.offer"}, "switch", "stay")
	return true
}

// mayOffer tells whether what this turn asks can be asked again after another question: the open question and the review can.
func (t *turn) mayOffer() bool {
	_, inTree := t.now()
	o := t.s.Offered
	return inTree && len(t.final.Lines) > 0 && (o.Slot != "" && o.Prompt == "" || o.Prompt == "review")
}

// ownWords leaves out the Latin words of a sentence in another script: they are names, of streets above all.
func ownWords(text string) string {
	var own []string
	for word := range strings.FieldsSeq(text) {
		if strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) }) {
			own = append(own, word)
		}
	}
	if len(own) < languageWords {
		return text
	}
	return strings.Join(own, " ")
}

// tongueOf finds the language, and at first contact chooses it: the channel's hint, else the guess, else the source's.
func (t *turn) tongueOf() {
	if t.s.Lang == "" || t.e.tongues[t.s.Lang] == nil {
		t.s.Lang, t.unsure = t.firstLanguage()
		t.emit(LanguageChosen{Tag: t.s.Lang})
	}
	t.tg = t.e.tongues[t.s.Lang]
}

func (t *turn) firstLanguage() (tag string, unsure bool) {
	if t.e.offers(t.in.Hint) {
		return t.in.Hint, false
	}
	if t.e.guess != nil {
		if tag, sure := t.e.guess(ownWords(t.in.Text)); sure >= sureLanguage && t.e.offers(tag) {
			return tag, false
		}
	}
	return t.e.source(), true
}
