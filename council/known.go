package council

import (
	"fmt"
	"slices"
)

// Known tells what other rooms hold, so that council.yaml can be checked against it without knowing them. A nil func skips its checks.
type Known struct {
	// Slots are the slots of the trees that file a service, each with its answers (nil: any). nil: no tree files it.
	Slots func(service string) map[string][]string
	// Phrase tells whether the source language has a key.
	Phrase func(key string) bool
}

// Check compares the council's wishes with the trees and words there are. All errors at once, with lines.
func (c *Council) Check(trees Known) []error {
	k := checker{&decoder{file: file, lines: c.lines}, c}
	for i, s := range c.Services {
		at := fmt.Sprintf("services[%d]", i)
		if trees.Slots != nil {
			k.slots(at, s, trees.Slots(s.Code))
		}
		k.phrase(trees, at+".code", "service."+s.Code+".name", "service."+s.Code+".about")
	}
	for i, t := range c.Teams {
		k.phrase(trees, fmt.Sprintf("teams[%d]", i), "team."+t)
	}
	for i, g := range c.Groups {
		k.phrase(trees, fmt.Sprintf("groups[%d]", i), "group."+g)
	}
	for _, name := range sorted(c.Lines) {
		if c.stops(name) {
			k.phrase(trees, "lines."+name, "stop."+name)
		}
	}
	return k.errs
}

// stops tells whether any service's stopper gives that line.
func (c *Council) stops(line string) bool {
	for _, s := range c.Services {
		for _, stop := range s.Stoppers {
			if stop.Line == line {
				return true
			}
		}
	}
	return false
}

func (k checker) slots(at string, s Service, slots map[string][]string) {
	if slots == nil {
		k.at(at+".code", "no tree files the service %q: add one, or take the service out", s.Code)
		return
	}
	has := func(path, key string) {
		slot, answer, _ := split(key)
		answers, ok := slots[slot]
		if !ok || answers != nil && !slices.Contains(answers, answer) {
			k.at(path, "%s: no tree of %s asks for that answer: correct it or take it out", key, s.Code)
		}
	}
	for _, key := range sorted(s.Stoppers) {
		has(at+".stoppers."+key, key)
	}
	for _, key := range sorted(s.NotOurs) {
		has(at+".not_ours."+key, key)
	}
	for _, slot := range sorted(s.Attributes) {
		if _, ok := slots[slot]; !ok {
			k.at(at+".attributes."+slot, "no tree of %s has the slot %q: correct it or take it out", s.Code, slot)
		}
	}
	if _, asks := slots["danger"]; asks && s.Stoppers["danger.yes"].Line == "" {
		k.at(at+".code", "%s asks about danger: say in stoppers what danger.yes does", s.Code)
	}
}

func (k checker) phrase(known Known, at string, keys ...string) {
	for _, key := range keys {
		if known.Phrase != nil && !known.Phrase(key) {
			k.at(at, "the words %q are missing: add them to the source language", key)
		}
	}
}
