package locales

import (
	"regexp"
	"strings"
)

// Words to be typed stand in capitals, and in single quotes where a script has none.
var (
	capitals = regexp.MustCompile(`\p{Lu}{2,}(?: \p{Lu}{2,})*`)
	quoted   = regexp.MustCompile(`'([^']+)'`)
)

// carriers are the words the carrier or the provider acts upon itself when they are the whole of a message (Twilio, "Advanced
// Opt-Out"). Our own stop and start messages may name them.
var carriers = regexp.MustCompile(`\b(STOP|STOPALL|UNSUBSCRIBE|CANCEL|END|QUIT|REVOKE|OPTOUT|START|YES|UNSTOP|HELP|INFO)\b`)

// typed holds the words a message asks for: none the carrier takes for itself, and each one we would understand.
func (c *checker) typed(m *message, text string) {
	if strings.HasPrefix(m.key, "carrier.") || onPage(m.key) {
		return
	}
	if word := carriers.FindString(text); word != "" {
		c.err(m, "it asks for the word %s, and the carrier takes that for itself: ask for another word, or a number", word)
	}
	if c.o.Fold == nil || len(c.source.words) == 0 {
		return
	}
	for _, word := range asked(text) {
		if !c.understood(word) {
			c.err(m, "it asks for the word %s, and words.toml has no such command: add it there, or ask for one it has", word)
		}
	}
}

func asked(text string) []string {
	bare := withoutVars(urls.ReplaceAllString(text, ""))
	words := capitals.FindAllString(bare, -1)
	for _, q := range quoted.FindAllStringSubmatch(bare, -1) {
		if !strings.ContainsFunc(q[1], func(r rune) bool { return r < 0x80 && r != ' ' }) {
			words = append(words, q[1])
		}
	}
	return words
}

// understood: in this language or in English; SMS and MB are nobody's commands.
func (c *checker) understood(word string) bool {
	if word == "SMS" || word == "MB" {
		return true
	}
	folded := c.o.Fold(word)
	for _, l := range []*tongue{c.l, c.source} {
		for _, key := range l.wordKeys {
			if !strings.HasPrefix(key, "command.") {
				continue
			}
			for _, w := range l.words[key].list {
				if c.o.Fold(w) == folded {
					return true
				}
			}
		}
	}
	return false
}
