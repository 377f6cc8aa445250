package locales

import (
	"strings"

	"golang.org/x/text/language"
)

// alias gives the tag we load a language under when others know it by one that has no plural rule or means the same speech.
func alias(base string) string {
	switch base {
	case "prs":
		return "fa"
	case "kmr":
		return "ku"
	case "pnb":
		return "pa-Arab"
	case "syl":
		return "bn"
	case "qps":
		return "en-XA"
	}
	return ""
}

// denied are pairs the matcher calls close that are two languages: it would serve Arabic to a reader of Sorani Kurdish.
func denied(wanted, got language.Tag) bool {
	w, _ := wanted.Base()
	g, _ := got.Base()
	return w.String() == "ckb" && g.String() == "ar"
}

type matcher struct {
	language.Matcher
	tags []string // as the matcher numbers them
}

func newMatcher(tags []string) matcher {
	parsed := make([]language.Tag, len(tags))
	for i, t := range tags {
		parsed[i] = language.Make(t)
	}
	return matcher{language.NewMatcher(parsed), tags}
}

// maxHint bounds a channel's language hint: BCP 47 asks for 35 letters, a stranger may send more.
const maxHint = 35

// Match finds the loaded language a channel's hint means ("pl", "ur_PK", "en-GB"). Only a sure match counts: no Ukrainian for ru.
func (s *Set) Match(hint string) (string, bool) {
	hint = strings.ReplaceAll(strings.TrimSpace(hint), "_", "-")
	if hint == "" || len(hint) > maxHint {
		return "", false
	}
	if s.langs[hint] != nil {
		return hint, true
	}
	base, rest, _ := strings.Cut(hint, "-")
	if a := alias(strings.ToLower(base)); a != "" && s.langs[a] != nil && (rest == "" || s.langs[base] == nil) {
		return a, true
	}
	wanted, err := language.Parse(hint)
	if err != nil || wanted == language.Und {
		return "", false
	}
	_, i, sure := s.match.Match(wanted)
	if sure < language.High || denied(wanted, language.Make(s.match.tags[i])) {
		return "", false
	}
	return s.match.tags[i], true
}
