package understand_test

import (
	"os"
	"testing"

	"concierge/dialog/understand"
)

// folds trains on four fifths of the phrases, five times, and asks each time for the fifth left out.
func folds(t testing.TB, k int) understand.Report {
	all := understand.Examples(shipped(t))
	answers := map[string][]understand.Guess{}
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
			answers[e.Text+"\x00"+e.Tag] = m.Classify(e.Text)
		}
		rows = append(rows, held...)
	}
	return understand.Evaluate(known(answers), tagged(rows))
}

// tagged hands the tag through to known.
func tagged(rows []understand.Example) []understand.Example {
	out := make([]understand.Example, len(rows))
	for i, r := range rows {
		out[i] = understand.Example{Intent: r.Intent, Tag: r.Tag, Text: r.Text + "\x00" + r.Tag}
	}
	return out
}

type known map[string][]understand.Guess

func (k known) Classify(text string) []understand.Guess { return k[text] }

func TestWhatIsLeftOutIsUnderstood(t *testing.T) {
	r := folds(t, 5)
	if testing.Verbose() {
		r.Print(os.Stdout)
	}
	if under := r.Under(understand.Floor{Top1: 0.80, Top3: 0.90, Starts: 0.60, OffTopic: 0.15}); len(under) > 0 {
		t.Error(under)
	}
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
