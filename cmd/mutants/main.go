// Command mutants plants known bugs, one after the other, in a copy of the tree and sees that the check named beside each fails: with
// one that nobody notices, the zeros of `make chaos` and of the tests mean less than they say. A patch that no longer applies, or whose
// tree does not build, fails too; so does a check that fails without any bug.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// patience bounds one check.
const patience = 8 * time.Minute

func main() {
	only := flag.String("only", "", "just the bugs whose names have this in them")
	show := flag.Bool("v", false, "show what each check said")
	flag.Parse()
	caught, all, err := run(*only, *show)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	}
	fmt.Printf("%d/%d caught\n", caught, all)
	if caught < all || all == 0 {
		os.Exit(1)
	}
}

// run tries each bug in one copy of the tree, which is clean again after each.
func run(only string, show bool) (caught, all int, err error) {
	root, err := command(context.Background(), "", "go", "list", "-m", "-f", "{{.Dir}}", "concierge")
	if err != nil {
		return 0, 0, err
	}
	root = strings.TrimSpace(root)
	files, err := filepath.Glob(filepath.Join(root, "cmd", "chaos", "mutants", "*.patch"))
	if err != nil {
		return 0, 0, err
	}
	folder, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	t := tree{folder: folder, sound: map[string]error{}, show: show}
	if err := t.copy(root); err != nil {
		return 0, 0, err
	}
	for _, file := range files {
		if !strings.Contains(filepath.Base(file), only) {
			continue
		}
		m, err := read(file)
		if err != nil {
			return caught, all, err
		}
		all++
		begun := time.Now()
		why := t.try(m)
		word := "caught"
		if why != nil {
			word = "MISSED"
		} else {
			caught++
		}
		fmt.Printf("%-24s %s by %s (%.0fs)\n", m.name, word, m.check, time.Since(begun).Seconds())
		if why != nil {
			fmt.Println("   ", why)
		}
	}
	return caught, all, nil
}

// mutant is one planted bug.
type mutant struct {
	name, file string
	bug        string
	check      string // "go test ./internal/spool -run TestPowerCut", "chaos dup -n 60"
}

// read reads the two lines that begin a patch.
func read(file string) (mutant, error) {
	m := mutant{name: strings.TrimSuffix(filepath.Base(file), ".patch"), file: file}
	b, err := os.ReadFile(file) //nolint:gosec // of the checkout
	if err != nil {
		return m, err
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "Bug: "); ok && m.bug == "" {
			m.bug = strings.TrimSpace(v)
		}
		if v, ok := strings.CutPrefix(line, "Caught by: "); ok && m.check == "" {
			m.check = strings.TrimSpace(v)
		}
	}
	if m.bug == "" || m.check == "" {
		return m, fmt.Errorf("%s does not say its bug and what catches it", filepath.Base(file))
	}
	return m, nil
}

// tree is the copy.
type tree struct {
	folder string
	sound  map[string]error // of each check tried, what it said of the tree without a bug
	show   bool
}

// copy takes every file that git knows, as it stands.
func (t tree) copy(root string) error {
	list, err := command(context.Background(), root, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(list, "\x00"), "\x00") {
		b, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			return err
		}
		to := filepath.Join(t.folder, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(to, b, 0o700); err != nil { //nolint:gosec // scripts among them
			return err
		}
	}
	return nil
}

// try plants the bug and runs its check; nil when it was caught.
func (t tree) try(m mutant) error {
	ctx, stop := context.WithTimeout(context.Background(), 2*patience)
	defer stop()
	if _, done := t.sound[m.check]; !done {
		t.sound[m.check] = t.passes(ctx, m.check)
	}
	if err := t.sound[m.check]; err != nil {
		return fmt.Errorf("without any bug it fails too: %w", err)
	}
	if out, err := command(ctx, t.folder, "git", "apply", m.file); err != nil {
		return fmt.Errorf("the patch no longer applies: %w: %s", err, out)
	}
	defer func() {
		if out, err := command(context.Background(), t.folder, "git", "apply", "-R", m.file); err != nil {
			panic(fmt.Sprint("the copy of the tree is spoiled: ", err, out))
		}
	}()
	if out, err := command(ctx, t.folder, "go", "build", "./..."); err != nil {
		return fmt.Errorf("it does not build: %w: %s", err, out)
	}
	err := t.passes(ctx, m.check)
	var failed *failure
	switch {
	case err == nil:
		return errors.New("nobody noticed: " + m.bug)
	case errors.As(err, &failed):
		return nil
	}
	return err
}

// failure is a check that ran and found something.
type failure struct{ said string }

func (f *failure) Error() string { return f.said }

// passes runs a check. A failure is what it found; any other error says that it did not get that far.
func (t tree) passes(ctx context.Context, check string) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	words := strings.Fields(check)
	chaos := words[0] == "chaos"
	if chaos { // "chaos dup -n 60"
		words = append([]string{"go", "run", "./cmd/chaos", "-seed", "7", "-out", os.DevNull, "-rows", words[1]}, words[2:]...)
	} else {
		words = append(words, "-count=1", "-v")
	}
	out, err := command(ctx, t.folder, words[0], words[1:]...)
	if t.show {
		fmt.Println(out)
	}
	found := strings.Contains(out, "--- FAIL") || strings.Contains(out, "\npanic: ")
	if chaos {
		found = strings.Contains(out, " FAIL\n")
	} else if err == nil && !strings.Contains(out, "--- PASS") {
		return errors.New("no such test ran")
	}
	if err != nil && found {
		return &failure{tail(out)}
	}
	if err != nil {
		return fmt.Errorf("%w: %s", err, tail(out))
	}
	return nil
}

// tail is the end of what was said.
func tail(out string) string { return out[max(0, len(out)-600):] }

func command(ctx context.Context, folder, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...) //nolint:gosec // commands of ours, and of the patches beside us
	c.Dir = folder
	// Outside git, so that a patch is applied to the copy and not looked for in a repository around it.
	// Paths are trimmed so that what no bug touches is compiled once.
	c.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(folder), "GOFLAGS=-trimpath")
	out, err := c.CombinedOutput()
	return string(out), err
}
