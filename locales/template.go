package locales

import (
	"fmt"
	"regexp"
	"strings"
)

// ident is all a template may hold: one variable. Functions, pipes and conditions are refused: {{printf "%1000000d" 1}} would be a
// message of a megabyte.
var ident = regexp.MustCompile(`^\.[A-Z][A-Za-z0-9]*$`)

// varsOf lists the variables of a text in the order they come, each once, or tells what is wrong with it.
func varsOf(text string) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	for rest := text; ; {
		before, after, found := strings.Cut(rest, "{{")
		if strings.Contains(before, "}}") {
			return nil, fmt.Errorf("}} without {{: write a variable as {{.Name}}")
		}
		if !found {
			return names, nil
		}
		inside, tail, closed := strings.Cut(after, "}}")
		if !closed {
			return nil, fmt.Errorf("{{ without }}: write a variable as {{.Name}}")
		}
		if !ident.MatchString(inside) {
			return nil, fmt.Errorf("{{%s}} is more than a variable: write {{.Name}} and nothing else between the brackets", clip(inside))
		}
		if name := inside[1:]; !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
		rest = tail
	}
}

// filled is the text with its variables replaced.
func filled(text string, value func(name string) string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "{{.")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, tail, _ := strings.Cut(after, "}}")
		b.WriteString(value(name))
		text = tail
	}
}

func withoutVars(text string) string { return filled(text, func(string) string { return " " }) }

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "..."
	}
	return s
}
