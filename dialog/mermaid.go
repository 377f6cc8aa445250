package dialog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Mermaid draws a tree as a Mermaid flowchart: questions in a column in file order, a question's condition on the edge into it,
// what leads to another tree and what ends the tree to the right. Say gives a question's words; nil shows slots alone.
func (t *Tree) Mermaid(say func(key string) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "flowchart TD\n  start([%s])\n", t.Name)
	for i := range t.Questions {
		q := &t.Questions[i]
		label := q.Slot
		if say != nil {
			label += "<br/>" + say(q.Ask)
		}
		fmt.Fprintf(&b, "  q%d[%s]\n", i, quotedNode(label))
	}
	last := "finish"
	if t.Review {
		last = "review"
		b.WriteString("  review{{review}}\n  review --> finish\n")
	}
	fmt.Fprintf(&b, "  finish([%s])\n", quotedNode(t.End.name()))
	from := []string{"start"} // nodes from which the next question may come
	for i := range t.Questions {
		q := &t.Questions[i]
		here := fmt.Sprintf("q%d", i)
		for _, f := range from {
			if q.When == nil {
				fmt.Fprintf(&b, "  %s --> %s\n", f, here)
			} else {
				fmt.Fprintf(&b, "  %s -->|%s| %s\n", f, quotedNode(q.When.String()), here)
			}
		}
		for _, value := range slices.Sorted(maps.Keys(q.Go)) {
			fmt.Fprintf(&b, "  %s -->|%s| %s_%d([%s])\n", here, quotedNode(value), q.Go[value], i, q.Go[value])
		}
		if q.When == nil {
			from = from[:0]
		}
		from = append(from, here)
	}
	for _, f := range from {
		fmt.Fprintf(&b, "  %s --> %s\n", f, last)
	}
	return b.String()
}

func (e End) name() string {
	switch {
	case e.File != "":
		return "file " + e.File
	case e.Say != "":
		return "say " + e.Say
	}
	return e.Do
}

// quotedNode makes text safe inside a Mermaid label.
func quotedNode(text string) string {
	return `"` + strings.NewReplacer(`"`, "#quot;", "\n", " ", "{{", "", "}}", "").Replace(text) + `"`
}
