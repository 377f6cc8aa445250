package dialog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// fields is a YAML mapping in file order.
type fields []field

type field struct {
	key   string
	line  int
	value *yaml.Node
}

func (fs fields) find(key string) *yaml.Node {
	for _, f := range fs {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

// with is fs with one field more, or another.
func (fs fields) with(f field) fields {
	out := slices.DeleteFunc(slices.Clone(fs), func(old field) bool { return old.key == f.key })
	return append(out, f)
}

// mapping reads a YAML mapping; a key twice is a mistake.
func (l *loader) mapping(file string, n *yaml.Node, what string) (fields, bool) {
	if n.Kind == yaml.AliasNode {
		l.problems.add(file, n.Line, "aliases (*name) are not read here: write it out")
		return nil, false
	}
	if n.Kind != yaml.MappingNode {
		l.problems.add(file, n.Line, "%s is written as key: value", what)
		return nil, false
	}
	var all fields
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if all.find(key.Value) != nil {
			l.problems.add(file, key.Line, "%s stands there twice: take one out", key.Value)
			continue
		}
		all = append(all, field{key.Value, key.Line, n.Content[i+1]})
	}
	return all, true
}

func (l *loader) known(file string, body fields, known []string, what string) {
	for _, f := range body {
		if !slices.Contains(known, f.key) {
			l.problems.add(file, f.line, "%s has no field %s: one of %s", what, f.key, strings.Join(known, ", "))
		}
	}
}

func (l *loader) text(file string, n *yaml.Node) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		l.problems.add(file, n.Line, "one word is expected here")
		return ""
	}
	return n.Value
}

func (l *loader) truth(file string, n *yaml.Node) bool {
	if n == nil {
		return false
	}
	if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" {
		l.problems.add(file, n.Line, "true or false is expected, not %q", n.Value)
	}
	return n.Value == "true"
}

func (l *loader) number(file string, n *yaml.Node, unset, least, most float64) float64 {
	if n == nil {
		return unset
	}
	v, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || !(v >= least && v <= most) {
		l.problems.add(file, n.Line, "a number from %g to %g is expected, not %q", least, most, n.Value)
		return unset
	}
	return v
}

func (l *loader) items(file string, n *yaml.Node) []*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		l.problems.add(file, n.Line, "a list is expected here")
		return nil
	}
	return n.Content
}

func (l *loader) list(file string, n *yaml.Node) []string {
	var all []string
	for _, item := range l.items(file, n) {
		if item.Kind != yaml.ScalarNode || item.Tag != "!!str" {
			l.problems.add(file, item.Line, `a name is expected in this list, not %q: quote "yes", "no" and numbers, or choose a name`, item.Value)
			continue
		}
		all = append(all, item.Value)
	}
	return all
}

func (l *loader) pairs(file string, n *yaml.Node) map[string]string {
	if n == nil {
		return nil
	}
	body, _ := l.mapping(file, n, "this")
	all := make(map[string]string, len(body))
	for _, f := range body {
		all[f.key] = l.text(file, f.value)
	}
	return all
}

var lineOf = regexp.MustCompile(`line (\d+): `)

// yamlLine finds the line in what the YAML library says.
func yamlLine(err error) int {
	if m := lineOf.FindStringSubmatch(err.Error()); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 1
}

func yamlWhat(err error) string {
	return lineOf.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "")
}
