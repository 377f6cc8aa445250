package locales

import (
	"fmt"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n/template"
)

// parser is the one parser go-i18n is given. Its own executes all of text/template: functions, loops, and "<no value>" for what is
// missing. This one knows text and variables and nothing else, and is several times as fast. It stands in for go-i18n's in every
// call, because the first parser to touch a message is the one that is kept.
type parser struct{}

// Cacheable lets go-i18n parse each text once.
func (parser) Cacheable() bool { return true }

// Parse refuses whatever varsOf refuses. Messages cannot bring their own brackets: leftdelim and rightdelim are reserved.
func (parser) Parse(src, left, right string) (template.ParsedTemplate, error) {
	if left != "" || right != "" {
		return nil, fmt.Errorf("parse: brackets other than {{ }} are not known")
	}
	if _, err := varsOf(src); err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	var p pieces
	for {
		before, after, found := strings.Cut(src, "{{.")
		name, tail, _ := strings.Cut(after, "}}")
		p = append(p, piece{before, name})
		if !found {
			return p, nil
		}
		src = tail
	}
}

// piece is some text and the variable after it; the last has none.
type piece struct{ text, name string }

type pieces []piece

// Execute fills the variables in. A missing one is an error, never "<no value>".
func (p pieces) Execute(data any) (string, error) {
	vars, _ := data.(map[string]string)
	n := 0
	for _, one := range p {
		n += len(one.text) + len(vars[one.name])
	}
	var b strings.Builder
	b.Grow(n)
	for _, one := range p {
		b.WriteString(one.text)
		if one.name == "" {
			continue
		}
		value, ok := vars[one.name]
		if !ok {
			return "", fmt.Errorf("say: {{.%s}} is missing", one.name)
		}
		b.WriteString(value)
	}
	return b.String(), nil
}
