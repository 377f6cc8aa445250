package dialog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Layer is a folder of trees; Name stands before its file names in messages.
type Layer struct {
	Name string
	FS   fs.FS
}

// maxFile is the largest tree file read, in bytes: a tree of 12 questions is under 4 KiB.
const maxFile = 1 << 18

// Load reads every *.yaml of the layers. A tree, or a shared group of questions, of a later layer replaces the earlier one of the same
// name. The error is Problems: every mistake in the files at once. What the trees name elsewhere (words, services) is Check's.
func Load(layers ...Layer) (*Trees, error) {
	l := loader{trees: map[string]treeNode{}, shared: map[string]sharedNode{}}
	for _, layer := range layers {
		l.layer(layer)
	}
	t := &Trees{named: map[string]*Tree{}}
	for _, name := range l.order {
		tree := l.tree(l.trees[name])
		t.named[name] = tree
		t.order = append(t.order, name)
	}
	l.links(t)
	if len(l.problems) > 0 {
		return nil, l.problems.sorted()
	}
	return t, nil
}

type loader struct {
	trees    map[string]treeNode
	shared   map[string]sharedNode
	order    []string
	problems Problems
}

type treeNode struct {
	file string
	name string
	body fields
}

type sharedNode struct {
	file string
	list *yaml.Node
}

func (l *loader) layer(layer Layer) {
	names, err := fs.Glob(layer.FS, "*.yaml")
	if err != nil || layer.FS == nil {
		return
	}
	here := map[string]bool{}
	for _, name := range names {
		file := path.Join(layer.Name, name)
		data, err := readFile(layer.FS, name)
		if err != nil {
			l.problems.add(file, 1, "cannot be read: %v", err)
			continue
		}
		dec := yaml.NewDecoder(bytes.NewReader(data))
		for {
			var doc yaml.Node
			err := dec.Decode(&doc)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				l.problems.add(file, yamlLine(err), "is not YAML: %s", yamlWhat(err))
				break
			}
			if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
				continue // a document of comments
			}
			l.document(file, path.Base(name) == "shared.yaml", doc.Content[0], here)
		}
	}
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("larger than %d bytes", maxFile)
	}
	return data, err
}

func (l *loader) document(file string, shared bool, n *yaml.Node, here map[string]bool) {
	body, ok := l.mapping(file, n, "a tree")
	if !ok {
		return
	}
	if shared {
		for _, f := range body {
			if !validName(f.key) {
				l.problems.add(file, f.line, "%q is no name: use a-z, 0-9 and _", f.key)
			}
			l.shared[f.key] = sharedNode{file, f.value}
		}
		return
	}
	name := l.text(file, body.find("tree"))
	switch {
	case name == "":
		l.problems.add(file, n.Line, "a tree begins with its name: write tree: pothole")
		return
	case !validName(name):
		l.problems.add(file, n.Line, "%q is no name of a tree: use a-z, 0-9 and _, at most 32", name)
		return
	case here[name]:
		l.problems.add(file, n.Line, "the tree %s is there already in this folder: rename one", name)
		return
	}
	here[name] = true
	if _, ok := l.trees[name]; !ok {
		l.order = append(l.order, name)
	}
	l.trees[name] = treeNode{file, name, body}
}

var treeFields = []string{"tree", "files", "off", "starts_on", "questions", "review", "end", "faq", "mixed_up_with"}

func (l *loader) tree(n treeNode) *Tree {
	t := &Tree{Name: n.name, File: n.file, Line: n.body.find("tree").Line}
	l.known(n.file, n.body, treeFields, "a tree")
	t.Files = l.text(n.file, n.body.find("files"))
	t.StartsOn = l.list(n.file, n.body.find("starts_on"))
	t.FAQ = l.list(n.file, n.body.find("faq"))
	t.MixedUp = l.list(n.file, n.body.find("mixed_up_with"))
	switch off := l.text(n.file, n.body.find("off")); off {
	case "", "say":
		t.Off = off != ""
	default:
		l.problems.add(n.file, n.body.find("off").Line, "off is say, not %q: what is said while the service is switched off", off)
	}
	t.Review = l.truth(n.file, n.body.find("review"))
	l.end(t, n.body.find("end"))
	for _, item := range l.items(n.file, n.body.find("questions")) {
		l.question(t, n.file, item)
	}
	if len(t.Questions) > maxQuestions {
		l.problems.add(n.file, t.Line, "%s asks %d questions: at most %d; leave out what staff can do without", t.Name, len(t.Questions), maxQuestions)
		t.Questions = t.Questions[:maxQuestions]
	}
	return t
}

func (l *loader) end(t *Tree, n *yaml.Node) {
	switch {
	case n == nil:
		l.problems.add(t.File, t.Line, "%s has no end: write end: file, end: say or end: {do: …}", t.Name)
	case n.Kind == yaml.ScalarNode && n.Value == "file":
		t.End.File = t.Files
		if t.Files == "" {
			l.problems.add(t.File, n.Line, "%s files nothing: name its service in files, or end: say", t.Name)
		}
		if !t.Review {
			l.problems.add(t.File, n.Line, "%s files without a review: write review: true", t.Name)
		}
	case n.Kind == yaml.ScalarNode && n.Value == "say":
		t.End.Say = t.Name + ".done"
	case n.Kind == yaml.MappingNode:
		body, _ := l.mapping(t.File, n, "an end")
		l.known(t.File, body, []string{"do"}, "an end")
		t.End.Do = l.text(t.File, body.find("do"))
		if !slices.Contains(doings, t.End.Do) {
			l.problems.add(t.File, n.Line, "%q is nothing we can do: one of %s", t.End.Do, strings.Join(doings, ", "))
		}
	default:
		l.problems.add(t.File, n.Line, "an end is file, say or {do: …}, not %q", n.Value)
	}
}

var doings = []string{ShowCases, ChooseLanguage, HandOff, Dispute, AddUpdate, SetUpdates, Data, Erase}

// links checks what trees say of one another.
func (l *loader) links(t *Trees) {
	starts := map[string]string{}
	for _, name := range t.order {
		tree := t.named[name]
		for _, intent := range tree.StartsOn {
			if other, ok := starts[intent]; ok {
				l.problems.add(tree.File, tree.Line, "the intent %s starts %s already: take it out of one", intent, other)
			}
			starts[intent] = name
		}
		for _, other := range tree.MixedUp {
			if t.named[other] == nil {
				l.problems.add(tree.File, tree.Line, "there is no tree %s: correct mixed_up_with", other)
			}
		}
		for i := range tree.Questions {
			q := &tree.Questions[i]
			for value, to := range q.Go {
				if !q.Accepts(value) {
					l.problems.add(q.File, q.Line, "%s offers no %q: correct its go", q.Slot, value)
				}
				if t.named[to] == nil {
					l.problems.add(q.File, q.Line, "there is no tree %s: correct the go of %s", to, q.Slot)
				}
			}
		}
		if at := t.cycle(name, name, nil); at != nil {
			l.problems.add(tree.File, tree.Line, "go leads in a circle: %s; end one of them", strings.Join(at, " → "))
		}
	}
}

// cycle finds a way along `go` from a tree back to itself.
func (t *Trees) cycle(from, at string, seen []string) []string {
	tree := t.named[at]
	if tree == nil || slices.Contains(seen, at) {
		return nil
	}
	seen = append(seen, at)
	for i := range tree.Questions {
		for _, to := range tree.Questions[i].Go {
			if to == from {
				return append(slices.Clone(seen), to)
			}
			if way := t.cycle(from, to, seen); way != nil {
				return way
			}
		}
	}
	return nil
}
