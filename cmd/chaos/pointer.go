package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// pointer is the row at work: which points there are by what stirs them, and which were hit.
type pointer struct {
	*trial
	of    map[stir][]string
	hit   map[string]int
	crowd *crowd
	next  int
}

// report holds that each point was hit: by a node that died there, and by the log of passes.
func (p *pointer) report(names []string, rounds int) error {
	log, err := os.ReadFile(p.world.passed())
	if err != nil {
		return err
	}
	passed := strings.Split(string(log), "\n")
	var missed []string
	for _, n := range names {
		if p.hit[n] < rounds || !slices.Contains(passed, n) {
			missed = append(missed, n)
		}
		p.injected += min(p.hit[n], rounds)
	}
	p.note("points=%d", len(names))
	if len(missed) > 0 {
		p.note("missed=%s", strings.ReplaceAll(strings.Join(missed, ","), " ", "_"))
	}
	return nil
}

// died counts and starts again whoever died.
func (p *pointer) died(dead []*node, orders map[*node]string) error {
	counted := map[string]bool{}
	for _, n := range dead {
		if point, _, _ := strings.Cut(orders[n], "="); n.killed() && !counted[point] {
			counted[point] = true // two nodes that died at one point are one fault
			p.hit[point]++
		}
		if err := n.start(); err != nil {
			return err
		}
	}
	return nil
}

// kills kills at one point after the other; all says that whichever node comes there first dies, else one node does.
func (p *pointer) kills(points []string, all bool, nth int64, wait time.Duration, stirring func(over func() bool) error) error {
	for _, point := range points {
		orders := map[*node]string{}
		p.next++
		for i, n := range p.world.nodes {
			if all || i == p.next%len(p.world.nodes) {
				orders[n] = fmt.Sprintf("%s=kill@%d", point, 1+p.world.rand.Int64N(nth))
			}
		}
		dead, err := p.killAt(orders, 1, wait, stirring)
		if err == nil {
			err = p.died(dead, orders)
		}
		if err != nil {
			return fmt.Errorf("at %q: %w", point, err)
		}
	}
	return nil
}

func nothing(func() bool) error { return nil }
