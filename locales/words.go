package locales

import (
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
)

// wordList is one key of words.toml.
type wordList struct {
	list []string
	file string
	line int
}

// wordFile reads one words.toml: tables in tables, and lists of texts at their ends.
func wordFile(file, text string) (map[string]*wordList, Findings) {
	places := placesOf(text)
	var raw map[string]any
	if err := toml.Unmarshal([]byte(text), &raw); err != nil {
		return nil, Findings{tomlFinding(file, err)}
	}
	words := map[string]*wordList{}
	var findings Findings
	bad := func(key, message string) {
		findings = append(findings, Finding{File: file, Line: placeIn(places, key).line, Key: key, Message: message})
	}
	var table func(prefix string, t map[string]any)
	table = func(prefix string, t map[string]any) {
		for _, k := range sortedKeys(t) {
			key := k
			if prefix != "" {
				key = prefix + "." + k
			}
			switch v := t[k].(type) {
			case map[string]any:
				table(key, v)
			case []any:
				w := &wordList{file: file, line: placeIn(places, key).line}
				for _, one := range v {
					word, ok := one.(string)
					if !ok || strings.TrimSpace(word) == "" {
						bad(key, "every entry of a list is a text that says something, in quotes")
						continue
					}
					if c, found := unwanted(word); found {
						bad(key, fmt.Sprintf("an entry holds the invisible sign U+%04X: take it out", c))
						continue
					}
					w.list = append(w.list, word)
				}
				words[key] = w
			default:
				bad(key, `this is no list of texts: write it as ["word", "another"]`)
			}
		}
	}
	table("", raw)
	return words, findings
}
