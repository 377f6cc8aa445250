package main

import (
	"errors"
	"fmt"
	"strings"
)

type checkCommand struct{}

// Run checks settings, council.yaml, trees, words and places, and tells all that is wrong at once.
func (checkCommand) Run(h *house) error {
	var all []finding
	for _, line := range told(h.settings.Validate()) {
		all = append(all, finding{text: line})
	}
	t, err := h.talk()
	if err != nil {
		for _, line := range told(err) {
			all = append(all, finding{text: line})
		}
		return tell(h.out, "check", all)
	}
	for _, line := range told(errors.Join(t.disagreements()...)) {
		all = append(all, finding{text: line})
	}
	for tag, why := range t.held {
		all = append(all, finding{fmt.Sprintf("languages.offered: %s is held back: %s", tag, why), true})
	}
	all = append(all, treeFindings(t)...)
	all = append(all, wordFindings(t, t.languages(), false)...)
	return tell(h.out, "check", all)
}

// told is an error's lines.
func told(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}
