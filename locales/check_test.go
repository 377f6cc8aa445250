package locales

import (
	"io/fs"
	"strings"
	"testing"
	"unicode/utf8"
)

// parts counts roughly as channels does; the real one is held by its own tests, and by concierge locales check.
func parts(text string) (string, int) {
	n := utf8.RuneCountInString(text)
	for _, r := range text {
		if r > 0x7f {
			if n <= 70 {
				return "UCS-2", 1
			}
			return "UCS-2", (n + 66) / 67
		}
	}
	if n <= 160 {
		return "GSM-7", 1
	}
	return "GSM-7", (n + 152) / 153
}

func options() CheckOptions { return CheckOptions{Fold: strings.ToLower, Segments: parts} }

func TestCheck(t *testing.T) {
	long := strings.Repeat("word ", 14)
	for name, c := range map[string]struct {
		files []string
		want  string // a finding that begins so; "warning " before it when it is one
	}{
		"a message missing": {[]string{"en/messages.toml", "a = \"Hello\"\nb = \"Bye\"\n", "pl/messages.toml", "a = \"Dzień dobry\"\n"},
			`warning pl/messages.toml: b: missing: until it is written the language is held back. English: "Bye"`},
		"a message of nobody": {[]string{"en/messages.toml", "a = \"Hello\"\n", "pl/messages.toml", "a = \"Dzień dobry\"\nb = \"Papa\"\n"},
			"warning pl/messages.toml:2: b: English has no such message"},
		"a space at the end": {[]string{"en/messages.toml", "a = \"Hello \"\n"}, "en/messages.toml:1: a: a space"},
		"a link changed":     {[]string{"en/messages.toml", "a = \"See https://x.example/a here\"\n", "pl/messages.toml", "a = \"Patrz https://x.example/pl tu\"\n"}, "pl/messages.toml:1: a: the link https://x.example/a"},
		"a variable lost":    {[]string{"en/messages.toml", "# Ref \"C7K-4M95\"\na = \"Your number: {{.Ref}}\"\n", "pl/messages.toml", "a = \"Numer\"\n"}, "pl/messages.toml:1: a: {{.Ref}} is missing"},
		"no forms":           {[]string{"en/messages.toml", reports, "pl/messages.toml", "[status]\nlist = \"{{.Count}} a\"\n"}, "pl/messages.toml:2: status.list: English has plural forms here"},
		"a carrier's word":   {[]string{"en/messages.toml", "a = \"Reply STOP to end this\"\n"}, "en/messages.toml:1: a: it asks for the word STOP"},
		"an older English": {[]string{"en/messages.toml", "a = \"Hello\"\n", "pl/messages.toml", "a = \"Cześć\"\n", "pl/review.json", `{"a": {"state":"draft","by":"machine","of":"00"}}`},
			"warning pl/messages.toml:1: a: the English has changed since"},
		"a word nobody knows":        {[]string{"en/messages.toml", "a = \"Write GO AWAY now\"\n", "en/words.toml", "[command]\nmenu = [\"menu\"]\n"}, "en/messages.toml:1: a: it asks for the word GO AWAY, and words.toml has no such command"},
		"a quoted word nobody knows": {[]string{"en/messages.toml", "a = \"Write MENU now\"\n", "en/words.toml", "[command]\nmenu = [\"menu\"]\n", "ur/messages.toml", "a = \"ابھی 'فہرست' لکھیں\"\n"}, "ur/messages.toml:1: a: it asks for the word فہرست"},
		"the English left":           {[]string{"en/messages.toml", "a = \"Hello to you\"\n", "pl/messages.toml", "a = \"Hello to you\"\n"}, "warning pl/messages.toml:1: a: this is the English"},
		"Latin letters":              {[]string{"en/messages.toml", "a = \"Hello to you\"\n", "ur/messages.toml", "a = \"Assalam o alaikum\"\n"}, "warning ur/messages.toml:1: a: all its letters are Latin"},
		"other digits":               {[]string{"en/messages.toml", "a = \"Reply 1 now\"\n", "ur/messages.toml", "a = \"جواب ۱ دیں\"\n"}, "ur/messages.toml:1: a: digits are written 0 to 9"},
		"begins with a value":        {[]string{"en/messages.toml", "# Ref \"C7K-4M95\"\na = \"{{.Ref}} is yours\"\n", "ur/messages.toml", "a = \"{{.Ref}} آپ کا ہے\"\n"}, "ur/messages.toml:1: a: begin with a word of the language, not with a variable"},
		"begins in English":          {[]string{"en/messages.toml", "a = \"Write MENU now\"\n", "ur/messages.toml", "a = \"MENU لکھیں\"\n"}, "ur/messages.toml:1: a: begin with a word of the language: phones"},
		"over three parts":           {[]string{"en/messages.toml", "a = \"" + strings.Repeat("word. ", 80) + "end\"\n"}, "en/messages.toml:1: a: 4 parts as SMS (GSM-7)"},
		"over two parts":             {[]string{"en/messages.toml", "a = \"" + strings.Repeat("word. ", 60) + "end\"\n"}, "warning en/messages.toml:1: a: 3 parts as SMS (GSM-7)"},
		"parts by the samples":       {[]string{"en/messages.toml", "# Text \"" + strings.Repeat("word ", 100) + "\".\na = \"So: {{.Text}}\"\n"}, "en/messages.toml:2: a: 4 parts as SMS"},
		"over its limit":             {[]string{"en/messages.toml", "# Button. Limit 5.\na = \"Hello\"\n", "pl/messages.toml", "a = \"Dzień dobry\"\n"}, "pl/messages.toml:1: a: 11 letters, and its place holds 5"},
		"a long label":               {[]string{"en/messages.toml", "a = \"Path\"\n", "pl/messages.toml", "a = \"Ścieżka albo chodnik w parku\"\n"}, "warning pl/messages.toml:1: a: 28 letters: WhatsApp"},
		"no sample":                  {[]string{"en/messages.toml", "# After sending.\na = \"Your number: {{.Ref}}\"\n"}, "warning en/messages.toml:2: a: the comment has no sample for {{.Ref}}"},
		"a long sentence":            {[]string{"en/messages.toml", "a = \"Hi. " + long + "and two more.\"\n"}, "warning en/messages.toml:1: a: a sentence of 17 words"},
		"a banned word":              {[]string{"en/about.toml", english + "banned = [\"please note\"]\n", "en/messages.toml", "a = \"Please note this\"\n"}, `warning en/messages.toml:1: a: "please note" is never written`},
		"closed called fixed":        {[]string{"en/about.toml", english + "closed = [\"fixed\"]\n", "en/messages.toml", "[case.said.closed]\nplain = \"It is fixed\"\n"}, "en/messages.toml:2: case.said.closed.plain: closed is not fixed"},
		"a council's term": {[]string{"en/messages.toml", "a = \"The pavement here\"\n", "pl/about.toml", polish + "[glossary]\npavement = [\"chodnik\"]\n", "pl/messages.toml", "a = \"Droga tutaj\"\n"},
			"warning pl/messages.toml:1: a: the glossary has chodnik"},
		"two choices alike": {[]string{"en/messages.toml", "[p.size]\nask = \"How big?\"\nsmall = \"Little\"\nlarge = \"little\"\n"}, `en/messages.toml:3: p.size.small: "Little" also means p.size.large`},
		"a synonym alike": {[]string{"en/messages.toml", "[p.size]\nask = \"How big?\"\nsmall = \"Small\"\nlarge = \"Large\"\n", "en/words.toml", "[choice.p.size]\nsmall = [\"tiny\", \"large\"]\n"},
			`en/words.toml:2: choice.p.size.small: "large" also means p.size.large`},
		"a choice like a command": {[]string{"en/messages.toml", "[p.size]\nask = \"How big?\"\nother_one = \"Back\"\n", "en/words.toml", "[command]\nback = [\"back\"]\n"},
			`en/messages.toml:3: p.size.other_one: "Back" also means command.back`},
		"a command like yes": {[]string{"en/messages.toml", "a = \"x\"\n", "en/words.toml", "yes = [\"ok\"]\n[command]\nsend = [\"OK\"]\n"}, `en/words.toml:`},
		"a number as a word": {[]string{"en/messages.toml", "a = \"x\"\n", "en/words.toml", "yes = [\"1\"]\n"}, `en/words.toml:1: yes: "1" is a number`},
		"strict and unread":  {[]string{"en/messages.toml", "[stop]\ngas = \"Leave the house now, please.\"\n", "pl/messages.toml", "[stop]\ngas = \"Wyjdź z domu.\"\n"}, "warning pl/review.json: no reader has approved these"},
		"a file of nobody":   {[]string{"en/messages.toml", "a = \"x\"\n", "en/active.toml", "a = \"x\"\n"}, "warning en/active.toml: nobody reads this file"},
	} {
		var told []string
		for _, f := range Check([]fs.FS{files(t, c.files...)}, options()) {
			line := f.String()
			if f.Warning {
				line = "warning " + line
			}
			if strings.HasPrefix(line, c.want) {
				told = nil
				break
			}
			told = append(told, line)
		}
		if told != nil {
			t.Errorf("%s: no %q among\n%s", name, c.want, strings.Join(told, "\n"))
		}
	}
}

func TestACleanLanguageIsFoundClean(t *testing.T) {
	en := "# Ref \"C7K-4M95\"\na = \"Your number is {{.Ref}}.\"\n[p.size]\nask = \"How big?\"\nlarge = \"Larger than a plate\"\n"
	layers := []fs.FS{files(t, "en/messages.toml", en+reports[strings.Index(reports, "[status"):], "en/words.toml", "yes = [\"yes\"]\n[command]\nmenu = [\"menu\", \"0\"]\n",
		"ur/messages.toml", "a = \"آپ کا نمبر {{.Ref}} ہے۔\"\n[p.size]\nask = \"کتنا بڑا؟\"\nlarge = \"پلیٹ سے بڑا\"\n[status.list]\none = \"آپ کی {{.Count}} رپورٹ ہے۔\"\nother = \"آپ کی {{.Count}} رپورٹیں ہیں۔\"\n")}
	o := options()
	o.Strict, o.Need = true, []string{"a", "p.size.ask"}
	if found := Check(layers, o); len(found) > 0 {
		t.Errorf("found\n%s", Findings(found).Error())
	}
	o.Need = []string{"nowhere.ask"}
	if found := Check(layers, o); len(found) != 1 || found[0].Warning || found[0].Key != "nowhere.ask" {
		t.Errorf("a key the trees need and English lacks: %v", found)
	}
	o.Need, o.Tags = nil, []string{"pl"}
	if found := Check(append(layers, files(t, "pl/messages.toml", "a = \"Numer {{.Ref}} \"\n")), o); len(found) < 3 || found[0].Warning {
		t.Errorf("strict, Polish alone: %v", found)
	}
}

// TestWhatWeShip holds our own files, with a plain fold; concierge locales check holds them with the real one.
func TestWhatWeShip(t *testing.T) {
	o := options()
	o.Strict = true // a language with messages of its own is shipped as complete
	for _, f := range Check([]fs.FS{Builtin()}, o) {
		if f.Warning {
			t.Log("warning: " + f.String())
		} else {
			t.Error(f.String())
		}
	}
}

func FuzzMessages(f *testing.F) {
	f.Add(reports)
	f.Add("[a]\none = \"x\"\nother = '''\n{{.Y}}'''\n")
	f.Add("a = {one = \"x\", other = \"{{\"} # c\n\"b.c\" = [\"\"\"]\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Load(files(t, "en/messages.toml", text))
		if err != nil {
			return
		}
		for _, key := range s.MessageKeys("en", "") {
			if got := s.SayKey("en", key); strings.Contains(got, "<no value>") || got == "" && s.langs["en"].messages[key].first() != "" {
				t.Errorf("%s of %q is said %q", key, text, got)
			}
		}
	})
}
