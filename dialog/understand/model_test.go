package understand_test

import (
	"os"
	"runtime"
	"slices"
	"testing"

	"concierge/dialog/understand"
)

// folds trains on four fifths of the phrases, five times, and asks each time for the fifth left out.
func folds(t testing.TB, k int) understand.Report {
	all := understand.Examples(shipped(t))
	answers := parrot{}
	var rows []understand.Example
	for f := range k {
		var train, held []understand.Example
		for i, e := range all {
			if i%k == f {
				held = append(held, e)
			} else {
				train = append(train, e)
			}
		}
		m := understand.Learn(train)
		for _, e := range held {
			guesses := m.Classify(e.Text)
			e.Text += " " + e.Tag // two languages may share a phrase
			answers[e.Text] = guesses
			rows = append(rows, e)
		}
	}
	return understand.Evaluate(answers, rows)
}

// TestWhatIsLeftOutIsUnderstood is lower than the bars for residents' phrases: the phrases of words.toml are as unlike each other as
// their writers could make them, so that each one left out takes words with it that no other has.
func TestWhatIsLeftOutIsUnderstood(t *testing.T) {
	r := folds(t, 5)
	if testing.Verbose() {
		r.Print(os.Stdout)
	}
	if under := r.Under(understand.Floor{Top1: 0.83, Top3: 0.94, Starts: 0.70, OffTopic: 0.07}); len(under) > 0 {
		t.Error(under)
	}
}

func TestClassify(t *testing.T) {
	m := understand.Train(shipped(t))
	for text, want := range map[string]string{
		"There's a massive POTHOLE outside my house!!": "pothole",
		"potole on our road":                           "pothole", "the stret lamp is brokn": "street_light",
		"lamppost outside no 9 has gone off":     "street_light",
		"someone chucked a matress in the alley": "fly_tipping",
		"سڑک پر بہت بڑا گڑھا ہے":                 "pothole",
		"sarak pe bohot bara gadha he":           "pothole",
		"wielka dziura na naszej ulicy":          "pothole",
		"lampa nie swieci przed blokiem":         "street_light",
		"ਸਾਡੀ ਗਲੀ ਦੀ ਲਾਈਟ ਨਹੀਂ ਜਗਦੀ":             "street_light",
		"when is my council tax due":             understand.OffTopic,
		"hello":                                  understand.OffTopic,
	} {
		guesses := m.Classify(understand.Fold(text))
		if len(guesses) == 0 || guesses[0].Intent != want {
			t.Errorf("%q is taken for %v, not %s", text, guesses[:min(2, len(guesses))], want)
		} else if want != understand.OffTopic && !understand.Start(guesses) {
			t.Errorf("%q would not start: %v", text, guesses[:2])
		}
	}
	for _, strange := range []string{"", "xqzv", "zxcvbnm qwrtp", "👍", "12345"} {
		if guesses := m.Classify(understand.Fold(strange)); understand.Start(guesses) {
			t.Errorf("%q starts %v", strange, guesses[0])
		}
	}
}

// TestAnExactPhraseIsSure: what words.toml lists is known word for word, unless two intents list it.
func TestAnExactPhraseIsSure(t *testing.T) {
	m := understand.Learn([]understand.Example{{"a", "en", "old bin"}, {"b", "en", "new bin"}, {"a", "en", "bin"}, {"b", "en", "bin"}})
	if g := m.Classify("old bin"); len(g) != 1 || g[0] != (understand.Guess{Intent: "a", Sure: 1}) {
		t.Error(g)
	}
	if g := m.Classify("bin"); len(g) != 2 || g[0].Sure > 0.9 {
		t.Errorf("what means two things is sure: %v", g)
	}
	if g := understand.Learn(nil).Classify("bin"); g != nil {
		t.Error(g)
	}
}

func TestTrainingRepeats(t *testing.T) {
	b := shipped(t)
	one, two := understand.Train(b), understand.Train(b)
	for _, text := range []string{"a hole near the school", "woda na ulicy stoi", "kuch gira hua hai"} {
		if a, b := one.Classify(text), two.Classify(text); !slices.Equal(a, b) {
			t.Errorf("%q: %v, then %v", text, a[0], b[0])
		}
	}
}

// TestUnderstandingIsSmall holds the model and the guesser to 25 MB.
func TestUnderstandingIsSmall(t *testing.T) {
	b := shipped(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // what other tests left behind goes in two steps
	runtime.ReadMemStats(&before)
	m, g := understand.Train(b), understand.NewGuesser(b)
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 25<<20 {
		t.Errorf("understanding takes %d MB", grown>>20)
	} else {
		t.Logf("%d KB", grown>>10)
	}
	runtime.KeepAlive(m)
	runtime.KeepAlive(g)
}

func FuzzClassify(f *testing.F) {
	m := understand.Learn([]understand.Example{{"pothole", "en", "hole in the road"}, {"off_topic", "en", "hello there"}})
	f.Add("a hole")
	f.Add("\xff\x00 سڑک   ")
	f.Fuzz(func(t *testing.T, s string) {
		for _, text := range []string{s, understand.Fold(s)} {
			sum := 0.0
			guesses := m.Classify(text)
			for _, g := range guesses {
				sum += g.Sure
			}
			if len(guesses) > 0 && (sum < 0.999 || sum > 1.001) {
				t.Errorf("%q: shares of %v", text, sum)
			}
		}
	})
}

func BenchmarkTrain(b *testing.B) {
	book := shipped(b)
	for b.Loop() {
		understand.Train(book)
	}
}

func BenchmarkClassify(b *testing.B) {
	m := understand.Train(shipped(b))
	text := understand.Fold("there is a really big hole in the road right outside my house, it has been there for weeks")
	b.ReportAllocs()
	for b.Loop() {
		m.Classify(text)
	}
}
