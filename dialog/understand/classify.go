package understand

import (
	"math"
	"sort"
	"strings"
)

// Guess is an intent and how sure we are, 0 to 1.
type Guess struct {
	Intent string
	Sure   float64
}

// Classifier guesses what a sentence is about. It is safe for use at once.
type Classifier interface {
	// Classify returns guesses, the surest first. OffTopic may be among them.
	Classify(folded string) []Guess
}

// OffTopic is the intent of what must start nothing.
const OffTopic = "off_topic"

// Phrases is a classifier by likeness to example phrases: words and letter triples weighted by rarity, the best phrases of each intent
// counted. It needs no training.
type Phrases struct {
	weights map[string]float64
	exact   map[string]string
	posts   map[string][]post
	intents []string
	of      []int // the intent of each phrase
	norms   []float64
}

type post struct {
	phrase int
	weight float64
}

// NewPhrases reads the "intent." words of every language.
func NewPhrases(book Phrasebook) *Phrases {
	p := &Phrases{weights: map[string]float64{}, exact: map[string]string{}, posts: map[string][]post{}}
	var texts []string
	number := map[string]int{}
	for _, tag := range book.Tags() {
		for _, key := range book.Keys(tag, "intent.") {
			intent := strings.TrimPrefix(key, "intent.")
			if _, ok := number[intent]; !ok {
				number[intent] = len(p.intents)
				p.intents = append(p.intents, intent)
			}
			for _, phrase := range book.Words(tag, key) {
				folded := Fold(phrase)
				if _, clash := p.exact[folded]; !clash {
					p.exact[folded] = intent
				}
				texts = append(texts, folded)
				p.of = append(p.of, number[intent])
			}
		}
	}
	seen := map[string]int{}
	for _, t := range texts {
		for f := range features(t) {
			seen[f]++
		}
	}
	for f, n := range seen {
		p.weights[f] = math.Log(1 + float64(len(texts))/float64(n))
	}
	for i, t := range texts {
		norm := 0.0
		for f, n := range features(t) {
			w := p.weights[f] * n
			norm += w * w
			p.posts[f] = append(p.posts[f], post{i, w})
		}
		p.norms = append(p.norms, math.Sqrt(norm))
	}
	return p
}

// Classify scores every phrase that shares anything with the text.
func (p *Phrases) Classify(folded string) []Guess {
	if intent, ok := p.exact[folded]; ok {
		return []Guess{{intent, 1}}
	}
	scores := make([]float64, len(p.of))
	norm := 0.0
	for f, n := range features(folded) {
		w := p.weights[f] * n
		if w == 0 { // never seen: it counts against likeness, a little
			norm += n * n
			continue
		}
		norm += w * w
		for _, post := range p.posts[f] {
			scores[post.phrase] += w * post.weight
		}
	}
	best := make([]float64, len(p.intents))
	second := make([]float64, len(p.intents))
	for i, s := range scores {
		if s == 0 {
			continue
		}
		s /= math.Sqrt(norm) * p.norms[i]
		k := p.of[i]
		if s > best[k] {
			best[k], second[k] = s, best[k]
		} else if s > second[k] {
			second[k] = s
		}
	}
	var all []Guess
	for k, s := range best {
		if s > 0.05 {
			all = append(all, Guess{p.intents[k], math.Min(1, 0.8*s+0.35*second[k])})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].Sure > all[j].Sure })
	return all
}

// features are words (counted double) and the letter triples inside them.
func features(folded string) map[string]float64 {
	all := map[string]float64{}
	for _, w := range Words(folded) {
		all["="+w] = 2
		r := []rune("^" + w + "$")
		for i := 0; i+3 <= len(r); i++ {
			all[string(r[i:i+3])] = 1
		}
	}
	return all
}
