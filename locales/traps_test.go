package locales

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

// The traps of go-i18n 2.7.0. Where a rule of ours leans on its behaviour, the behaviour is tested too: a newer version may change it.

// refusals are files that go-i18n would take, or fail on much later.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct{ files, want []string }{
		"a reserved name": {[]string{"en/messages.toml", "[park]\nid = \"x\"\n"}, []string{`en/messages.toml:2: park.id: "id" means something else`}},
		"a reserved name in capitals": {[]string{"en/messages.toml", "[park.problem]\nask = \"What?\"\nOther = \"Something else\"\n"},
			[]string{`en/messages.toml:3: park.problem.Other: "Other" means something else`}},
		"forms beside other keys": {[]string{"en/messages.toml", "[park.problem]\nask = \"What?\"\nother = \"Something else\"\n"},
			[]string{"en/messages.toml:1: park.problem: plural forms (other) stand beside other keys (ask)"}},
		"a word go-i18n keeps for its first version": {[]string{"en/messages.toml", "[a]\ntranslation = \"x\"\n"}, []string{"a.translation: "}},
		"other brackets":     {[]string{"en/messages.toml", "[a]\nleftDelim = \"<<\"\nother = \"<<.X>>\"\n"}, []string{"a.leftDelim: "}},
		"a repeated key":     {[]string{"en/messages.toml", "a = \"x\"\nb = \"y\"\na = \"z\"\n"}, []string{"en/messages.toml:3: a: this is not TOML"}},
		"a key with a dot":   {[]string{"en/messages.toml", "\"a.b\" = \"x\"\n[a]\nb = \"y\"\n"}, []string{"a part of a key is letters"}},
		"an empty text":      {[]string{"en/messages.toml", "a = \"\"\n"}, []string{"en/messages.toml:1: a: the text is empty"}},
		"a number":           {[]string{"en/messages.toml", "a = 3\n"}, []string{"en/messages.toml:1: a: this is no text"}},
		"a function":         {[]string{"en/messages.toml", "a = \"{{printf \\\"%1000000d\\\" 1}}\"\n"}, []string{"en/messages.toml:1: a: {{printf"}},
		"a pipe":             {[]string{"en/messages.toml", "a = \"{{.Ref | html}}\"\n"}, []string{"is more than a variable"}},
		"a field of a field": {[]string{"en/messages.toml", "a = \"{{.Ref.Name}}\"\n"}, []string{"is more than a variable"}},
		"an open bracket":    {[]string{"en/messages.toml", "a = \"{{.Ref\"\n"}, []string{"{{ without }}"}},
		"a closed bracket":   {[]string{"en/messages.toml", "a = \"Ref}} here\"\n"}, []string{"}} without {{"}},
		"a variable English does not give": {[]string{"en/messages.toml", "a = \"x {{.Ref}}\"\n", "pl/messages.toml", "a = \"x {{.Numer}}\"\n"},
			[]string{"pl/messages.toml:1: a: {{.Numer}} is not given to this message: it has {{.Ref}}"}},
		"a form too few": {[]string{"en/messages.toml", reports, "pl/messages.toml", "[status.list]\none = \"{{.Count}} a\"\nother = \"{{.Count}} b\"\n"},
			[]string{"pl/messages.toml:1: status.list: pl has the plural forms one, few, many, other: add few. add many."}},
		"a form too many":            {[]string{"en/messages.toml", "[a]\none = \"x\"\nfew = \"y\"\nother = \"z\"\n"}, []string{"take out few."}},
		"a sign that turns the text": {[]string{"en/messages.toml", "a = \"x\u202ey\"\n"}, []string{"invisible sign U+202E"}},
		"a NUL":                      {[]string{"en/messages.toml", "a = \"x\\u0000y\"\n"}, []string{"invisible sign U+0000"}},
		"a language without plurals": {[]string{"en/messages.toml", "a = \"x\"\n", "kmr/messages.toml", "a = \"y\"\n"}, []string{"kmr: the plurals of kmr are not known: name the folder ku"}},
		"Western Punjabi":            {[]string{"en/messages.toml", "a = \"x\"\n", "pnb/messages.toml", "a = \"y\"\n"}, []string{"name the folder pa-Arab"}},
		"a tag in other letters":     {[]string{"en/messages.toml", "a = \"x\"\n", "PL/messages.toml", "a = \"y\"\n"}, []string{"PL: write the tag as pl"}},
		"no tag":                     {[]string{"en/messages.toml", "a = \"x\"\n", "polish_words/messages.toml", "a = \"y\"\n"}, []string{"named by no language tag"}},
		"no name":                    {[]string{"en/messages.toml", "a = \"x\"\n", "pl/about.toml", "dir = \"ltr\"\n"}, []string{"pl/about.toml: name: the language has none"}},
		"no English":                 {[]string{"pl/messages.toml", "a = \"x\"\n"}, []string{"the source language is not there"}},
		"approved by nobody":         {[]string{"en/messages.toml", "a = \"x\"\n", "pl/review.json", `{"a": {"state": "approved"}}`}, []string{"pl/review.json: a: approved by nobody"}},
		"a state unknown":            {[]string{"en/messages.toml", "a = \"x\"\n", "pl/review.json", `{"a": {"state": "fine"}}`}, []string{`the state is "fine"`}},
		"words that are no list":     {[]string{"en/messages.toml", "a = \"x\"\n", "en/words.toml", "yes = \"yes\"\n"}, []string{"en/words.toml:1: yes: this is no list"}},
		"several at once": {[]string{"en/messages.toml", "a = \"\"\nb = \"{{x}}\"\n", "pl/words.toml", "no = [3]\n"},
			[]string{"en/messages.toml:1: a: ", "en/messages.toml:2: b: ", "pl/words.toml:1: no: "}},
	} {
		_, err := Load(files(t, c.files...))
		if err == nil {
			t.Errorf("%s: it loads", name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: told\n%s\nwithout %q", name, err, want)
			}
		}
	}
}

// A bad layer never spoils a good one: Load gives no Set.
func TestLaterLayersWinKeyByKey(t *testing.T) {
	low := files(t, "en/messages.toml", "a = \"low a\"\nb = \"low b\"\n", "en/words.toml", "yes = [\"yes\", \"y\"]\nno = [\"no\"]\n")
	high := fstest.MapFS{"en/messages.toml": {Data: []byte("a = \"high a\"\n")}, "en/words.toml": {Data: []byte("yes = [\"yep\"]\n")}}
	s, err := Load(low, high, fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.SayKey("en", "a") + ", " + s.SayKey("en", "b"); got != "high a, low b" {
		t.Errorf("said %q", got)
	}
	if got := strings.Join(s.Words("en", "yes"), " ") + strings.Join(s.Words("en", "no"), " "); got != "yepno" {
		t.Errorf("words %q", got)
	}
	if bad, err := Load(low, fstest.MapFS{"en/messages.toml": {Data: []byte("a = \"{{if}}\"\n")}}); err == nil || bad != nil {
		t.Error("a bad layer made a Set")
	}
}

func TestOnlyTheFourFilesAreRead(t *testing.T) {
	layer := files(t, "en/messages.toml", "a = \"x\"\n", "pl/active.toml", "a = \"active\"\n", "pl/translate.pl.toml", "a = \"half done\"\n")
	s, err := Load(layer)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.SayKey("pl", "a"); got != "x" {
		t.Errorf("a file nobody wrote for us is said: %q", got)
	}
	m, err := i18n.ParseMessageFileBytes([]byte(`a = "x"`), "pl/active.toml", map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal})
	if err != nil || m.Tag != language.Und && m.Tag.String() == "pl" {
		t.Errorf("go-i18n reads the tag of pl/active.toml as %v, %v: it has learned folders, and our reader may be simpler", m.Tag, err)
	}
}

func TestAFileFromWindowsReadsTheSame(t *testing.T) {
	s := load(t, "en/messages.toml", "\ufeffa = \"\"\"one\r\ntwo\"\"\"\r\nb = \"x\"\r\n")
	if got := s.SayKey("en", "a"); got != "one\ntwo" {
		t.Errorf("said %q", got)
	}
}

func TestFormsOfLanguages(t *testing.T) {
	for tag, want := range map[string]string{
		"en": "one other", "ur": "one other", "ur-Latn": "one other", "so": "one other", "ps": "one other", "ku": "one other",
		"pa": "one other", "pa-Arab": "one other", "bn": "one other", "fa": "one other", "gu": "one other", "zh-Hans": "other",
		"ar": "zero one two few many other", "cy": "zero one two few many other", "pl": "one few many other", "ro": "one few other",
		"en-XA": "one other",
	} {
		forms, err := pluralForms(language.MustParse(tag))
		if got := strings.Join(forms, " "); got != want || err != nil {
			t.Errorf("%s has the forms %q, %v; want %q", tag, got, err, want)
		}
	}
	for _, tag := range []string{"pnb", "kmr", "syl", "rom", "qps"} {
		if forms, err := pluralForms(language.Make(tag)); err == nil && language.Make(tag).String() == tag {
			t.Errorf("%s has plural forms now (%v): its alias may go", tag, forms)
		}
	}
}

// What our parser stands in for: go-i18n's own says "<no value>", and its option is heeded only the first time.
func TestWhatTheLibrarysOwnParserWouldSay(t *testing.T) {
	b := i18n.NewBundle(language.English)
	b.MustAddMessages(language.English, &i18n.Message{ID: "a", Other: "Hello {{.Name}}"}, &i18n.Message{ID: "b", One: "one", Other: "{{.Count}} {{.PluralCount}}"})
	l := i18n.NewLocalizer(b, "en")
	if got, _ := l.Localize(&i18n.LocalizeConfig{MessageID: "a", TemplateData: map[string]string(nil)}); got != "Hello " && got != "Hello <no value>" {
		t.Errorf("it says %q", got)
	}
	strict := &template.TextParser{Option: "missingkey=error"}
	if got, err := l.Localize(&i18n.LocalizeConfig{MessageID: "a", TemplateData: map[string]any{}, TemplateParser: strict}); err != nil || got != "Hello <no value>" {
		t.Errorf("a second parser is heeded now: %q, %v", got, err)
	}
	if got, _ := l.Localize(&i18n.LocalizeConfig{MessageID: "b", PluralCount: 3, TemplateData: map[string]any{"Count": 3}}); got != "3 <no value>" {
		t.Errorf("the count reaches a template that has data: %q", got)
	}
	if _, err := (pieces{{"Hello ", "Name"}, {"", ""}}).Execute(map[string]string{}); err == nil {
		t.Error("our parser lets a missing variable pass")
	}
	if _, err := (parser{}).Parse("<<.Name>>", "<<", ">>"); err == nil {
		t.Error("our parser takes other brackets")
	}
}

func TestMatchIsSureOrNothing(t *testing.T) {
	a := "a = \"x\"\n"
	s := load(t, "en/messages.toml", a, "ur/messages.toml", a, "ur-Latn/messages.toml", a, "pa/messages.toml", a, "pa-Arab/messages.toml", a,
		"ar/messages.toml", a, "uk/messages.toml", a, "fa/messages.toml", a, "ku/messages.toml", a, "zh-Hans/messages.toml", a, "ro/messages.toml", a,
		"pl/messages.toml", a)
	for hint, want := range map[string]string{
		"pl": "pl", "PL": "pl", "pl_PL": "pl", "pl-PL": "pl", "en-GB": "en", "en-US": "en", "ur": "ur", "ur-PK": "ur", "ur-Latn": "ur-Latn",
		"zh-hans": "zh-Hans", "zh-CN": "zh-Hans", "ro-MD": "ro", "mo": "ro", "fa-AF": "fa",
		"prs": "fa", "kmr": "ku", "pnb": "pa-Arab", "pa-PK": "pa-Arab", "pa-IN": "pa",
		"ckb": "", "ru": "", "de": "", "": "", "x": "", "zz-zz-zz": "", "und": "", strings.Repeat("en-", 2000): "", "\x00": "", "en;q=1,pl": "",
	} {
		if got, ok := s.Match(hint); got != want || ok != (want != "") {
			t.Errorf("%q matches %q, want %q", clip(hint), got, want)
		}
	}
}

func TestOffered(t *testing.T) {
	s := load(t, "en/messages.toml", "a = \"x\"\nb = \"y\"\n[desk]\nc = \"z\"\n", "pl/messages.toml", "a = \"ax\"\nb = \"by\"\n", "ur/messages.toml", "a = \"الف\"\n",
		"ro/messages.toml", "a = \"x\"\nb = \"y\"\n", "ro/review.json", `{"a": {"state":"not_needed"}, "b": {"state":"not_needed"}}`)
	offered, held := s.Offered([]string{"pl", "ur", "cy", "ro", "pl"}, true, nil)
	if got := strings.Join(offered, " "); got != "pl ro en" {
		t.Errorf("offered %q", got)
	}
	if held["ur"] != "1 message is missing: b" || held["cy"] != "no such language is loaded" || len(held) != 2 {
		t.Errorf("held %v", held)
	}
	if offered, _ = s.Offered([]string{"en", "ur"}, true, []string{"a", "nowhere"}); strings.Join(offered, " ") != "en ur" {
		t.Errorf("offered %v: ur has all that is needed", offered)
	}
	if offered, held = s.Offered([]string{"en", "pl", "ro"}, false, nil); strings.Join(offered, " ") != "en ro" || !strings.Contains(held["pl"], "draft") {
		t.Errorf("offered %v, held %v", offered, held)
	}
}
