package understand

import (
	"bufio"
	"fmt"
	"io"
	"sort"
	"strings"
)

// Start tells whether a guess at rest is sure enough to start a tree unasked.
func Start(guesses []Guess) bool {
	return len(guesses) > 0 && guesses[0].Intent != OffTopic && Clear(guesses, 0.40, 0.15)
}

// Clear tells whether the first guess is at least sure, and by margin ahead of the second.
func Clear(guesses []Guess, sure, margin float64) bool {
	if len(guesses) == 0 || guesses[0].Sure < sure {
		return false
	}
	return len(guesses) == 1 || guesses[0].Sure-guesses[1].Sure >= margin
}

// ReadExamples reads a TSV of phrases nobody trained on: label, language, phrase. Lines that begin with # are comments.
//
//	pothole	en	there is a big hole in our road
func ReadExamples(r io.Reader) ([]Example, error) {
	var all []Example
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.SplitN(line, "\t", 3)
		if len(parts) != 3 || parts[0] == "" || Fold(parts[2]) == "" {
			return nil, fmt.Errorf("line %d: want label, language and phrase with tabs between", n)
		}
		all = append(all, Example{Intent: parts[0], Tag: parts[1], Text: Fold(parts[2])})
	}
	return all, lines.Err()
}

// Score counts how a classifier did on some phrases.
type Score struct {
	Phrases, Top1, Top3   int // all of them, off-topic too
	Reports, Starts       int // on-topic phrases, and those rightly started without asking
	Astray                int // on-topic phrases started as something else
	OffTopic, WrongStarts int // off-topic phrases, and those that started something
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// Confusion is a label taken for another.
type Confusion struct {
	Label, Taken string
	Times        int
	Phrases      []string // the first three
}

// Report is the outcome of an evaluation.
type Report struct {
	All       Score
	Languages map[string]Score
	Confused  []Confusion // the most frequent first
}

// Evaluate classifies every row.
func Evaluate(c Classifier, rows []Example) Report {
	r := Report{Languages: map[string]Score{}}
	confused := map[[2]string]*Confusion{}
	for _, row := range rows {
		guesses := c.Classify(row.Text)
		one := judge(row.Intent, guesses)
		r.All.add(one)
		s := r.Languages[row.Tag]
		s.add(one)
		r.Languages[row.Tag] = s
		if one.Top1 == 1 {
			continue
		}
		taken := ""
		if len(guesses) > 0 {
			taken = guesses[0].Intent
		}
		pair := [2]string{row.Intent, taken}
		if confused[pair] == nil {
			confused[pair] = &Confusion{Label: row.Intent, Taken: taken}
		}
		confused[pair].Times++
		if len(confused[pair].Phrases) < 3 {
			confused[pair].Phrases = append(confused[pair].Phrases, row.Text)
		}
	}
	for _, c := range confused {
		r.Confused = append(r.Confused, *c)
	}
	sort.Slice(r.Confused, func(i, j int) bool {
		a, b := r.Confused[i], r.Confused[j]
		if a.Times != b.Times {
			return a.Times > b.Times
		}
		return a.Label+" "+a.Taken < b.Label+" "+b.Taken
	})
	return r
}

func judge(label string, guesses []Guess) Score {
	s := Score{Phrases: 1}
	for i, g := range guesses[:min(3, len(guesses))] {
		if g.Intent == label {
			s.Top3 = 1
			if i == 0 {
				s.Top1 = 1
			}
		}
	}
	started := Start(guesses)
	if label == OffTopic {
		s.OffTopic = 1
		if started {
			s.WrongStarts = 1
		}
		return s
	}
	s.Reports = 1
	if started {
		s.Starts, s.Astray = s.Top1, 1-s.Top1
	}
	return s
}

func (s *Score) add(o Score) {
	s.Phrases += o.Phrases
	s.Top1 += o.Top1
	s.Top3 += o.Top3
	s.Reports += o.Reports
	s.Starts += o.Starts
	s.Astray += o.Astray
	s.OffTopic += o.OffTopic
	s.WrongStarts += o.WrongStarts
}

// Floor is what an evaluation must reach, as shares of 1. OffTopic is a ceiling. A zero in the first three asks nothing.
type Floor struct {
	Top1, Top3, Starts, OffTopic float64
}

// Bars is the floor a release keeps on phrases nobody trained on.
var Bars = Floor{Top1: 0.92, Top3: 0.98, Starts: 0.75, OffTopic: 0.05}

// Under lists what misses the floor; none is good.
func (r Report) Under(f Floor) []string {
	var under []string
	miss := func(what string, got, want float64) {
		under = append(under, fmt.Sprintf("%s is %.1f%%, the floor %.1f%%", what, 100*got, 100*want))
	}
	if got := share(r.All.Top1, r.All.Phrases); got < f.Top1 {
		miss("top-1", got, f.Top1)
	}
	if got := share(r.All.Top3, r.All.Phrases); got < f.Top3 {
		miss("top-3", got, f.Top3)
	}
	if got := share(r.All.Starts, r.All.Reports); got < f.Starts {
		miss("started without asking", got, f.Starts)
	}
	if got := share(r.All.WrongStarts, r.All.OffTopic); got > f.OffTopic {
		under = append(under, fmt.Sprintf("off-topic wrongly started is %.1f%%, the ceiling %.1f%%", 100*got, 100*f.OffTopic))
	}
	return under
}

// Print writes the report as a table, with the twenty most frequent confusions.
func (r Report) Print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-9s %7s %6s %6s %7s %7s %10s\n", "language", "phrases", "top-1", "top-3", "started", "astray", "off-topic")
	row := func(name string, s Score) {
		fmt.Fprintf(&b, "%-9s %7d %5.1f%% %5.1f%% %6.1f%% %6.1f%% %9.1f%%\n", name, s.Phrases, 100*share(s.Top1, s.Phrases),
			100*share(s.Top3, s.Phrases), 100*share(s.Starts, s.Reports), 100*share(s.Astray, s.Reports), 100*share(s.WrongStarts, s.OffTopic))
	}
	var tags []string
	for tag := range r.Languages {
		tags = append(tags, tag)
	}
	sort.Strings(tags)
	for _, tag := range tags {
		row(tag, r.Languages[tag])
	}
	row("all", r.All)
	for _, c := range r.Confused[:min(20, len(r.Confused))] {
		fmt.Fprintf(&b, "%4d  %s taken for %s: %s\n", c.Times, c.Label, c.Taken, strings.Join(c.Phrases, "; "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
