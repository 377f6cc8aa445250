package inbox

import (
	"testing"
	"time"
)

// Three pictures, or three voice messages, are three things said: nobody is cut off for them as a machine is.
func TestWhatHasNoLettersIsNotOneText(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		texts []string
		over  Over
	}{
		{"pictures", []string{"\U0001F64F", "\u2764\uFE0F", "\U0001F600"}, ""},
		{"signs", []string{"...", "!!", "\U0001F62D"}, ""},
		{"voice messages", []string{"", "", "", " "}, ""},
		{"one picture", []string{"\U0001F64F", "\U0001F64F ", "\U0001F64F"}, OverSame},
		{"one text, with other signs", []string{"I am away.", "I am away", "i am away!"}, OverSame},
	} {
		f, over := &Flood{}, Over("")
		for _, text := range c.texts {
			f = stored(f)
			over = f.Count(now, flooding, text, true, false)
		}
		if over != c.over {
			t.Errorf("%s: over %q, not %q", c.name, over, c.over)
		}
	}
}
