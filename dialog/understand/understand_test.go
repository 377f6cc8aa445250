package understand_test

import (
	"testing"

	"concierge/dialog/understand"
)

func TestTyposAreForgivenByLength(t *testing.T) {
	for _, c := range []struct {
		typed, meant string
		ok           bool
	}{
		{"bakc", "back", true}, {"bck", "back", true}, {"no", "on", false}, {"yse", "yes", false}, {"larg", "large", true},
		{"stauts", "status", true}, {"langage", "language", true}, {"lanugaeg", "language", true}, {"motor", "road", false},
	} {
		if _, ok := understand.Near(c.typed, c.meant); ok != c.ok {
			t.Errorf("%q for %q: %v", c.typed, c.meant, ok)
		}
	}
}

func TestNumbersOfChoices(t *testing.T) {
	words := []string{"one", "two", "three"}
	for in, want := range map[string]int{"1": 1, "1.": 1, "(1)": 1, "no 1": 1, "Option 2": 2, "one": 1, "١": 1, "0": 0} {
		if n, ok := understand.Number(understand.Fold(in), words); !ok || n != want {
			t.Errorf("%q reads as %d, %v", in, n, ok)
		}
	}
	for _, in := range []string{"12 stratford road", "", "one two", "99999", "b1"} {
		if n, ok := understand.Number(understand.Fold(in), words); ok {
			t.Errorf("%q reads as the number %d", in, n)
		}
	}
}

func TestHasFindsWholeWords(t *testing.T) {
	if !understand.Has("there is a gas leak here", "gas leak") || understand.Has("las vegas leaks", "gas leak") || understand.Has("x", "") {
		t.Error("whole words are not found, or parts are")
	}
}
