package dialog_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"concierge/dialog"
)

// engineOf is an engine of one tree of our own beside the shipped ones. Its words need not be there.
func engineOf(t testing.TB, tree string, change func(*dialog.Settings)) *dialog.Engine {
	t.Helper()
	s := settings(t, "en", "pl")
	trees, err := dialog.Load(dialog.Layer{Name: "trees", FS: dialog.BuiltIn()}, dialog.Layer{Name: "ours", FS: folder(map[string]string{"ours.yaml": tree})})
	if err != nil {
		t.Fatal(err)
	}
	s.Trees = trees
	if change != nil {
		change(&s)
	}
	e, err := dialog.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// turns takes one turn after another and gives the last events.
func turns(t testing.TB, e *dialog.Engine, s dialog.Session, texts ...string) (dialog.Session, []dialog.Event) {
	t.Helper()
	var events []dialog.Event
	for _, one := range texts {
		s, events = e.Turn(context.Background(), &town{}, s, text(one))
	}
	return s, events
}

func lastSaid(events []dialog.Event) dialog.Said {
	for _, ev := range slices.Backward(events) {
		if s, ok := ev.(dialog.Said); ok {
			return s
		}
	}
	return dialog.Said{}
}

func TestMoreThanTenChoicesComeInPagesOfEight(t *testing.T) {
	var names []string
	for i := range 19 {
		names = append(names, fmt.Sprintf("v%d", i+1))
	}
	e := engineOf(t, "tree: long\nquestions: [{slot: pick, kind: choice, choices: ["+strings.Join(names, ", ")+"]}, {slot: next, kind: number}]\nreview: false\nend: say\n", nil)
	s := dialog.Session{Lang: "en", Runs: 4, Stack: []dialog.Run{{No: 4, Tree: "long"}}}
	shown := func(events []dialog.Event) (all []string) {
		for _, c := range lastSaid(events).Choices {
			all = append(all, c.Value)
		}
		return all
	}
	s, events := turns(t, e, s, "repeat")
	if got := shown(events); len(got) != 9 || got[0] != "v1" || got[8] != "more" {
		t.Fatalf("the first page is %v", got)
	}
	s, events = turns(t, e, s, "9")
	if got := shown(events); got[0] != "v9" || got[7] != "v16" {
		t.Fatalf("the second page is %v", got)
	}
	third, events := turns(t, e, s, "9")
	if got := shown(events); strings.Join(got, " ") != "v17 v18 v19 more" {
		t.Fatalf("the third page is %v", got)
	}
	if _, events = turns(t, e, third, "4"); shown(events)[0] != "v1" {
		t.Fatalf("after the last page comes %v", shown(events))
	}
	s, _ = turns(t, e, s, "2")
	if a := e.Now(s).Answers; len(a) != 1 || a[0].Value != "v10" {
		t.Fatalf("2 on the second page means %+v", a)
	}
}

// TestAnswersOutliveTheirTree is invariant 11: every answer whose slot and value still fit is kept, renamed ones too.
func TestAnswersOutliveTheirTree(t *testing.T) {
	old := engine(t, "en")
	s, _ := turns(t, old, dialog.Session{Lang: "en", Runs: 11}, "pothole", "no", "12 Stratford Road", "road", "large")
	e := engineOf(t, `tree: pothole
files: pothole
questions:
  - {slot: weather, kind: choice, choices: [rain, sun], optional: true}
  - {slot: how_big, kind: choice, choices: [small, huge], was: {slot: size, values: {large: huge}}}
  - {slot: where, kind: choice, choices: [pavement]}
  - use: danger
  - use: location
review: true
end: file
`, nil)
	s, _ = turns(t, e, s, "status")
	var kept []string
	for _, a := range e.Now(s).Answers {
		if !strings.HasPrefix(a.Value, "{") {
			kept = append(kept, a.Slot+"="+a.Value)
		}
	}
	if strings.Join(kept, " ") != "how_big=huge danger=no" || e.Now(s).Slot != "weather" || len(e.Now(s).Answers) != 3 {
		t.Errorf("kept %v, asked %s", kept, e.Now(s).Slot)
	}
}

func TestATreeThatIsGoneEndsItsRun(t *testing.T) {
	s := dialog.Session{Lang: "en", Runs: 4, Stack: []dialog.Run{{No: 4, Tree: "gone", Answers: []dialog.Answer{{Slot: "x", Value: "y", Words: "it is blue"}}}}}
	s, events := turns(t, engine(t, "en"), s, "hmm")
	said := lastSaid(events)
	if len(s.Stack) > 0 || said.Lines[0].Key != "resume.gone" || !slices.Contains(s.Missed, "it is blue") || len(said.Choices) == 0 {
		t.Errorf("%+v\n%+v", s, said)
	}
}

func TestGoCarriesWhatFitsThere(t *testing.T) {
	e := engineOf(t, `tree: one
questions:
  - use: location
  - use: photo
  - {slot: colour, kind: text}
  - {slot: pick, kind: choice, choices: [a, b], go: {a: pothole}}
end: say
`, nil)
	s := dialog.Session{Lang: "en", Runs: 4, Stack: []dialog.Run{{No: 4, Tree: "one"}}}
	s, _ = turns(t, e, s, "12 Stratford Road", "skip", "blue", "a")
	now := e.Now(s)
	if now.Tree != "pothole" || len(now.Answers) != 1 || now.Answers[0].Slot != "location" || now.Answers[0].From != dialog.Carried || now.Slot != "danger" {
		t.Errorf("%+v", now)
	}
}

func TestNumbersManyChoicesAndDates(t *testing.T) {
	e := engineOf(t, `tree: kinds
questions:
  - {slot: n, kind: number, min: 1, max: 50}
  - {slot: what, kind: choices, choices: [glass, needles, leaves]}
  - {slot: day, kind: date}
  - {slot: done, kind: text, when: what == needles}
end: say
`, nil)
	for _, c := range []struct{ n, what, day, wantN, wantWhat, wantDay string }{
		{"about 12 of them", "1 3", "5/4/2027", "12", "glass,leaves", "2027-04-05"},
		{"seven", "3, 2", "2027-04-05", "7", "needles,leaves", "2027-04-05"},
		{"٤", "2", "5 April 2027", "4", "needles", "2027-04-05"},
	} {
		s := dialog.Session{Lang: "en", Runs: 4, Stack: []dialog.Run{{No: 4, Tree: "kinds"}}}
		s, _ = turns(t, e, s, "0", "51", c.n)
		if a := e.Now(s).Answers; len(a) != 1 || a[0].Value != c.wantN {
			t.Errorf("%q is read as %+v", c.n, a)
			continue
		}
		s, _ = turns(t, e, s, "4", c.what)
		if a := e.Now(s).Answers; len(a) != 2 || a[1].Value != c.wantWhat {
			t.Errorf("%q is read as %+v", c.what, a)
			continue
		}
		asked := e.Now(s)
		if asked.Slot != "day" {
			t.Errorf("asked is %s", asked.Slot)
		}
		s, _ = turns(t, e, s, c.day)
		a := e.Now(s).Answers
		if strings.Contains(c.wantWhat, "needles") != (e.Now(s).Slot == "done") {
			t.Errorf("%s: the next question is %q", c.wantWhat, e.Now(s).Slot)
		}
		if e.Now(s).Slot == "done" && a[2].Value != c.wantDay {
			t.Errorf("%q is read as %+v", c.day, a)
		}
	}
}

func TestAnotherLanguageIsOfferedOnceInBoth(t *testing.T) {
	e := engineOf(t, "tree: x\nend: say\n", func(s *dialog.Settings) {
		s.Guess = func(text string) (string, float64) {
			if strings.Contains(text, "nie") {
				return "pl", 0.95
			}
			return "en", 0.95
		}
	})
	s, events := turns(t, e, dialog.Session{Lang: "en", Runs: 4}, "ja nie wiem co")
	if lastSaid(events).Lines[0].Key == "language.offer" {
		t.Error("offered after one message")
	}
	s, events = turns(t, e, s, "ja nie wiem nic")
	said := lastSaid(events)
	if len(said.Lines) != 2 || said.Lines[0].Text == "" || said.Lines[1].Key != "language.offer" || s.Lang != "en" {
		t.Fatalf("%+v", said)
	}
	switched, _ := turns(t, e, s, "1")
	if switched.Lang != "pl" {
		t.Errorf("1 leaves it %s", switched.Lang)
	}
	s, _ = turns(t, e, s, "2")
	if _, events = turns(t, e, s, "ja nie wiem nic a nic", "ja nie wiem nadal"); lastSaid(events).Lines[0].Text != "" || s.Lang != "en" {
		t.Error("offered again")
	}
	first, _ := e.Turn(context.Background(), &town{}, dialog.Session{}, dialog.Input{Kind: dialog.Text, Text: "ja nie wiem", First: true})
	if first.Lang != "pl" {
		t.Errorf("first contact in Polish is answered in %s", first.Lang)
	}
	hinted, _ := e.Turn(context.Background(), &town{}, dialog.Session{}, dialog.Input{Kind: dialog.Text, Text: "hello there you", Hint: "pl"})
	if hinted.Lang != "pl" {
		t.Errorf("a phone set to Polish is answered in %s", hinted.Lang)
	}
}

func TestExplainTellsHowItWasRead(t *testing.T) {
	e := engineOf(t, "tree: x\nend: say\n", func(s *dialog.Settings) { s.Explain = true })
	_, events := turns(t, e, dialog.Session{Lang: "en", Runs: 4}, "big pothole outside 12 Stratford Road")
	var steps []string
	for _, ev := range events {
		if u, ok := ev.(dialog.Understood); ok {
			steps = append(steps, u.Step)
			if u.Step == "subject" && (len(u.Guesses) == 0 || u.Guesses[0].Intent != "pothole") {
				t.Errorf("guesses %+v", u.Guesses)
			}
		}
	}
	if strings.Join(steps, " ") != "subject start caught caught" {
		t.Errorf("the steps are %v", steps)
	}
}

// TestAnyTextAtAnyPoint is invariant 12: no text of 4,096 runes panics or makes a session too large, and reading it takes linear time.
func TestAnyTextAtAnyPoint(t *testing.T) {
	e := engine(t, "en", "ur", "pl")
	long := []string{strings.Repeat("pothole ", 512), strings.Repeat("ا", 4096), strings.Repeat("a", 4096), strings.Repeat("1 ", 2048), strings.Repeat("no ", 1365),
		strings.Repeat("👍🏽", 2048), strings.Repeat("\u0301", 4096), strings.Repeat("fuck ", 800), strings.Repeat("\xff", 4096), strings.Repeat("{\"", 2048),
		strings.Repeat("गड्ढा ", 680), strings.Repeat("路", 4096), strings.Repeat("C7K-4M95 ", 455), strings.Repeat("not fixed ", 400)}
	rapid.Check(t, func(t *rapid.T) {
		s := walk(t, e, &town{}, nil)
		in := text(rapid.OneOf(rapid.SampledFrom(long), rapid.StringN(0, 4096, -1)).Draw(t, "text"))
		for range 4 { // four of them fill every place for words a session has
			s, _ = e.Turn(context.Background(), &town{}, s, in)
			s = copied(t, s)
		}
	})
	started := time.Now()
	for _, l := range long {
		s, _ := turns(t, e, dialog.Session{Lang: "en", Runs: 4}, "pothole", "no", "12 Stratford Road")
		turns(t, e, s, l)
	}
	if took := time.Since(started); took > 2*time.Second {
		t.Errorf("%d long texts took %v", len(long), took)
	}
}

func TestALargeMenuIsByGroupAndPage(t *testing.T) {
	e := engineOf(t, "tree: x\nend: say\n", func(s *dialog.Settings) {
		s.Services, s.Groups = nil, []string{"roads", "parks"}
		for i, name := range s.Trees.Names() {
			if code := s.Trees.Tree(name).Files; code != "" {
				group := "roads"
				if i%5 == 0 {
					group = "parks"
				}
				s.Services = append(s.Services, dialog.Service{Code: code, Group: group})
			}
		}
	})
	values := func(events []dialog.Event) string {
		var all []string
		for _, c := range lastSaid(events).Choices {
			all = append(all, c.Value)
		}
		return strings.Join(all, " ")
	}
	s, events := turns(t, e, dialog.Session{Lang: "en", Runs: 4}, "menu")
	if values(events) != "+roads +parks status" {
		t.Fatalf("the menu is %s", values(events))
	}
	s, events = turns(t, e, s, "1")
	first := lastSaid(events).Choices
	if len(first) != 9 || first[8].Value != "more.8.roads" {
		t.Fatalf("roads are %s", values(events))
	}
	s, events = turns(t, e, s, "9")
	second := lastSaid(events).Choices
	if len(second) == 0 || second[0].Value == first[0].Value {
		t.Fatalf("more roads are %s", values(events))
	}
	s, _ = turns(t, e, s, "1")
	if got := e.Now(s).Tree; got != second[0].Value {
		t.Errorf("1 on the second page starts %q, not %q", got, second[0].Value)
	}
	// A button of an old menu still means what it said.
	old, _ := e.Turn(context.Background(), &town{}, dialog.Session{Lang: "en", Runs: 9}, dialog.Input{Kind: dialog.Press, Press: first[0].Data})
	if got := e.Now(old).Tree; got != first[0].Value {
		t.Errorf("an old menu's button starts %q, not %q", got, first[0].Value)
	}
}

func TestWhatAPersonsTurnNeeds(t *testing.T) {
	e := engine(t, "en", "ur", "pl")
	if got := e.Alarm("please come, there is a smell of GAS here"); got != "gas" {
		t.Errorf("gas is %q", got)
	}
	if got := e.Alarm("there is a pothole"); got != "" {
		t.Errorf("a pothole is %q", got)
	}
	if got := e.Command("ur", "BOT"); got != "bot" {
		t.Errorf("BOT is %q", got)
	}
	s, _ := turns(t, e, dialog.Session{Lang: "en", Runs: 4}, "pothole")
	if _, _, ok := e.Nudge(s); ok {
		t.Error("a report without answers is reminded of")
	}
	s, _ = turns(t, e, s, "no")
	after, lines, ok := e.Nudge(s)
	if !ok || len(lines) != 2 || lines[1].Key != "shared.location.short" || s.Stack[0].Nudged {
		t.Errorf("%v %+v", ok, lines)
	}
	if _, _, again := e.Nudge(after); again {
		t.Error("reminded twice")
	}
}

func TestASwitchedOffServiceSaysWhoItIs(t *testing.T) {
	e := engineOf(t, "tree: x\nend: say\n", nil)
	_, events := turns(t, e, dialog.Session{Lang: "en", Runs: 4}, "my bin was not collected")
	if got := lastSaid(events).Lines[0].Key; got != "missed_bin.off" {
		t.Errorf("a missed bin is answered with %q", got)
	}
}

// TestWhatIsUnderstoodCountsAsALanguageToo: a report and its details in another language are two messages running, though both are
// answers; the names of streets in Latin letters say nothing of an Urdu sentence.
func TestWhatIsUnderstoodCountsAsALanguageToo(t *testing.T) {
	set := settings(t, "en", "ur", "pl")
	set.Guess = func(text string) (string, float64) {
		switch {
		case strings.Contains(text, "nie"):
			return "pl", 0.95
		case strings.Contains(text, "ہے") && !strings.Contains(text, "Road"):
			return "ur", 0.95
		}
		return "", 0
	}
	e, err := dialog.New(set)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := turns(t, e, dialog.Session{Lang: "en", Runs: 4}, "pothole nie wiem gdzie", "2", "Moseley Road to nie tu", "1", "large", "skip")
	s, events := turns(t, e, s, "nie wiem nic")
	if said := lastSaid(events); said.Lines[len(said.Lines)-1].Key != "language.offer" {
		t.Fatalf("not offered: %+v", said)
	}
	s, events = turns(t, e, s, "1")
	if said := lastSaid(events); s.Lang != "pl" || len(s.Stack) != 1 || e.Now(s).Slot != "" || !e.Now(s).Review {
		t.Errorf("after the change %+v, %+v", said, e.Now(s))
	}
	first, _ := e.Turn(context.Background(), &town{}, dialog.Session{}, dialog.Input{Kind: dialog.Text, Text: "12 Stratford Road کے سامنے گڑھا ہے", First: true})
	if first.Lang != "ur" {
		t.Errorf("first contact in Urdu is answered in %q", first.Lang)
	}
}
