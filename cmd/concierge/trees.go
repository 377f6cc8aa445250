package main

import (
	"fmt"

	"concierge/dialog"
)

type treesCommand struct {
	Check treesCheck `cmd:"" help:"Check the dialogue trees, with file, line and what to do."`
	Graph treesGraph `cmd:"" help:"Draw the dialogue trees, as Mermaid or as one page."`
}

type treesCheck struct {
	Strict bool `help:"A warning is an error too."`
}

// Run prints every problem and fails when one is an error.
func (c treesCheck) Run(h *house) error {
	t, err := h.talk()
	if err != nil {
		fmt.Fprintln(h.out, err)
		return exit(1)
	}
	all := treeFindings(t)
	if c.Strict {
		for i := range all {
			all[i].warning = false
		}
	}
	return tell(h.out, "trees", all)
}

func treeFindings(t *talk) []finding {
	with := dialog.CheckWith{Book: t.words, Has: t.words.Has, Lists: []string{"parks"}, Segments: parts}
	for _, s := range t.council.Services {
		service := dialog.CheckService{Code: s.Code}
		for answer := range s.Stoppers {
			service.Stoppers = append(service.Stoppers, answer)
		}
		for answer := range s.NotOurs {
			service.NotOurs = append(service.NotOurs, answer)
		}
		for slot, a := range s.Attributes {
			if a.Required {
				service.Required = append(service.Required, slot)
			}
		}
		with.Services = append(with.Services, service)
	}
	var all []finding
	for _, p := range dialog.Check(t.trees, with) {
		all = append(all, finding{fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Msg), p.Warning})
	}
	return all
}
