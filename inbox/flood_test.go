package inbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"concierge/council"
)

var flooding = council.Limits{Minute: 10, Day: 60, SameText: 3}

// stored is what the next turn reads, perhaps on another node.
func stored(f *Flood) *Flood { return &Flood{raw: f.column()} }

func TestTheLimitsOfAMinuteAndADay(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	f := &Flood{}
	count := func(after time.Duration) Over {
		f = stored(f)
		return f.Count(start.Add(after), flooding, fmt.Sprint("text ", after), false, false)
	}
	for n := range 10 {
		if over := count(time.Duration(n) * time.Second); over != "" {
			t.Fatalf("reply %d is over %s", n+1, over)
		}
	}
	if over := count(20 * time.Second); over != OverMinute {
		t.Fatalf("the eleventh is over %q", over)
	}
	f = stored(f)
	if !f.Silent(start.Add(59*time.Second)) || f.Silent(start.Add(time.Minute)) {
		t.Error("silence is not the minute's")
	}
	f = &Flood{}
	for n := range 60 {
		if over := count(time.Duration(n) * 7 * time.Second); over != "" {
			t.Fatalf("reply %d of the day is over %s", n+1, over)
		}
	}
	if over := count(12 * time.Hour); over != OverDay {
		t.Fatalf("the 61st is over %q", over)
	}
	if f = stored(f); !f.Silent(start.Add(24*time.Hour-time.Second)) || f.Silent(start.Add(24*time.Hour)) {
		t.Error("silence is not the day's")
	}
	if f.Back(false); count(12*time.Hour+time.Minute) != OverDay {
		t.Error("BOT buys a new day")
	}
	if f.Back(true); count(12*time.Hour+2*time.Minute) != "" {
		t.Error("a person's answer does not begin anew")
	}
}

func TestTextsThatComeBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	const menu = "What would you like to report?\n1 Roads\n2 Parks and green spaces\n3 Something else"
	for _, c := range []struct {
		name, text string
		ours       bool
	}{
		{"the same", menu, true},
		{"with other signs", "WHAT would you like to report\n\n1. Roads\n2. Parks and green spaces\n3. Something else…", true},
		{"quoted in an automatic answer", "I am away until Monday.\n> What would you like to report?\n> 1 Roads", true},
		{"its short lines alone", "1 Roads", false},
		{"an answer", "2", false},
		{"a choice in words", "parks", false},
		{"something new", "there is a pothole in Stratford Road", false},
		{"nothing", "", false},
		{"signs alone", "???", false},
	} {
		f := &Flood{}
		f.spoke("Hello, this is Demo Council.")
		f.spoke(menu)
		if ours, _ := stored(f).Echo(now, flooding, c.text); ours != c.ours {
			t.Errorf("%s: ours %v", c.name, ours)
		}
	}
	f := &Flood{}
	f.spoke(menu)
	for n := range 3 {
		f = stored(f)
		if _, over := f.Echo(now.Add(time.Duration(n)*time.Second), flooding, menu); (over == OverSame) != (n == 2) {
			t.Errorf("time %d: over %q", n+1, over)
		}
	}
	if f.Back(true); f.Silent(now) {
		t.Error("silent after a person answered")
	}
	for n := range 5 { // an hour apart is no loop
		if _, over := f.Echo(now.Add(time.Duration(n)*61*time.Minute), flooding, menu); over != "" {
			t.Error("texts an hour apart are a loop")
		}
	}
	for range 20 { // what was said long ago is forgotten
		f.spoke(strings.Repeat("other words ", 1+len(f.c.Said)))
	}
	if len(f.c.Said) > saidKept || len(f.column()) > 400 {
		t.Errorf("it keeps %d fingerprints in %d bytes", len(f.c.Said), len(f.column()))
	}
}

func TestTheSameTextThatFitsNothing(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	miss := func(f *Flood, text string) Over { return f.Count(now, flooding, text, true, false) }
	f := &Flood{}
	if miss(f, "I am away") != "" || miss(f, "I am away.") != "" || miss(f, "I AM AWAY") != OverSame {
		t.Error("an automatic answer is not found")
	}
	f = &Flood{}
	for _, text := range []string{"a first", "a first", "another", "a first", "a first"} {
		if over := miss(f, text); over != "" {
			t.Errorf("%q is over %s", text, over)
		}
	}
	f = &Flood{}
	miss(f, "x")
	miss(f, "x")
	if f.Moved(); miss(f, "x") != "" {
		t.Error("an answer between does not begin anew")
	}
	f = &Flood{}
	for range 8 { // a command said again is no miss
		if over := f.Count(now, flooding, "status", false, false); over != "" {
			t.Errorf("STATUS is over %s", over)
		}
	}
}

func TestRepliesNobodyReadDoNotCount(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	f := &Flood{}
	for range 50 {
		f = stored(f)
		f.Withdrawn()
		if over := f.Count(now, flooding, "x", true, true); over != "" {
			t.Fatalf("over %s", over)
		}
	}
	if f.Withdrawn(); f.c.N != 0 || f.c.D != 0 {
		t.Errorf("%+v", f.c)
	}
	if f.Withdrawn(); f.c.N != 0 {
		t.Error("it is taken off twice")
	}
}

func TestNoLimitsAndOddClocks(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	f := &Flood{}
	f.spoke("What would you like to report?")
	for range 200 {
		_, echoed := f.Echo(now, council.Limits{}, "What would you like to report?")
		if over := f.Count(now, council.Limits{}, "x", true, false); over != "" || echoed != "" {
			t.Fatalf("over %s, %s", over, echoed)
		}
	}
	f = &Flood{}
	for range 10 {
		f.Count(now, flooding, "x", false, false)
	}
	if over := f.Count(now.Add(-time.Hour), flooding, "x", false, false); over != "" {
		t.Error("a clock set back keeps the minute for an hour")
	}
	if f = (&Flood{raw: `{"m":"of another version"`}); f.Silent(now) || f.Count(now, flooding, "x", false, false) != "" {
		t.Error("what cannot be read counts")
	}
}
