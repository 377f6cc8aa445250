package dialog_test

import (
	"testing"

	"concierge/dialog"
)

// TestWhatCountsTowardsAFlood holds that an answer that is taken never counts, and that what brings nobody on does.
func TestWhatCountsTowardsAFlood(t *testing.T) {
	e := engine(t, "en", "pl")
	for _, c := range []struct {
		name   string
		before []string
		says   string
		idle   bool
	}{
		{"the first hello", nil, "hello", false},
		{"hello again", []string{"hello"}, "hello", true},
		{"a report begun", nil, "pothole", false},
		{"an answer", []string{"pothole"}, "2", false},
		{"the same digit at the next question", []string{"pothole", "2", "12 Stratford Road"}, "1", false},
		{"an answer that fits nothing", []string{"pothole"}, "qwx zzt", true},
		{"nothing understood at rest", nil, "qwx zzt", true},
		{"the question asked again", []string{"pothole"}, "repeat", true},
		{"a step back", []string{"pothole", "2"}, "back", false},
		{"a thing asked in between", []string{"pothole"}, "how long does a repair take", true},
		{"leaving it", []string{"pothole", "2"}, "exit", false},
		{"their cases", nil, "status", true},
		{"their cases again", []string{"status"}, "status", true},
		{"a language", nil, "polski", false},
		{"a person", nil, "person", false},
		{"rude words", nil, "fuck off", true},
	} {
		s, _ := turns(t, e, dialog.Session{Lang: "en", Runs: 4}, c.before...)
		_, events := turns(t, e, s, c.says)
		said := lastSaid(events)
		if got := said.Idle || said.Repair; got != c.idle {
			t.Errorf("%s: %v, want %v (%+v)", c.name, got, c.idle, said.Lines)
		}
	}
}
