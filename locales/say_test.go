package locales

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"concierge/internal/phrase"
)

const (
	english = "name = \"English\"\ndir = \"ltr\"\n"
	polish  = "name = \"Polski\"\ndir = \"ltr\"\n"
	urdu    = "name = \"اردو\"\ndir = \"rtl\"\n"
)

// files makes a layer of name, text, name, text, …; every language gets an about.toml unless the test gives one.
func files(t *testing.T, pairs ...string) fstest.MapFS {
	t.Helper()
	layer := fstest.MapFS{}
	abouts := map[string]string{"en": english, "pl": polish, "ur": urdu}
	for i := 0; i < len(pairs); i += 2 {
		layer[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
		tag, _, _ := strings.Cut(pairs[i], "/")
		if _, ok := layer[tag+"/about.toml"]; !ok {
			about := abouts[tag]
			if about == "" {
				about = "name = \"" + tag + "\"\ndir = \"ltr\"\n"
			}
			layer[tag+"/about.toml"] = &fstest.MapFile{Data: []byte(about)}
		}
	}
	return layer
}

func load(t *testing.T, pairs ...string) *Set {
	t.Helper()
	s, err := Load(files(t, pairs...))
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return s
}

const reports = `
plain = "Hello"
told = "Your number is {{.Ref}}. We will check it by {{.Due}}."
about = "{{.What}} in {{.Where}}"
[tree]
leaf = "a leaf"
[status.list]
one = "You have {{.Count}} report."
other = "You have {{.Count}} reports."
`

func TestSay(t *testing.T) {
	s := load(t, "en/messages.toml", reports+dates, "pl/messages.toml", `
plain = "Dzień dobry"
[status.list]
one = "Masz {{.Count}} zgłoszenie."
few = "Masz {{.Count}} zgłoszenia."
many = "Masz {{.Count}} zgłoszeń."
other = "Masz {{.Count}} zgłoszenia."
`)
	for name, c := range map[string]struct {
		tag  string
		line phrase.Line
		want string
	}{
		"a resident's own words":         {"pl", phrase.Line{Text: "{{.Ref}} big tesco"}, "{{.Ref}} big tesco"},
		"their language":                 {"pl", phrase.Say("plain"), "Dzień dobry"},
		"English for what it lacks":      {"pl", phrase.Say("tree.leaf"), "a leaf"},
		"English for a language unknown": {"xx", phrase.Say("plain"), "Hello"},
		"one":                            {"pl", phrase.Say("status.list", phrase.Var{Name: "Count", Count: 1}), "Masz 1 zgłoszenie."},
		"few":                            {"pl", phrase.Say("status.list", phrase.Var{Name: "Count", Count: 3}), "Masz 3 zgłoszenia."},
		"many":                           {"pl", phrase.Say("status.list", phrase.Var{Name: "Count", Count: 12}), "Masz 12 zgłoszeń."},
		"none":                           {"pl", phrase.Say("status.list", phrase.Var{Name: "Count"}), "Masz 0 zgłoszeń."},
		"a date": {"en", phrase.Say("told", phrase.Var{Name: "Ref", Text: "C7K-4M95"}, phrase.Var{Name: "Due", Date: "2027-04-05"}),
			"Your number is C7K-4M95. We will check it by Monday 5 April."},
		"a phrase inside, in the sentence's language": {"en", phrase.Say("about", phrase.Var{Name: "What", Key: "tree.leaf"},
			phrase.Var{Name: "Where", Lines: []phrase.Line{{Text: "here"}, {Key: "plain"}}}), "a leaf in here, Hello"},
		"words that look like a template are inert": {"en", phrase.Say("about", phrase.Var{Name: "What", Text: "{{.Where}}"},
			phrase.Var{Name: "Where", Text: `{{printf "%1000000d" 1}}`}), `{{.Where}} in {{printf "%1000000d" 1}}`},
	} {
		if got := s.Say(c.tag, c.line); got != c.want {
			t.Errorf("%s: said %q, want %q", name, got, c.want)
		}
	}
	if n := s.Gaps(); n != 0 {
		t.Errorf("%d gaps counted where there were none", n)
	}
}

func TestWhatIsMissingIsSaidSafelyAndTold(t *testing.T) {
	var heard []Gap
	s := load(t, "en/messages.toml", reports).Telling(func(g Gap) { heard = append(heard, g) })
	for _, c := range []struct {
		line phrase.Line
		want string
		gap  Gap
	}{
		{phrase.Say("told", phrase.Var{Name: "Ref", Text: "C7K-4M95"}), "Your number is C7K-4M95. We will check it by ....",
			Gap{Tag: "en", Key: "told", Var: "Due", Why: "a variable is missing"}},
		{phrase.Say("park_path.problem.fallen_tree"), "fallen tree", Gap{Tag: "en", Key: "park_path.problem.fallen_tree", Why: "no such key"}},
		{phrase.Say("status.list"), "You have ... reports.", Gap{Tag: "en", Key: "status.list", Var: "Count", Why: "a variable is missing"}},
		{phrase.Say("about", phrase.Var{Name: "What", Text: "x"}, phrase.Var{Name: "Where", Date: "soon"}), "x in soon",
			Gap{Tag: "en", Var: "Where", Why: "not a date"}},
	} {
		heard = nil
		if got := s.Say("en", c.line); got != c.want {
			t.Errorf("%v: said %q, want %q", c.line, got, c.want)
		}
		if len(heard) == 0 || heard[0] != c.gap {
			t.Errorf("%v: the hook heard %v, want %v", c.line, heard, c.gap)
		}
	}
	if s.Gaps() < 4 {
		t.Errorf("%d gaps counted", s.Gaps())
	}
}

func TestARightToLeftSentenceKeepsItsValuesWhole(t *testing.T) {
	s := load(t, "en/messages.toml", reports, "ur/messages.toml", "about = \"مسئلہ {{.What}} جگہ {{.Where}}\"\nplain = \"سلام\"\n")
	for name, c := range map[string]struct{ value, want string }{
		"a reference":         {"C7K-4M95", "\u2068C7K-4M95\u2069"},
		"a street":            {"14 Stratford Road", "\u206814 Stratford Road\u2069"},
		"a phone":             {"0121 496 0100", "\u20680121 496 0100\u2069"},
		"a bare number":       {"14", "14"},
		"their own words":     {"سڑک", "سڑک"},
		"a link stands alone": {"https://x.example/t/1", "https://x.example/t/1"},
		"a stranger's turn of direction is taken out": {"abc\u202edef", "\u2068abcdef\u2069"},
	} {
		got := s.SayKey("ur", "about", phrase.Var{Name: "What", Text: c.value}, phrase.Var{Name: "Where", Key: "plain"})
		if want := "مسئلہ " + c.want + " جگہ سلام"; got != want {
			t.Errorf("%s: said %+q, want %+q", name, got, want)
		}
	}
	if got := s.SayKey("en", "about", phrase.Var{Name: "What", Text: "سڑک"}, phrase.Var{Name: "Where", Text: "C7K-4M95"}); got != "سڑک in C7K-4M95" {
		t.Errorf("an English sentence was given isolates: %+q", got)
	}
}

const dates = `
[date]
long = "{{.Weekday}} {{.Day}} {{.Month}}"
[date.day]
d1 = "Monday"
d7 = "Sunday"
[date.month]
m4 = "April"
m12 = "December"
`

func TestDate(t *testing.T) {
	s := load(t, "en/messages.toml", dates)
	for day, want := range map[string]string{"2027-04-05": "Monday 5 April", "2027-12-12": "Sunday 12 December"} {
		d, _ := time.Parse(time.DateOnly, day)
		if got := s.Date("en", d); got != want {
			t.Errorf("%s is said %q, want %q", day, got, want)
		}
	}
}

func TestFallbackIsAChain(t *testing.T) {
	s := load(t, "en/messages.toml", "a = \"a en\"\nb = \"b en\"\nc = \"c en\"\n",
		"ur/messages.toml", "a = \"الف\"\nb = \"ب\"\n",
		"pa-Arab/about.toml", "name = \"پنجابی\"\ndir = \"rtl\"\nfallback = [\"ur\"]\n", "pa-Arab/messages.toml", "a = \"پ\"\n")
	for key, want := range map[string]string{"a": "پ", "b": "ب", "c": "c en"} {
		if got := s.SayKey("pa-Arab", key); got != want {
			t.Errorf("%s is said %q, want %q", key, got, want)
		}
	}
	for key, want := range map[string]string{"a": "pa-Arab", "b": "ur", "c": "en"} {
		if got, ok := s.Used("pa-Arab", key); got != want || !ok {
			t.Errorf("%s is said in %q, want %q", key, got, want)
		}
	}
	if s.Has("pa-Arab", "b") || !s.Has("pa-Arab", "a") {
		t.Error("Has counts what another language says")
	}
}

func TestAStrictDraftIsFollowedByTheEnglish(t *testing.T) {
	en := "[safety]\ngas = \"Leave the house. Call {{.Phone}} now.\"\nwait = \"Wait there until someone comes.\"\nlabel = \"Gas\"\n"
	pl := "[safety]\ngas = \"Wyjdź z domu. Zadzwoń: {{.Phone}}.\"\nwait = \"Poczekaj tam, aż ktoś przyjdzie.\"\nlabel = \"Gaz domowy\"\n"
	phone := phrase.Var{Name: "Phone", Text: "0800 111 999"}
	s := load(t, "en/messages.toml", en, "pl/messages.toml", pl)
	if got, want := s.SayKey("pl", "safety.gas", phone), "Wyjdź z domu. Zadzwoń: 0800 111 999.\nLeave the house. Call 0800 111 999 now."; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
	if got, want := s.SayKey("pl", "safety.wait"), "Poczekaj tam, aż ktoś przyjdzie.\nWait there until someone comes."; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
	if got := s.SayKey("pl", "safety.label"); got != "Gaz domowy" {
		t.Errorf("a label was said twice: %q", got)
	}
	if got := s.Text("pl", "safety.wait"); got != "Poczekaj tam, aż ktoś przyjdzie." {
		t.Errorf("matching reads %q", got)
	}
	approved := `{"safety.gas": {"state":"approved","by":"Anna Nowak","of":"` + s.langs["en"].messages["safety.gas"].hash() + `"},
"safety.wait": {"state":"approved","by":"Anna Nowak","of":"0000"}}`
	s = load(t, "en/messages.toml", en, "pl/messages.toml", pl, "pl/review.json", approved)
	if got := s.SayKey("pl", "safety.gas", phone); strings.Contains(got, "Leave") {
		t.Errorf("an approved message is still followed by the English: %q", got)
	}
	if got := s.SayKey("pl", "safety.wait"); !strings.Contains(got, "Wait there") || s.State("pl", "safety.wait") != Outdated {
		t.Errorf("the English changed, and only the old translation is said: %q, %s", got, s.State("pl", "safety.wait"))
	}
}

func TestNativeDigits(t *testing.T) {
	s := load(t, "en/messages.toml", reports, "ur/about.toml", urdu+"digits = \"native\"\nnumerals = \"۰۱۲۳۴۵۶۷۸۹\"\n",
		"ur/messages.toml", "told = \"نمبر {{.Ref}} تک {{.Due}}\"\n[status.list]\none = \"آپ کی {{.Count}} رپورٹ\"\nother = \"آپ کی {{.Count}} رپورٹیں\"\n")
	if got := s.SayKey("ur", "status.list", phrase.Var{Name: "Count", Count: 12}); got != "آپ کی ۱۲ رپورٹیں" {
		t.Errorf("said %q", got)
	}
	if got := s.SayKey("ur", "told", phrase.Var{Name: "Ref", Text: "12"}, phrase.Var{Name: "Due", Text: "3"}); got != "نمبر 12 تک 3" {
		t.Errorf("what is typed back was written in other digits: %q", got)
	}
}
