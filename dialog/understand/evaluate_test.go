package understand_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"concierge/dialog/understand"
)

// parrot answers what it was told to, by phrase.
type parrot map[string][]understand.Guess

func (p parrot) Classify(text string) []understand.Guess { return p[text] }

func TestEvaluateCounts(t *testing.T) {
	rows, err := understand.ReadExamples(strings.NewReader(
		"# label, language, phrase\npothole\ten\tBig hole\npothole\tpl\tDziura\r\n\nlitter\ten\tcans\noff_topic\ten\thow are you\noff_topic\ten\tcouncil tax\n"))
	if err != nil || len(rows) != 5 {
		t.Fatal(len(rows), err)
	}
	r := understand.Evaluate(parrot{
		"big hole":    {{Intent: "pothole", Sure: 0.8}, {Intent: "litter", Sure: 0.1}},
		"dziura":      {{Intent: "pothole", Sure: 0.5}, {Intent: "tree", Sure: 0.4}},                                                   // right, but not clear: asked
		"cans":        {{Intent: "tree", Sure: 0.7}, {Intent: "sign", Sure: 0.1}, {Intent: "litter", Sure: 0.1}},                       // astray
		"how are you": {{Intent: "off_topic", Sure: 0.9}},                                                                              // left alone
		"council tax": {{Intent: "noise", Sure: 0.6}, {Intent: "tree", Sure: 0.2}, {Intent: "sign", Sure: 0.1}, {Intent: "off_topic"}}, // wrongly started
	}, rows)
	want := understand.Score{Phrases: 5, Top1: 3, Top3: 4, Reports: 3, Starts: 1, Astray: 1, OffTopic: 2, WrongStarts: 1}
	if r.All != want {
		t.Errorf("counted %+v, not %+v", r.All, want)
	}
	if pl := r.Languages["pl"]; pl.Phrases != 1 || pl.Top1 != 1 || pl.Starts != 0 {
		t.Errorf("Polish counts %+v", pl)
	}
	if len(r.Confused) != 2 || r.Confused[0].Label != "litter" || r.Confused[0].Taken != "tree" {
		t.Errorf("confused: %+v", r.Confused)
	}
	if under := r.Under(understand.Bars); len(under) != 4 {
		t.Errorf("under the bars: %q", under)
	}
	if under := r.Under(understand.Floor{Top1: 0.6, Top3: 0.8, Starts: 0.3, OffTopic: 0.5}); len(under) != 0 {
		t.Errorf("under a low floor: %q", under)
	}
	var out bytes.Buffer
	if err := r.Print(&out); err != nil || !strings.Contains(out.String(), "litter taken for tree: cans") ||
		!strings.Contains(out.String(), "60.0%") {
		t.Error(out.String(), err)
	}
}

func TestReadExamplesRefuses(t *testing.T) {
	for _, in := range []string{"pothole en big hole", "pothole\ten", "\ten\tbig hole", "pothole\ten\t..."} {
		if rows, err := understand.ReadExamples(strings.NewReader("# ok\n" + in)); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q reads as %v, %v", in, rows, err)
		}
	}
}

// TestUnseenPhrases holds the bars of a release on phrases by other writers, which never move into training.
func TestUnseenPhrases(t *testing.T) {
	const file = "testdata/unseen.tsv"
	f, err := os.Open(file)
	if os.IsNotExist(err) {
		t.Skip(file + " is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := understand.ReadExamples(f)
	if err != nil {
		t.Fatal(err)
	}
	r := understand.Evaluate(understand.Train(shipped(t)), rows)
	if testing.Verbose() {
		r.Print(os.Stdout)
	}
	if under := r.Under(understand.Bars); len(under) > 0 {
		t.Error(under)
	}
}
