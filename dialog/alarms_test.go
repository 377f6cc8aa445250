package dialog_test

import (
	"os"
	"strings"
	"testing"

	"concierge/dialog"
)

// TestAlarms: a sentence that tells of somebody at risk is seen in each shipped language, and one that only looks like it is not.
func TestAlarms(t *testing.T) {
	e := engine(t, "en", "ur", "ur-Latn", "pa", "bn", "ar", "pl", "ro", "so")
	table, err := os.ReadFile("testdata/alarms.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(fields) != 3 {
			t.Fatalf("not three fields: %q", line)
		}
		tag, want, sentence := fields[0], fields[1], fields[2]
		_, events := turns(t, e, dialog.Session{Lang: tag, Runs: 4}, sentence)
		got := "-"
		for _, ev := range events {
			if f, ok := ev.(dialog.Flagged); ok {
				got = f.Line
			}
		}
		if got != want {
			t.Errorf("%s: %q raises %s, not %s", tag, sentence, got, want)
		}
	}
}
