package understand

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Model guesses intents: phrases it knows word for word first, then softmax regression over words, word pairs and pieces of words.
// One model serves all languages. It never changes after training and is safe for use at once.
type Model struct {
	intents []string
	off     int // the number of OffTopic, or -1
	exact   map[string]string
	words   *spelling
	rarity  []float32 // by bucket; 0: never seen
	unseen  float32
	width   int       // intents, rounded up to fours
	place   []uint32  // by bucket: its row of weights; 0, which stays empty, for what training never saw
	weights []float32 // rows × width
	bias    []float32
	spare   sync.Pool // *vector
}

// Example is one phrase somebody may write, folded, and what it is about.
type Example struct {
	Intent, Tag, Text string
}

// Examples are the "intent." phrases of every language, in the book's order.
func Examples(book Phrasebook) []Example {
	var all []Example
	for _, tag := range book.Tags() {
		for _, key := range book.Keys(tag, "intent.") {
			for _, phrase := range book.Words(tag, key) {
				if folded := Fold(phrase); folded != "" {
					all = append(all, Example{strings.TrimPrefix(key, "intent."), tag, folded})
				}
			}
		}
	}
	return all
}

// Train learns from the intent phrases of every language of the book. The same book gives the same model.
func Train(book Phrasebook) *Model { return Learn(Examples(book)) }

// How we learn. Each was chosen by leaving out a fifth of the phrases at a time (see TestWhatIsLeftOutIsUnderstood); the results hardly
// move when one of them is halved or doubled. What sharpen and caution do: 0.40 and a margin of 0.15 start nearly every plain report
// and one off-topic message in twenty; 0.70 and 0.30, inside a tree, are almost never wrong.
const (
	wordWeight = 1.3
	epochs     = 6
	pace       = 6.0     // the first step's size
	dropped    = 1 << 14 // of 65536 features, anew each epoch: no sentence holds all of an example's
	doubt      = 0.1     // of each example's label is spread over all intents
	sharpen    = 0.9     // of the scores, before they become shares of 1
	caution    = 0.4     // for OffTopic: to ask once more costs less than a wrong start
)

// Learn learns from examples.
func Learn(examples []Example) *Model {
	m := &Model{exact: map[string]string{}, words: newSpelling(), rarity: make([]float32, buckets)}
	m.spare.New = func() any { return &vector{} }
	number := map[string]int{}
	var label []int
	for _, e := range examples {
		if _, ok := number[e.Intent]; !ok {
			number[e.Intent] = len(m.intents)
			m.intents = append(m.intents, e.Intent)
		}
		label = append(label, number[e.Intent])
		if was, there := m.exact[e.Text]; there && was != e.Intent {
			m.exact[e.Text] = "" // means two things: not exact
		} else {
			m.exact[e.Text] = e.Intent
		}
	}
	rows := make([]vector, len(examples))
	for i, e := range examples {
		m.words.learn(e.Text)
		rows[i].read(e.Text)
		for _, f := range rows[i].at {
			m.rarity[f]++
		}
	}
	for f, n := range m.rarity {
		if n > 0 {
			m.rarity[f] = float32(math.Log(1 + float64(len(rows))/float64(n)))
		}
	}
	m.words.file()
	m.off = slices.Index(m.intents, OffTopic)
	m.unseen = float32(math.Log(1 + float64(len(rows))))
	for i := range rows {
		rows[i].weigh(m.rarity, m.unseen)
	}
	m.fit(rows, label)
	return m
}

// fit is stochastic gradient descent with a fixed seed.
func (m *Model) fit(rows []vector, label []int) {
	k := len(m.intents)
	m.width = (k + 3) / 4 * 4
	m.place = make([]uint32, buckets)
	seen := uint32(0)
	for f, r := range m.rarity {
		if r > 0 {
			seen++
			m.place[f] = seen
		}
	}
	m.weights, m.bias = make([]float32, int(seen+1)*m.width), make([]float32, m.width)
	random := rand.New(rand.NewPCG(7, 4095))
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	score := make([]float32, m.width)
	var at []uint32
	var value []float32
	for epoch := range epochs {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		step := float32(pace / (1 + float64(epoch)/2))
		for _, i := range order {
			at, value = at[:0], value[:0]
			for j, f := range rows[i].at {
				if random.Uint32()>>16 >= dropped {
					at, value = append(at, f), append(value, rows[i].value[j])
				}
			}
			m.score(at, value, score)
			softmax(score[:k], 1)
			for c := range score[:k] {
				score[c] = step * (doubt/float32(k) - score[c])
			}
			score[label[i]] += step * (1 - doubt)
			for j, f := range at {
				addScaled(m.row(f), score, value[j])
			}
			addScaled(m.bias, score, 0.01)
		}
	}
}

func (m *Model) row(f uint32) []float32 {
	at := int(m.place[f]) * m.width
	return m.weights[at : at+m.width]
}

func (m *Model) score(at []uint32, value, score []float32) {
	copy(score, m.bias)
	for j, f := range at {
		addScaled(score, m.row(f), value[j])
	}
}

// read scores a text as it stands.
func (m *Model) read(folded string) []float32 {
	v := m.spare.Get().(*vector)
	defer m.spare.Put(v)
	v.read(folded)
	v.weigh(m.rarity, m.unseen)
	score := make([]float32, m.width)
	m.score(v.at, v.value, score)
	return score[:len(m.intents)]
}

// addScaled adds x times each of what to to: four at a time, because nearly all of training is spent here.
func addScaled(to, what []float32, x float32) {
	for len(to) >= 4 && len(what) >= 4 {
		t, w := to[:4:4], what[:4:4]
		t[0] += w[0] * x
		t[1] += w[1] * x
		t[2] += w[2] * x
		t[3] += w[3] * x
		to, what = to[4:], what[4:]
	}
}

func softmax(score []float32, sharp float64) {
	most := slices.Max(score)
	sum := 0.0
	for c, s := range score {
		e := math.Exp(float64(s-most) * sharp)
		score[c] = float32(e)
		sum += e
	}
	for c := range score {
		score[c] /= float32(sum)
	}
}

// Classify returns every intent, the surest first. OffTopic is among them.
func (m *Model) Classify(folded string) []Guess {
	if len(m.intents) == 0 || folded == "" {
		return nil
	}
	if intent := m.exact[folded]; intent != "" {
		return []Guess{{intent, 1}}
	}
	score := m.read(folded)
	if mended := m.words.mend(folded); mended != folded { // read both ways: a strange word is not always an error
		for c, s := range m.read(mended) {
			score[c] = (score[c] + s) / 2
		}
	}
	if m.off >= 0 {
		score[m.off] += caution
	}
	softmax(score, sharpen)
	guesses := make([]Guess, len(score))
	for c, s := range score {
		guesses[c] = Guess{m.intents[c], float64(s)}
	}
	sort.SliceStable(guesses, func(i, j int) bool { return guesses[i].Sure > guesses[j].Sure })
	return guesses
}
