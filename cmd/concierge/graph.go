package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"os"
	"slices"
	"strings"

	"concierge/dialog"
)

type treesGraph struct {
	Tree string `arg:"" optional:"" help:"Only this tree."`
	HTML string `name:"html" type:"path" help:"Write one page with a drawing of each tree, its words in every language, instead of Mermaid."`
}

// Run draws the trees: as Mermaid, or as one page that needs no network and no script.
func (g treesGraph) Run(h *house) error {
	t, err := h.talk()
	if err != nil {
		return err
	}
	names := t.trees.Names()
	if g.Tree != "" {
		if t.trees.Tree(g.Tree) == nil {
			return fmt.Errorf("there is no tree %s; there are %s", g.Tree, strings.Join(names, ", "))
		}
		names = []string{g.Tree}
	}
	if g.HTML == "" {
		source := t.council.Languages.Source
		for _, name := range names {
			fmt.Fprintln(h.out, t.trees.Tree(name).Mermaid(func(key string) string { return t.words.SayKey(source, key) }))
		}
		return nil
	}
	f, err := os.Create(g.HTML)
	if err != nil {
		return fmt.Errorf("draw trees: %w", err)
	}
	if err := drawing.Execute(f, t.drawn(names)); err != nil {
		return fmt.Errorf("draw trees: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("draw trees: %w", err)
	}
	fmt.Fprintf(h.out, "%d trees are drawn in %s\n", len(names), g.HTML)
	return nil
}

//go:embed graph.html
var graphPage string

var drawing = template.Must(template.New("graph").Parse(graphPage))

// The measures of a drawing, in pixels: questions in a column, what leaves the tree to the right of them.
const (
	boxTop, boxHeight, boxStep = 68, 84, 136
	sideTop, sideStep          = 8, 34
)

// word is one text in one language.
type word struct{ Tag, Dir, Text string }

// side is where an answer leads out of the tree: another tree, an emergency line, or somebody whose it is.
type side struct {
	Y, Middle   int
	Value, Text string
	Stop        bool
}

type drawnQuestion struct {
	From, Y, Middle int // where the edge into it begins; its top, its middle
	Fork, Join      int // where the way around it leaves and meets the edges
	Slot, Kind      string
	When            string
	Words           []word
	Choices         []word
	Sides           []side
}

type drawnTree struct {
	Name, Files, End string
	Starts           string
	Height           int
	Bottom, Finish   int // of the last question, and where the end stands
	Questions        []drawnQuestion
	Review           bool
	Title            []word
}

type drawnPage struct {
	Languages []word
	Trees     []drawnTree
}

func (t *talk) drawn(names []string) drawnPage {
	var p drawnPage
	tags := t.words.Tags()
	for _, tag := range tags {
		if t.words.Has(tag, "menu.ask") || tag == tags[0] || len(t.words.MessageKeys(tag, "")) > 0 {
			p.Languages = append(p.Languages, word{tag, t.words.About(tag).Dir, t.nameOf(tag)})
		}
	}
	for _, name := range names {
		p.Trees = append(p.Trees, t.drawnTree(t.trees.Tree(name), p.Languages))
	}
	return p
}

func (t *talk) drawnTree(tree *dialog.Tree, languages []word) drawnTree {
	d := drawnTree{Name: tree.Name, Files: tree.Files, Starts: strings.Join(tree.StartsOn, ", "), Review: tree.Review, End: tree.End.Do}
	switch {
	case tree.End.File != "":
		d.End = "file"
	case tree.End.Say != "":
		d.End = "say " + tree.End.Say
	}
	key := tree.Name + ".name"
	if tree.Files != "" {
		key = "service." + tree.Files + ".name"
	}
	d.Title = t.inEach(languages, key)
	y, from := boxTop, 32
	for i := range tree.Questions {
		q := &tree.Questions[i]
		one := drawnQuestion{From: from, Y: y, Slot: q.Slot, Kind: q.Kind, Words: t.inEach(languages, q.Ask)}
		for _, l := range languages {
			var labels []string
			for _, value := range q.Choices {
				key := q.Key(value)
				if q.Kind == dialog.YesNo {
					key = "ask." + value
				}
				labels = append(labels, t.words.SayKey(l.Tag, key))
			}
			one.Choices = append(one.Choices, word{l.Tag, l.Dir, strings.Join(labels, " · ")})
		}
		one.Sides = t.sides(tree, q, y)
		one.Middle, from = y+boxHeight/2, y+boxHeight
		if q.When != nil {
			one.When, one.Fork, one.Join = q.When.String(), y-24, from+12
		}
		y += max(boxStep, sideTop+len(one.Sides)*sideStep+52)
		d.Questions = append(d.Questions, one)
	}
	d.Bottom, d.Finish, d.Height = from, y, y+60
	return d
}

func (t *talk) inEach(languages []word, key string) []word {
	var all []word
	for _, l := range languages {
		all = append(all, word{l.Tag, l.Dir, t.words.SayKey(l.Tag, key)})
	}
	return all
}

// sides are the answers of a question that leave the tree, those the tree names and those council.yaml stops.
func (t *talk) sides(tree *dialog.Tree, q *dialog.Question, y int) []side {
	var all []side
	add := func(value, text string, stop bool) {
		at := y + sideTop + len(all)*sideStep
		all = append(all, side{Y: at, Middle: at + 13, Value: value, Text: text, Stop: stop})
	}
	for _, value := range slices.Sorted(maps.Keys(q.Go)) {
		add(value, "→ "+q.Go[value], false)
	}
	s, ok := t.council.Service(tree.Files)
	if !ok {
		return all
	}
	for _, answer := range slices.Sorted(maps.Keys(s.Stoppers)) {
		if slot, value, _ := strings.Cut(answer, "."); slot == q.Slot {
			add(value, s.Stoppers[answer].Line+", "+s.Stoppers[answer].File, true)
		}
	}
	for _, answer := range slices.Sorted(maps.Keys(s.NotOurs)) {
		if slot, value, _ := strings.Cut(answer, "."); slot == q.Slot {
			add(value, "→ "+s.NotOurs[answer], false)
		}
	}
	return all
}
