package understand

import (
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Source is the tag whose words are read after those of the conversation's own language: residents know the English words.
const Source = "en"

// Reader reads whole messages in every language of a book: numbers, yes and no, choices, commands. The book is folded once, when
// the reader is made; it never changes after and is safe for use at once. Everything it is given is folded already.
type Reader struct {
	tags     []string
	shelves  map[string]*shelf // by tag
	answers  foreign           // yes, no, partly
	commands foreign
}

// shelf is one language, folded.
type shelf struct {
	numbers  map[string]int
	before   []string // "option", "number", "no": what may stand before a choice's number
	answers  list
	leading  []string // yes and no words that may begin a longer message, the longest first
	commands list
	choices  map[string]*list // by question: pothole.size
}

// list is words with what each means, in map and in file order.
type list struct {
	exact map[string]string
	words []string
}

func (l *list) add(word, meaning string) {
	if word == "" {
		return
	}
	if l.exact == nil {
		l.exact = map[string]string{}
	}
	if _, there := l.exact[word]; !there {
		l.exact[word] = meaning
		l.words = append(l.words, word)
	}
}

// foreign is what a word means in every language at once; "" when it means two things.
type foreign map[string]string

func (f foreign) add(word, meaning string) {
	if was, there := f[word]; there && was != meaning {
		meaning = ""
	}
	f[word] = meaning
}

// Question names a choice question and its values: labels are its messages Key.value, synonyms its words choice.Key.value.
type Question struct {
	Key    string // pothole.size
	Values []string
}

// Answers to a yes/no question. Unsure is neither, said in words.
const (
	Yes    = "yes"
	No     = "no"
	Partly = "partly"
	Unsure = "unsure" // "no idea", "not sure"; and words that are another language's yes or no, but not ours
)

// NewReader folds the book, and the labels of the choice questions.
func NewReader(book Phrasebook, questions ...Question) *Reader {
	r := &Reader{tags: slices.Clone(book.Tags()), shelves: map[string]*shelf{}, answers: foreign{}, commands: foreign{}}
	for _, tag := range r.tags {
		s := &shelf{numbers: map[string]int{}, choices: map[string]*list{}}
		for i, w := range book.Words(tag, "number") {
			s.numbers[Fold(w)] = i + 1
		}
		for _, w := range book.Words(tag, "option") {
			s.before = append(s.before, Fold(w)+" ")
		}
		for _, answer := range []string{Unsure, Yes, No, Partly} {
			for _, w := range book.Words(tag, answer) {
				w = Fold(w)
				s.answers.add(w, answer)
				r.answers.add(w, answer)
			}
		}
		s.leading = slices.Clone(s.answers.words)
		sort.SliceStable(s.leading, func(i, j int) bool { return len(s.leading[i]) > len(s.leading[j]) })
		for _, key := range book.Keys(tag, "command.") {
			for _, w := range book.Words(tag, key) {
				w = Fold(w)
				s.commands.add(w, strings.TrimPrefix(key, "command."))
				r.commands.add(w, strings.TrimPrefix(key, "command."))
			}
		}
		for _, q := range questions {
			s.choices[q.Key] = choices(book, tag, q)
		}
		r.shelves[tag] = s
	}
	return r
}

func choices(book Phrasebook, tag string, q Question) *list {
	l := &list{}
	for _, v := range q.Values {
		l.add(Fold(book.Text(tag, q.Key+"."+v)), v)
	}
	for _, v := range q.Values {
		for _, w := range book.Words(tag, "choice."+q.Key+"."+v) {
			l.add(Fold(w), v)
		}
		l.add(Fold(strings.ReplaceAll(v, "_", " ")), v)
	}
	return l
}

// order is the languages to read in: the conversation's, then English.
func (r *Reader) order(tag string) []*shelf {
	var in []*shelf
	if s := r.shelves[tag]; s != nil {
		in = append(in, s)
	}
	if s := r.shelves[Source]; s != nil && tag != Source {
		in = append(in, s)
	}
	return in
}

// Number reads a message that is nothing but the number of a choice: "1", "no 1", "option 1", "one".
func (r *Reader) Number(tag, folded string) (int, bool) {
	for _, s := range r.order(tag) {
		if n, ok := s.numbers[folded]; ok {
			return n, true
		}
		for _, b := range s.before {
			rest, ok := strings.CutPrefix(folded, b)
			if !ok {
				continue
			}
			if n, ok := s.numbers[rest]; ok {
				return n, true
			}
			if n, ok := count(rest); ok {
				return n, true
			}
		}
	}
	return count(folded)
}

// count reads 0 to 9999.
func count(s string) (int, bool) {
	if len(s) == 0 || len(s) > 4 || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// NumberValue reads the answer to a question for a number: the one number in the text, in digits or words ("about 20 cm", "two").
// Two different numbers are none.
func (r *Reader) NumberValue(tag, folded string) (int, bool) {
	value, found := 0, false
	for _, w := range Words(folded) {
		n, ok := digits(w)
		for _, s := range r.order(tag) {
			if !ok {
				n, ok = s.numbers[w]
			}
		}
		if !ok {
			continue
		}
		if found && n != value {
			return 0, false
		}
		value, found = n, true
	}
	return value, found
}

// digits reads a number and the unit that may cling to it: "20", "20cm".
func digits(w string) (int, bool) {
	end := 0
	for end < len(w) && w[end] >= '0' && w[end] <= '9' {
		end++
	}
	if end == 0 || end > 9 || len(w)-end > 2 {
		return 0, false
	}
	n, err := strconv.Atoi(w[:end])
	return n, err == nil
}

// YesNo reads yes, no or partly. Rest is what stood after a leading one ("no its 14 stratford rd"): read on there. Our own language
// goes first, then English; another language only when it is the whole message and means one thing everywhere. Words of Unsure are
// an answer too, so that "no idea" is no no.
func (r *Reader) YesNo(tag, folded string) (answer, rest string, ok bool) {
	for _, s := range r.order(tag) {
		if answer, ok = s.answers.exact[folded]; ok {
			return answer, "", true
		}
	}
	if answer = r.answers[folded]; answer != "" {
		return answer, "", true
	}
	own := r.shelves[tag]
	if own == nil {
		return "", "", false
	}
	for _, w := range own.leading {
		if rest, ok = strings.CutPrefix(folded, w); ok && len(rest) > 1 && rest[0] == ' ' {
			return own.answers.exact[w], rest[1:], true
		}
	}
	if near := own.answers.near(folded); len(near) == 1 {
		return near[0], "", true
	}
	return "", "", false
}

// Command reads a command that is the whole message: our language, English, then any other if only one fits. A typing error is
// forgiven in our language and English, unless exact. The names are those of words.toml: "back", "updates_off".
func (r *Reader) Command(tag, folded string, exact bool) (string, bool) {
	if len(folded) == 0 || len(folded) > 80 {
		return "", false
	}
	for _, s := range r.order(tag) {
		if c, ok := s.commands.exact[folded]; ok {
			return c, true
		}
	}
	if c := r.commands[folded]; c != "" {
		return c, true
	}
	if exact {
		return "", false
	}
	for _, s := range r.order(tag) {
		if near := s.commands.near(folded); len(near) == 1 {
			return near[0], true
		}
	}
	return "", false
}

// Choice reads a message that is one choice of a question: its label or a synonym, in our language, then English. One value is
// sure, several are a tie to be asked, none is none. Exact forgives no typing error.
func (r *Reader) Choice(tag, question, folded string, exact bool) []string {
	if len(folded) == 0 || len(folded) > 120 {
		return nil
	}
	lists := r.questions(tag, question)
	for _, l := range lists {
		if v, ok := l.exact[folded]; ok {
			return []string{v}
		}
	}
	if exact {
		return nil
	}
	for _, l := range lists {
		if near := l.near(folded); len(near) > 0 {
			return near
		}
	}
	return nil
}

// ChoiceIn finds the values of a question that stand inside a longer text ("big pothole outside the school"). A longer word hides a
// shorter one within it: "not very big" is not "big".
func (r *Reader) ChoiceIn(tag, question, folded string) []string {
	for _, l := range r.questions(tag, question) {
		if found := l.within(folded); len(found) > 0 {
			return found
		}
	}
	return nil
}

func (r *Reader) questions(tag, question string) []*list {
	var lists []*list
	for _, s := range r.order(tag) {
		if l := s.choices[question]; l != nil {
			lists = append(lists, l)
		}
	}
	return lists
}

// near lists the meanings of the words nearest to what was typed, each word of it within its own forgiven errors.
func (l *list) near(typed string) []string {
	var found []string
	best := 0
	for _, w := range l.words {
		d, ok := NearPhrase(typed, w)
		if !ok || len(found) > 0 && d > best {
			continue
		}
		if len(found) == 0 || d < best {
			best, found = d, found[:0]
		}
		if m := l.exact[w]; !slices.Contains(found, m) {
			found = append(found, m)
		}
	}
	return found
}

func (l *list) within(text string) []string {
	type hit struct {
		from, to int
		word     string
	}
	var hits []hit
	for _, w := range l.words {
		if from := IndexWords(text, w); from >= 0 {
			hits = append(hits, hit{from, from + len(w), w})
		}
	}
	var found []string
	for _, h := range hits {
		hidden := slices.ContainsFunc(hits, func(o hit) bool { return o.from <= h.from && o.to >= h.to && len(o.word) > len(h.word) })
		if m := l.exact[h.word]; !hidden && !slices.Contains(found, m) {
			found = append(found, m)
		}
	}
	return found
}
