package understand_test

import (
	"strings"
	"testing"

	"concierge/dialog/understand"
)

// TestShippedWordsMeanOneThing: in each language a whole message is one answer, one command, or neither.
func TestShippedWordsMeanOneThing(t *testing.T) {
	b := shipped(t)
	for _, tag := range b.Tags() {
		meaning := map[string]string{}
		for _, key := range append([]string{"yes", "no", "partly"}, b.Keys(tag, "command.")...) {
			words := b.Words(tag, key)
			if len(words) == 0 {
				t.Errorf("%s has no words for %s", tag, key)
			}
			for _, w := range words {
				folded := understand.Fold(w)
				if folded == "" {
					t.Errorf("%s: %q under %s folds to nothing", tag, w, key)
				}
				if was, there := meaning[folded]; there && was != key {
					t.Errorf("%s: %q means %s and %s", tag, w, was, key)
				}
				meaning[folded] = key
			}
		}
		var numbers []string
		for _, w := range b.Words(tag, "number") {
			numbers = append(numbers, understand.Fold(w))
		}
		if len(numbers) != 10 {
			t.Errorf("%s counts to %d", tag, len(numbers))
		}
		for i, w := range numbers {
			if n, ok := understand.Number(w, numbers); !ok || n != i+1 {
				t.Errorf("%s: %q reads as %d, %v", tag, w, n, ok)
			}
			if was, there := meaning[w]; there {
				t.Errorf("%s: the number %q means %s too", tag, w, was)
			}
		}
		for _, key := range []string{"emergency.emergency", "emergency.gas", "emergency.wires", "safeguarding", "anger", "abuse", "not_fixed"} {
			if len(b.Words(tag, key)) < 3 {
				t.Errorf("%s has hardly a word for %s", tag, key)
			}
		}
		alarms := append(b.Words(tag, "emergency.emergency"), b.Words(tag, "safeguarding")...)
		for _, w := range alarms {
			if strings.Count(understand.Fold(w), "") < 5 {
				t.Errorf("%s: the alarm %q is too short to be found in a sentence", tag, w)
			}
		}
	}
}
