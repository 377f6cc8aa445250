package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// stir is what makes a node pass a crash point.
type stir int

const (
	byLoad      stir = iota // residents who write
	byOutage                // the database away for a while: the spool, the drain, turns that waited
	byPoison                // a turn that fails three times
	byDoubt                 // a send nobody knows the fate of
	byPurge                 // the nightly job
	bySweep                 // a message that is in the provider's list alone
	byMigration             // a schema brought up
	byReseal                // a new key for the sealed columns
)

// stirOf finds it by the name: "spool: after fsync" is passed in an outage. A name nobody thought of here is tried under load, and when
// that does not reach it the row falls short.
func stirOf(point string) stir {
	room, _, _ := strings.Cut(point, ":")
	switch room {
	case "spool", "drain", "take":
		return byOutage
	case "aside":
		return byPoison
	case "doubt":
		return byDoubt
	case "reseal":
		return byReseal
	case "mid-purge":
		return byPurge
	case "mid-sweep":
		return bySweep
	case "mid-migration":
		return byMigration
	}
	return byLoad
}

// checkout is the folder of the module.
func checkout() (string, error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "concierge").Output()
	if err != nil {
		return "", fmt.Errorf("find the checkout: %w", err)
	}
	return strings.TrimSpace(string(root)), nil
}

// pointsInSource are the names of all crash points, as the code has them.
func pointsInSource() ([]string, error) {
	root, err := checkout()
	if err != nil {
		return nil, err
	}
	call := regexp.MustCompile(`failpoint\.Hit\("([^"]+)"\)`)
	found := map[string]bool{}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.Contains(path, "/cmd/chaos/") {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // of the checkout
		for _, m := range call.FindAllSubmatch(text, -1) {
			found[string(m[1])] = true
		}
		return err
	})
	var names []string
	for n := range found {
		names = append(names, n)
	}
	slices.Sort(names)
	return names, err
}

// releaseCheck holds that the release binary has none of the crash points' names, and that a binary with crash points has them all:
// else the look would prove nothing.
func releaseCheck() error {
	names, err := pointsInSource()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "chaos-binary")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	var left, missing []string
	for _, tag := range []string{"", "chaos"} {
		file, err := build(folder, tag)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(file) //nolint:gosec // just built
		if err != nil {
			return err
		}
		for _, n := range append(slices.Clone(names), "CONCIERGE_TEST_POINT", "spoil:") {
			switch there := bytes.Contains(b, []byte(n)); {
			case there && tag == "":
				left = append(left, n)
			case !there && tag != "":
				missing = append(missing, n)
			}
		}
	}
	if len(left)+len(missing) > 0 || len(names) < 20 {
		return fmt.Errorf("release-check: %d points; in the release binary %q, not in the tagged one %q", len(names), left, missing)
	}
	fmt.Printf("release-check: none of %d crash points is in the release binary, all are in the tagged one\n", len(names))
	return nil
}

// killAt gives nodes their orders, does what makes them pass the points, and waits until enough have died. Those who did are returned.
func (t *trial) killAt(orders map[*node]string, enough int, wait time.Duration, stirring func(over func() bool) error) (dead []*node, err error) {
	for n, order := range orders {
		if err := os.WriteFile(n.order, []byte(order), 0o600); err != nil {
			return nil, err
		}
	}
	deaths := func() (k int) {
		for n := range orders {
			if n.dead() {
				k++
			}
		}
		return k
	}
	stirred := make(chan error, 1)
	go func() { stirred <- stirring(func() bool { return deaths() > 0 }) }()
	for begun, seen := time.Now(), 0; time.Since(begun) < wait && seen < enough; time.Sleep(5 * time.Millisecond) {
		if k := deaths(); k > seen {
			seen = k
			t.world.broke()
		}
	}
	if err := <-stirred; err != nil {
		return nil, err
	}
	for n := range orders {
		if err := os.Remove(n.order); err != nil {
			return nil, err
		}
		if n.dead() {
			dead = append(dead, n)
		}
		if n.dead() && !n.killed() {
			t.breaks("a node ended by itself: %v; its log is %s", n.how, n.log)
		}
	}
	return dead, nil
}
