package locales

import (
	"fmt"
	"strings"
)

// meaning is one thing a word can mean where a question is open, and where that is written.
type meaning struct{ value, file, key string }

// clashes looks for words that mean two things: two choices of one question, or a choice and a command, yes or no, after folding.
func (c *checker) clashes() {
	if c.o.Fold == nil {
		return
	}
	always := map[string]meaning{}
	for _, key := range c.l.wordKeys {
		if key != "yes" && key != "no" && !strings.HasPrefix(key, "command.") {
			continue
		}
		for _, word := range c.l.words[key].list {
			c.claim(always, word, meaning{key, c.l.words[key].file, key}, c.l.words[key].line)
		}
	}
	for _, question := range c.questions() {
		taken := map[string]meaning{}
		if strings.Contains(question, ".") { // our own prompts ("stuck", "resume") repeat a command's words on purpose
			for folded, m := range always {
				taken[folded] = m
			}
		}
		for _, value := range c.values(question) {
			key := question + "." + value
			if m := c.l.messages[key]; m != nil && len(m.vars) == 0 && !m.plural {
				c.claim(taken, m.first(), meaning{key, m.file, key}, m.at.line)
			}
			if w := c.l.words["choice."+key]; w != nil {
				for _, word := range w.list {
					c.claim(taken, word, meaning{key, w.file, "choice." + key}, w.line)
				}
			}
		}
	}
}

func (c *checker) claim(taken map[string]meaning, word string, m meaning, line int) {
	folded := c.o.Fold(word)
	if folded == "" {
		return
	}
	if strings.Trim(folded, "0123456789") == "" {
		if m.value != "command.menu" || folded != "0" {
			c.clash(m, line, fmt.Sprintf("%q is a number, and numbers choose from a list: take it out", word))
		}
		return
	}
	other, there := taken[folded]
	if !there {
		taken[folded] = m
		return
	}
	unsure := other.value == "command.skip" && strings.HasSuffix(m.value, ".not_sure") // "don't know" is both, and a choice is read first
	if other.value != m.value && !unsure {
		c.clash(m, line, fmt.Sprintf("%q also means %s (%s): residents could not tell which; change one", word, other.key, other.file))
	}
}

func (c *checker) clash(m meaning, line int, message string) {
	c.findings = append(c.findings, Finding{File: m.file, Line: line, Key: m.key, Message: message})
}

// questions are the keys with choices: those under which English has an ask, or words.toml has synonyms.
func (c *checker) questions() []string {
	found := map[string]bool{}
	for key := range c.source.messages {
		if q, ok := strings.CutSuffix(key, ".ask"); ok {
			found[q] = true
		}
	}
	for _, l := range []*tongue{c.source, c.l} {
		for _, key := range l.wordKeys {
			if rest, ok := strings.CutPrefix(key, "choice."); ok {
				if i := strings.LastIndexByte(rest, '.'); i > 0 {
					found[rest[:i]] = true
				}
			}
		}
	}
	return sortedKeys(found)
}

// values are the choices of a question. Lines about the question itself are not choices.
func (c *checker) values(question string) []string {
	found := map[string]bool{}
	for key := range c.source.messages {
		rest, ok := strings.CutPrefix(key, question+".")
		if ok && !strings.Contains(rest, ".") && !aboutQuestion(rest) {
			found[rest] = true
		}
	}
	for _, key := range c.l.wordKeys {
		rest, ok := strings.CutPrefix(key, "choice."+question+".")
		if ok && !strings.Contains(rest, ".") {
			found[rest] = true
		}
	}
	return sortedKeys(found)
}

func aboutQuestion(part string) bool {
	switch part {
	case "ask", "short", "label", "done", "said":
		return true
	}
	return strings.HasPrefix(part, "help_")
}
