package main

import (
	"fmt"
	"slices"
	"strings"

	"concierge/dialog"
)

// localesPreview prints what is said along one path of a tree, as a resident reads it: the real engine, the real words, rendered for
// the channel. Nothing is stored and nothing is sent.
type localesPreview struct {
	Tree    string `arg:"" help:"A dialogue tree, such as pothole."`
	Lang    string `help:"The language to speak; the source language when left out."`
	Channel string `enum:"sms,whatsapp,telegram" default:"sms" help:"sms, whatsapp or telegram."`
	Path    string `help:"Answers that make the way: \"danger=no size=large\". Others are the first that lets the report go on."`
	All     bool   `help:"Every way through the tree, one after the other."`
}

// Run prints one transcript, or all.
func (p localesPreview) Run(h *house) error {
	t, err := h.talk()
	if err != nil {
		return err
	}
	if p.Lang != "" && !slices.Contains(t.offered, p.Lang) { // a translator looks before it is offered
		t.offered = append(slices.Clone(t.offered), p.Lang)
	}
	engine, err := t.engine(nil, nil, false)
	if err != nil {
		return err
	}
	return p.tell(h, t, engine)
}

func (p localesPreview) tell(h *house, t *talk, engine *dialog.Engine) error {
	tree := t.trees.Tree(p.Tree)
	if tree == nil {
		return fmt.Errorf("there is no tree %q; there are %s", p.Tree, strings.Join(t.trees.Names(), ", "))
	}
	if p.Lang == "" {
		p.Lang = t.council.Languages.Source
	}
	if !slices.Contains(t.words.Tags(), p.Lang) {
		return fmt.Errorf("there is no language %q; there are %s", p.Lang, strings.Join(t.words.Tags(), ", "))
	}
	ways := [][]string{strings.Fields(p.Path)}
	if p.All {
		ways = nil
		for _, way := range tree.Paths(mostWays) {
			ways = append(ways, way.Answers)
		}
	}
	told := map[string]bool{} // ways that a danger stops are all the same
	for _, answers := range ways {
		chosen, err := chosenIn(tree, answers)
		if err != nil {
			return err
		}
		w := newWalk(h, t, engine, tree, p)
		unasked, err := w.run(h.ctx, chosen)
		if text := w.out.String(); !told[text] {
			told[text] = true
			fmt.Fprintf(h.out, "# %s, %s, %s\n%s\n", strings.TrimSpace(p.Tree+" "+strings.Join(answers, " ")), p.Lang, p.Channel, text)
		}
		if err == nil && unasked != "" && !p.All {
			err = fmt.Errorf("--path: %s is never asked on this way", unasked)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mostWays is more than any tree that passes the check has.
const mostWays = 200

// chosenIn reads "danger=no", each a value its question takes.
func chosenIn(tree *dialog.Tree, answers []string) (map[string]string, error) {
	chosen := map[string]string{}
	for _, a := range answers {
		slot, value, _ := strings.Cut(a, "=")
		q := tree.Question(slot)
		if q == nil {
			var slots []string
			for _, one := range tree.Questions {
				slots = append(slots, one.Slot)
			}
			return nil, fmt.Errorf("--path: %s has no question %q; it asks %s", tree.Name, slot, strings.Join(slots, ", "))
		}
		if !q.Accepts(value) && (value != skipped || !q.Optional) {
			return nil, fmt.Errorf("--path: %s does not take %q; it takes %s", slot, value, strings.Join(q.Choices, ", "))
		}
		chosen[slot] = value
	}
	return chosen, nil
}

// The values of the choices every question may have beside its own.
const (
	skipped   = "skip"
	nextPage  = "more"
	mostTurns = 40
)
