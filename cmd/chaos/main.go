// Command chaos breaks the release binary on purpose and counts broken promises. It is an oracle: of this house it knows the fakes of
// the providers and nothing else, so that no room can lend it an excuse. From a seed it draws residents, their channels, places and
// words, and it knows each reply and each case that is due. It drives the binary as processes, on a Postgres that syncs or on SQLite,
// kills, stops, floods and starves it, and then holds the providers' ledger and the database against what was due
// (docs/chaos.md).
//
// It exits 1 when a promise was broken, and 2 when fewer faults were injected than asked: then its zeros mean nothing.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	o := options{}
	var names string
	flag.StringVar(&names, "rows", "", "which rows, comma-separated; empty is all")
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()%100_000), "what residents, words and moments are drawn from")
	flag.IntVar(&o.n, "n", 0, "how many faults; 0 is the row's own number")
	flag.StringVar(&o.engine, "engine", "", "postgres or sqlite; empty is the row's own")
	flag.StringVar(&o.points, "points", "", "of the crash points only those whose names have this in them")
	flag.StringVar(&o.binary, "binary", "", "the binary to break; empty builds it")
	flag.StringVar(&o.out, "out", "chaos.jsonl", "where each row leaves a line")
	flag.IntVar(&o.together, "together", 3, "so many rows at once")
	flag.BoolVar(&o.night, "night", false, "every row, in the night's size")
	check := flag.Bool("release-check", false, "hold that no crash point is in the release binary, and run nothing")
	flag.Parse()
	if *check {
		if err := releaseCheck(); err != nil {
			fmt.Fprintln(os.Stderr, "chaos:", err)
			os.Exit(1)
		}
		return
	}
	code, err := o.all(names)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(2)
	}
	os.Exit(code)
}

type options struct {
	seed        uint64
	n, together int
	night       bool
	points      string
	engine      string
	binary, out string
	tagged      string // the binary with crash points
	commit      string
}

// all runs rows and prints the table; the code is the worst of theirs.
func (o options) all(names string) (int, error) {
	chosen, err := choose(names, o.night)
	if err != nil {
		return 0, err
	}
	o.commit = commit()
	folder, err := os.MkdirTemp("", "chaos-binary")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if o.binary == "" {
		if o.binary, err = build(folder, ""); err != nil {
			return 0, err
		}
	}
	if slices.ContainsFunc(chosen, func(r row) bool { return r.tagged }) {
		if o.tagged, err = build(folder, "chaos"); err != nil {
			return 0, err
		}
	}
	log, err := os.OpenFile(o.out, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) //nolint:gosec // anybody may read a result
	if err != nil {
		return 0, err
	}
	results := make([]result, len(chosen))
	slots := make(chan struct{}, max(o.together, 1))
	var group sync.WaitGroup
	var mu sync.Mutex
	begun := time.Now()
	for i, r := range chosen {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			one := o.one(r)
			mu.Lock()
			defer mu.Unlock()
			results[i] = one
			fmt.Println(one)
			for _, why := range one.Broken {
				fmt.Println("   ", why)
			}
			_, err := log.Write(one.json())
			if err != nil {
				fmt.Fprintln(os.Stderr, "chaos:", err)
			}
		})
	}
	group.Wait()
	code := 0
	if len(results) > 1 {
		fmt.Printf("\n%d rows in %v\n", len(results), time.Since(begun).Round(time.Second))
	}
	for _, one := range results {
		if len(results) > 1 {
			fmt.Println(one)
		}
		if c := one.code(); code == 0 || c == 1 {
			code = c
		}
	}
	return code, log.Close()
}

// one runs one row in a world of its own.
func (o options) one(r row) result {
	p := plan{binary: o.binary, engine: r.engine, nodes: r.nodes, seed: o.seed}
	if o.engine != "" {
		p.engine = o.engine
	}
	if p.tagged = r.tagged; r.tagged {
		p.binary = o.tagged
	}
	if p.engine == "sqlite" {
		p.nodes = 1
	}
	if r.with != nil {
		r.with(&p)
	}
	t := &trial{seed: o.seed, asked: r.faults, points: o.points}
	if o.night {
		t.asked = r.night
	}
	if o.n > 0 {
		t.asked = o.n
	}
	res := result{Row: r.name, Seed: o.seed, Commit: o.commit, Engine: p.engine, Nodes: p.nodes, Asked: t.asked}
	begun := time.Now()
	w, err := newWorld(p)
	if err == nil {
		t.world = w
		if err = r.run(t); err == nil {
			err = t.judge()
		}
		w.close()
	}
	if err != nil {
		t.broken = append(t.broken, err.Error())
	}
	res.fill(t, time.Since(begun))
	if w != nil && res.code() == 0 {
		w.forget()
	} else if w != nil {
		res.Broken = append(res.Broken, "logs and data stay in "+w.kept())
	}
	return res
}

func choose(names string, night bool) ([]row, error) {
	all := table()
	var chosen []row
	if names == "" {
		for _, r := range all {
			if !r.apart || night {
				chosen = append(chosen, r)
			}
		}
		return chosen, nil
	}
	for _, name := range strings.Split(names, ",") {
		found := false
		for _, r := range all {
			if r.name == name || r.name == "chaos-"+name {
				chosen, found = append(chosen, r), true
			}
		}
		if !found {
			var have []string
			for _, r := range all {
				have = append(have, r.name)
			}
			return nil, errors.New("no row " + name + "; there are " + strings.Join(have, " "))
		}
	}
	return chosen, nil
}

// commit is the short hash of the checkout, with a + when it holds more than was committed.
func commit() string {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	hash := strings.TrimSpace(string(out))
	if exec.Command("git", "diff", "--quiet", "HEAD").Run() != nil {
		hash += "+"
	}
	return hash
}
