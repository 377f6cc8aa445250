package dialog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"concierge/dialog"
)

// TestPaths walks every way through every tree that files something, in English, and the main way in every other language, and holds
// what is said to testdata/paths/<tree>.<tag>.txt. Each way is headed by the answers that make it. After a change of words or trees:
// go test ./dialog -run Paths -update, then read what changed.
func TestPaths(t *testing.T) {
	tags := []string{"en", "ur", "pa", "bn", "ar", "pl", "ro", "so", "ur-Latn"}
	words, all := readBook(t, tags...), settings(t, tags...)
	trees := all.Trees
	for _, name := range trees.Names() {
		if code := trees.Tree(name).Files; code != "" && !slices.ContainsFunc(all.Services, func(s dialog.Service) bool { return s.Code == code }) {
			all.Services = append(all.Services, dialog.Service{Code: code, Dated: true})
		}
	}
	e, err := dialog.New(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range trees.Names() {
		tree := trees.Tree(name)
		if tree.Files == "" {
			continue
		}
		for _, tag := range tags {
			paths := tree.Paths(200)
			if tag != "en" {
				if _, ok := words.messages[tag][name+".done"]; !ok {
					continue // not translated yet
				}
				paths = paths[:1]
			}
			var got strings.Builder
			for _, p := range paths {
				fmt.Fprintf(&got, "# %s\n%s\n", strings.Join(p.Answers, " "), walked(t, e, words, tree, tag, p))
			}
			file := filepath.Join("testdata", "paths", name+"."+tag+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("%s now reads:\n%s", file, got.String())
			}
		}
	}
}

// walked answers each question as the path says, or with its first choice, and sends.
func walked(t *testing.T, e *dialog.Engine, words *book, tree *dialog.Tree, tag string, path dialog.Path) string {
	t.Helper()
	p := &phone{e: e, book: words, town: &town{}, speaks: tag,
		session: dialog.Session{Lang: tag, Runs: 12, Stack: []dialog.Run{{No: 12, Tree: tree.Name}}}}
	p.next.Since, p.next.Plain = time.Minute, true
	p.next.Kind = dialog.Resume
	p.n++
	var out []string
	s, events := e.Turn(t.Context(), p.town, p.session, p.next)
	p.session = s
	out = append(out, p.told(events)...)
	values := map[string]string{}
	for _, a := range path.Answers {
		slot, value, _ := strings.Cut(a, "=")
		values[slot] = value
	}
	for range 20 {
		now := e.Now(p.session)
		line := words.messages[tag]["review.send"]
		if !now.Review {
			line = answerFor(tree.Question(now.Slot), p.said[len(p.said)-1], values[now.Slot])
		}
		out = append(out, "> "+line)
		out = append(out, p.write(t, line)...)
		if len(p.session.Stack) == 0 || p.session.Stack[0].Tree != tree.Name {
			return strings.Join(out, "\n") + "\n"
		}
	}
	t.Fatalf("%s does not end:\n%s", tree.Name, strings.Join(out, "\n"))
	return ""
}

// answerFor is what the resident writes: the number of the choice, a place, a photo, words.
func answerFor(q *dialog.Question, said dialog.Said, value string) string {
	switch q.Kind {
	case dialog.AskPlace:
		if q.Near != "" {
			return "the lake"
		}
		return "12 Stratford Road"
	case dialog.AskList:
		return "cannon hill park"
	case dialog.AskPhoto:
		return "[photo]"
	case dialog.AskText:
		return "by the school gate"
	}
	if value == "" {
		value = q.Choices[0]
		if q.Slot == "danger" {
			value = "no"
		}
	}
	for i, c := range said.Choices {
		if c.Value == value {
			return fmt.Sprint(i + 1)
		}
	}
	return value
}
