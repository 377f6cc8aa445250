package dialog

import (
	"slices"
	"strconv"
	"strings"
)

// flatMenu is how many reports are listed without groups between.
const flatMenu = 6

// carryOn is the menu's first row while a report waits.
const carryOn = "carry_on"

// menu offers what can be reported, by group when it is much, and to look at reports there are.
func (t *turn) menu() {
	t.s.Offered = Offer{}
	values := t.e.menuTrees("")
	if len(values) > flatMenu {
		values = nil
		for _, g := range t.e.groups {
			if len(t.e.menuTrees(g)) > 0 {
				values = append(values, "+"+g)
			}
		}
	}
	if t.e.trees.named["status"] != nil {
		values = append(values, "status")
	}
	if len(t.s.Parked) > 0 {
		values = append([]string{carryOn}, values...)
	}
	t.prompt("menu", "", Line{Key: "menu.ask"}, values[:min(len(values), maxChoices)]...)
	t.final.Hold = true
}

// menuTrees are the trees of a group's services, or of all, in menu order; a chooser stands for the trees behind it.
func (e *Engine) menuTrees(group string) []string {
	var all []string
	for _, s := range e.ordered {
		if group != "" && s.Group != group {
			continue
		}
		for _, name := range e.trees.order {
			if e.trees.named[name].Files == s.Code && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// chosen opens what was picked in the menu: a group's list, a page of it, or a tree. A second report asks about the first.
func (t *turn) chosen(value string) bool {
	if group, ok := strings.CutPrefix(value, "+"); ok {
		t.groupMenu(group, 0)
		return true
	}
	if rest, ok := strings.CutPrefix(value, "more."); ok { // more.<from>.<group>
		at, group, _ := strings.Cut(rest, ".")
		from, _ := strconv.Atoi(at)
		t.groupMenu(group, from)
		return true
	}
	if value == carryOn {
		t.unpark(true)
		return true
	}
	tree := t.e.trees.named[value]
	switch run := t.front(); {
	case !t.e.on(tree):
		t.menu()
	case run != nil && run.Tree != value:
		return t.second(value, "")
	default:
		t.begin(value, "", "")
	}
	return true
}

func (t *turn) groupMenu(group string, from int) {
	values := t.e.menuTrees(group)
	if from < 0 || from >= len(values) {
		from = 0
	}
	if len(values) > maxChoices {
		next := from + perPage
		values = slices.Clone(values[from:min(next, len(values))])
		values = append(values, "more."+strconv.Itoa(next)+"."+group)
	}
	if len(values) == 0 {
		t.menu()
		return
	}
	t.prompt("group", group, Line{Key: "menu.which"}, values...)
}
