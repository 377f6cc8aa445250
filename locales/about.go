package locales

import (
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
)

// About is what about.toml says of a language.
type About struct {
	Name     string   // in the language itself: "Polski", "اردو / پہاڑی"
	Dir      string   // "ltr" or "rtl"
	Fallback []string // asked in this order for a key the language lacks; English stands behind them all
	Digits   string   // "ascii" (or nothing), or "native": counts inside sentences are written with Numerals
	Numerals string   // the ten digits of the language, 0 to 9
	List     string   // between the items of a list; ", " when not given

	Banned   []string            // never written in this language, such as "please note"
	Closed   []string            // never in the words of a closed case, such as "fixed"
	Glossary map[string][]string // English term → the words that stand for it; one of them is expected
}

// RTL tells a language written from right to left.
func (a About) RTL() bool { return a.Dir == "rtl" }

type aboutFile struct {
	Name, Dir, Digits, Numerals, List *string
	Fallback, Banned, Closed          *[]string
	Glossary                          map[string][]string
}

// over lays a file over what lower layers said: a field it has wins.
func (f aboutFile) over(a About) About {
	text := func(into *string, from *string) {
		if from != nil {
			*into = *from
		}
	}
	list := func(into *[]string, from *[]string) {
		if from != nil {
			*into = *from
		}
	}
	text(&a.Name, f.Name)
	text(&a.Dir, f.Dir)
	text(&a.Digits, f.Digits)
	text(&a.Numerals, f.Numerals)
	text(&a.List, f.List)
	list(&a.Fallback, f.Fallback)
	list(&a.Banned, f.Banned)
	list(&a.Closed, f.Closed)
	if f.Glossary != nil {
		a.Glossary = f.Glossary
	}
	return a
}

func readAbout(file, text string) (aboutFile, Findings) {
	var f aboutFile
	meta, err := toml.Decode(text, &f)
	if err != nil {
		return f, Findings{tomlFinding(file, err)}
	}
	var findings Findings
	places := placesOf(text)
	for _, k := range meta.Undecoded() {
		findings = append(findings, Finding{File: file, Line: placeIn(places, k.String()).line, Key: k.String(),
			Message: "about.toml knows name, dir, fallback, digits, numerals, list, banned, closed and glossary: mend the spelling"})
	}
	return f, findings
}

// mistakes tells what a language's about, all layers together, lacks.
func (a About) mistakes(tag string) []string {
	var wrong []string
	if strings.TrimSpace(a.Name) == "" {
		wrong = append(wrong, `name: the language has none: write it as its speakers do, name = "Polski"`)
	}
	if a.Dir != "ltr" && a.Dir != "rtl" {
		wrong = append(wrong, `dir: write dir = "ltr", or "rtl" for a language written from right to left`)
	}
	if a.Digits != "" && a.Digits != "ascii" && a.Digits != "native" {
		wrong = append(wrong, `digits: write "ascii" or "native"`)
	}
	if n := len([]rune(a.Numerals)); a.Digits == "native" && n != 10 {
		wrong = append(wrong, fmt.Sprintf(`numerals: digits = "native" needs the ten digits from 0 to 9, here are %d`, n))
	}
	for _, f := range a.Fallback {
		if f == tag {
			wrong = append(wrong, "fallback: a language cannot stand behind itself: take it out")
		}
	}
	return wrong
}
