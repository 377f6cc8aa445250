package dialog

import "strings"

// Unused tells whether a key of messages.toml is said only by trees whose service is switched off: a language may lack it and still
// be offered.
//
//	trees.Unused("graffiti.surface.ask", on) // true while council.yaml has no service graffiti
func (t *Trees) Unused(key string, on func(service string) bool) bool {
	head, rest, _ := strings.Cut(key, ".")
	if head == "service" {
		code, _, _ := strings.Cut(rest, ".")
		return !on(code)
	}
	tree := t.named[head]
	if tree != nil && tree.Off && rest == "off" {
		return false
	}
	return tree != nil && tree.Files != "" && !on(tree.Files)
}
