package locales

import (
	"testing"
	"testing/fstest"
)

// FuzzFolder: whatever a council's folder holds, it loads or is told, and never breaks the good words below it.
func FuzzFolder(f *testing.F) {
	f.Add("yes = [\"tak\"]\n[command]\nmenu = [\"menu\"]\n", "name = \"Polski\"\ndir = \"ltr\"\n", `{"a": {"state":"draft"}}`)
	f.Add("yes = \"tak\"\n", "fallback = [\"pl\"]\n[glossary]\nx = [\"y\"]\n", `{"a": {"state":"approved"}} x`)
	f.Fuzz(func(t *testing.T, words, about, review string) {
		low := files(t, "en/messages.toml", "a = \"Hello\"\n")
		high := fstest.MapFS{"pl/words.toml": {Data: []byte(words)}, "pl/about.toml": {Data: []byte(about)}, "pl/review.json": {Data: []byte(review)},
			"pl/messages.toml": {Data: []byte("a = \"Dzień dobry\"\n")}}
		s, err := Load(low, high)
		if err != nil {
			return
		}
		if got := s.SayKey("pl", "a"); got != "Dzień dobry" {
			t.Errorf("said %q", got)
		}
		s.Draft("pl")
		if _, err := s.Stand("pl", "machine", "2027-01-01"); err != nil {
			t.Error(err)
		}
	})
}
