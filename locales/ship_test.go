package locales

import (
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	play "github.com/go-playground/locales"
	"github.com/go-playground/locales/en_GB"
	"github.com/go-playground/locales/pl"
	"github.com/go-playground/locales/ur"

	"concierge/internal/phrase"
)

var update = flag.Bool("update", false, "write review.json of the languages we ship, new translations as drafts")

// TestDatesAsCLDRHasThem holds our months and days to go-playground/locales, which has them from CLDR.
func TestDatesAsCLDRHasThem(t *testing.T) {
	s := builtinSet(t)
	for tag, cldr := range map[string]play.Translator{"en": en_GB.New(), "pl": pl.New(), "ur": ur.New()} {
		for m := time.January; m <= time.December; m++ {
			if got, want := s.Text(tag, "date.month.m"+itoa(int(m))), cldr.MonthWide(m); got != want {
				t.Errorf("%s: month %d is %q, CLDR has %q", tag, m, got, want)
			}
		}
		for d := time.Sunday; d <= time.Saturday; d++ {
			ours := int(d)
			if d == time.Sunday {
				ours = 7
			}
			if got, want := s.Text(tag, "date.day.d"+itoa(ours)), cldr.WeekdayWide(d); got != want {
				t.Errorf("%s: day %d is %q, CLDR has %q", tag, d, got, want)
			}
		}
	}
}

func itoa(n int) string {
	return strings.TrimLeft(string([]byte{'0' + byte(n/10), '0' + byte(n%10)}), "0")
}

// TestClosedIsNeverCalledFixed reads the English as a resident would, and holds a next step to every reason.
func TestClosedIsNeverCalledFixed(t *testing.T) {
	s := builtinSet(t)
	keys := s.MessageKeys(Source, "case.said.closed.")
	if len(keys) < 10 {
		t.Fatalf("%d reasons", len(keys))
	}
	for _, key := range keys {
		text := strings.ToLower(s.SayKey(Source, key))
		for _, word := range []string{"fixed", "done", "resolved", "repaired", "solved", "complete"} {
			if strings.Contains(text, word) {
				t.Errorf("%s says %q", key, word)
			}
		}
		next := "case.next." + strings.TrimPrefix(key, "case.said.closed.")
		for _, tag := range []string{"en", "ur", "pl"} {
			if !s.Has(tag, key) || !s.Has(tag, next) {
				t.Errorf("%s has no words for %s and %s", tag, key, next)
			}
		}
	}
}

// TestNobodyButAPersonApproves keeps our own files honest, and with -update brings them up to date.
func TestNobodyButAPersonApproves(t *testing.T) {
	s := builtinSet(t)
	for _, tag := range s.Tags() {
		if tag == Source || len(s.langs[tag].messages) == 0 {
			continue
		}
		text, err := s.Stand(tag, "machine", time.Now().UTC().Format(time.DateOnly))
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(tag+"/review.json", text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for key, r := range s.langs[tag].review {
			if r.State == Approved && r.By == "machine" {
				t.Errorf("%s: %s: a machine may not approve", tag, key)
			}
		}
		if !s.Draft(tag) {
			t.Errorf("%s stands as approved; is there a named reader?", tag)
		}
	}
}

func TestStandKeepsWhatWasApproved(t *testing.T) {
	en := "a = \"one\"\nb = \"two\"\nc = \"three\"\n"
	first := load(t, "en/messages.toml", en, "pl/messages.toml", "a = \"jeden\"\nb = \"dwa\"\n")
	hash := first.langs[Source].messages["a"].hash()
	review := `{"a": {"state":"approved","by":"Anna Nowak","at":"2027-01-02","of":"` + hash + `"}}`
	after := load(t, "en/messages.toml", en, "pl/messages.toml", "a = \"jeden\"\nb = \"dwa\"\n", "pl/review.json", review)
	text, err := after.Stand("pl", "machine", "2027-02-03")
	if err != nil {
		t.Fatal(err)
	}
	var stood map[string]Review
	if err := json.Unmarshal(text, &stood); err != nil {
		t.Fatal(err)
	}
	if a, b := stood["a"], stood["b"]; a.State != Approved || a.By != "Anna Nowak" || b.State != Drafted || b.By != "machine" || len(stood) != 2 {
		t.Errorf("stands as %s", text)
	}
	changed := load(t, "en/messages.toml", strings.Replace(en, "one", "1", 1), "pl/messages.toml", "a = \"jeden\"\n", "pl/review.json", string(text))
	text, _ = changed.Stand("pl", "machine", "2027-02-04")
	_ = json.Unmarshal(text, &stood)
	if stood["a"].State != Outdated || stood["a"].By != "Anna Nowak" || changed.SayKey("pl", "a") != "jeden" {
		t.Errorf("the English changed: %s", text)
	}
	if c := changed.Coverage("pl", ""); c != (Coverage{Keys: 3, Outdated: 1, Missing: 2}) || c.Percent() != 33 {
		t.Errorf("coverage %+v, %d %%", c, c.Percent())
	}
}

// TestALanguageIsAFolder is the translators' floor: a language nobody has heard of is offered and said with no Go file changed.
func TestALanguageIsAFolder(t *testing.T) {
	var b strings.Builder
	source := builtinSet(t)
	for _, key := range source.residents() {
		m := source.langs[Source].messages[key]
		for _, f := range m.forms {
			name := key
			if m.plural {
				name += "." + f.name
			}
			value, _ := json.Marshal("Ŵ" + f.text) // a JSON string is a TOML string
			b.WriteString(name + " = " + string(value) + "\n")
		}
	}
	layer := fstest.MapFS{"sw/about.toml": {Data: []byte("name = \"Kiswahili\"\ndir = \"ltr\"\n")}, "sw/messages.toml": {Data: []byte(b.String())},
		"sw/words.toml": {Data: []byte("yes = [\"ndiyo\"]\n[intent]\npothole = [\"shimo barabarani\"]\n")}}
	s, err := Load(Builtin(), layer)
	if err != nil {
		t.Fatal(err)
	}
	if offered, held := s.Offered([]string{"sw"}, true, nil); offered[0] != "sw" {
		t.Fatalf("held back: %v", held)
	}
	if got := s.SayKey("sw", "case.date", phrase.Var{Name: "Date", Date: "2027-04-05"}); !strings.HasPrefix(got, "ŴWe will check it by ŴŴMonday 5 ŴApril") {
		t.Errorf("said %q", got)
	}
	if tag, ok := s.Match("sw-KE"); tag != "sw" || !ok {
		t.Errorf("the channel's hint matches %q", tag)
	}
	if len(s.Texts("sw")) < 100 || strings.Join(s.Keys("sw", "intent."), "") != "intent.pothole" {
		t.Errorf("%d texts, intents %v", len(s.Texts("sw")), s.Keys("sw", "intent."))
	}
	for _, f := range Check([]fs.FS{Builtin(), layer}, CheckOptions{Tags: []string{"sw"}, Strict: true}) {
		if !f.Warning {
			t.Error(f)
		}
	}
}

// TestEveryMessageCanBeSaid says all we ship with the samples of its comment, in every language.
func TestEveryMessageCanBeSaid(t *testing.T) {
	s := builtinSet(t).Telling(func(g Gap) { t.Errorf("a gap: %+v", g) })
	for _, tag := range s.Tags() {
		for _, key := range s.MessageKeys(Source, "") {
			m := s.langs[Source].messages[key]
			vars := []phrase.Var{{Name: "Count", Count: 3}}
			for _, v := range m.vars {
				if v != "Count" {
					vars = append(vars, phrase.Var{Name: v, Text: sample(m.at.comment, v)})
				}
			}
			if text := s.SayKey(tag, key, vars...); strings.TrimSpace(text) == "" || strings.Contains(text, "{{") || strings.Contains(text, "<no value>") {
				t.Errorf("%s: %s is said %q", tag, key, text)
			}
		}
	}
}
