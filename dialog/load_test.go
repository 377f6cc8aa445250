package dialog_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"go.yaml.in/yaml/v3"

	"concierge/dialog"
)

func folder(files map[string]string) fstest.MapFS {
	fs := fstest.MapFS{}
	for name, text := range files {
		fs[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fs
}

func TestEveryMistakeIsToldAtOnce(t *testing.T) {
	_, err := dialog.Load(dialog.Layer{Name: "trees", FS: folder(map[string]string{
		"shared.yaml": "place: [{slot: place, kind: place}]\n",
		"a.yaml": `tree: a
colour: red
questions:
  - {slot: size, kind: choice, choices: [small, "yes", small]}
  - {slot: size, kind: text}
  - {slot: late, kind: text, when: early == x}
  - {slot: bad, kind: text, when: size = small}
  - {slot: odd, kind: text, when: size == huge}
  - use: nothing
  - {slot: shape, kind: circle}
  - {slot: pick, kind: choice, choices: [a], upto: 3, go: {b: nowhere}}
end: file
`,
		"b.yaml": "tree: b\nstarts_on: [x]\nend: say\n---\ntree: c\nstarts_on: [x]\nend: {do: dance}\n---\ntree: b\nend: say\n",
		"d.yaml": "tree: [\n",
		"e.yaml": "tree: e\nquestions: [{slot: q, kind: choice, choices: [x], go: {x: f}}]\nend: say\n---\ntree: f\nquestions: [{slot: q, kind: choice, choices: [x], go: {x: e}}]\nend: say\n",
	})})
	var problems dialog.Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	for _, want := range []string{
		"trees/a.yaml:2: a tree has no field colour", `trees/a.yaml:4: a choice of size may not be named "yes"`, "trees/a.yaml:4: size offers small twice",
		"trees/a.yaml:5: a asks size twice", "trees/a.yaml:6: the when of late names early, which is not asked before it",
		"trees/a.yaml:7: the when of bad cannot be read", `trees/a.yaml:8: size has no choice "huge"`, `trees/a.yaml:9: there is no shared "nothing": one of place`,
		`trees/a.yaml:10: "circle" is no kind of question`, "trees/a.yaml:11: a question of kind choice has no field upto", `trees/a.yaml:11: pick offers no "b"`,
		"trees/a.yaml:11: there is no tree nowhere", "trees/a.yaml:12: a files nothing", "trees/a.yaml:12: a files without a review",
		"trees/b.yaml:5: the intent x starts b already", `trees/b.yaml:7: "dance" is nothing we can do`, "trees/b.yaml:9: the tree b is there already",
		"trees/d.yaml:1: is not YAML", "trees/e.yaml:1: go leads in a circle: e → f → e",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestACouncilsFolderLiesOverOurs(t *testing.T) {
	trees, err := dialog.Load(dialog.Layer{Name: "trees", FS: dialog.BuiltIn()}, dialog.Layer{Name: "ours", FS: folder(map[string]string{
		"pothole.yaml": "tree: pothole\nfiles: pothole\nstarts_on: [pothole]\nquestions: [{use: danger}, {use: location, optional: true}]\nreview: true\nend: file\n",
		"shared.yaml":  "photo: [{slot: photo, kind: photo, upto: 1}]\n",
	})})
	if err != nil {
		t.Fatal(err)
	}
	pothole := trees.Tree("pothole")
	if len(pothole.Questions) != 2 || !pothole.Questions[1].Optional || pothole.File != "ours/pothole.yaml" {
		t.Errorf("the council's pothole is %+v", pothole)
	}
	if q := trees.Tree("park_path").Question("photo"); q.Upto != 1 || q.Optional {
		t.Errorf("the council's photo is not used by our trees: %+v", q)
	}
}

func TestConditions(t *testing.T) {
	for when, want := range map[string]string{
		"a == x": "bc", "a != x": "", "a in [x, y] and not (b answered)": "bc", `a == "x" or b == y`: "bc",
	} {
		_, err := dialog.Load(dialog.Layer{FS: folder(map[string]string{"t.yaml": "tree: t\nquestions:\n" +
			"  - {slot: a, kind: choice, choices: [x, y]}\n  - {slot: b, kind: choice, choices: [x, y], optional: true}\n" +
			"  - {slot: c, kind: text, when: '" + when + "'}\nend: say\n"})})
		if err != nil {
			t.Errorf("%s (%s): %v", when, want, err)
		}
	}
	for _, when := range []string{"a", "a ==", "a == x and", "(a == x", "a in x", "a in [x", "not", "a == x b", strings.Repeat("(", 100) + "a == x"} {
		_, err := dialog.Load(dialog.Layer{FS: folder(map[string]string{"t.yaml": "tree: t\nquestions:\n" +
			"  - {slot: a, kind: choice, choices: [x, y]}\n  - {slot: c, kind: text, when: '" + when + "'}\nend: say\n"})})
		if err == nil {
			t.Errorf("%q is taken for a condition", when)
		}
	}
}

// TestSchemaKnowsWhatTheLoaderKnows holds trees/schema.json to the loader: every field and kind of the shipped trees and of each other.
func TestSchemaKnowsWhatTheLoaderKnows(t *testing.T) {
	data, err := os.ReadFile("trees/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]any
		Defs       struct {
			Question struct{ Properties map[string]any }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	// The loader names its fields when it meets one it does not know.
	_, err = dialog.Load(dialog.Layer{FS: folder(map[string]string{"t.yaml": "tree: t\nnone: 1\nend: say\n"})})
	compare(t, "a tree", fieldsIn(err.Error()), schema.Properties)
	fields := []string{"use"}
	kinds := schema.Defs.Question.Properties["kind"].(map[string]any)["enum"].([]any)
	for _, kind := range kinds {
		_, err = dialog.Load(dialog.Layer{FS: folder(map[string]string{"t.yaml": "tree: t\nquestions: [{slot: s, kind: " + kind.(string) +
			", none: 1, list: l, choices: [a]}]\nend: say\n"})})
		if err == nil || strings.Contains(err.Error(), "is no kind") {
			t.Fatalf("the schema's kind %s: %v", kind, err)
		}
		fields = append(fields, fieldsIn(err.Error())...)
	}
	slices.Sort(fields)
	compare(t, "a question", slices.Compact(fields), schema.Defs.Question.Properties)
}

func fieldsIn(err string) []string {
	_, list, _ := strings.Cut(err, "has no field none: one of ")
	list, _, _ = strings.Cut(list, "\n")
	return strings.Split(list, ", ")
}

func compare(t *testing.T, what string, loader []string, schema map[string]any) {
	t.Helper()
	for _, f := range loader {
		if schema[f] == nil {
			t.Errorf("the schema does not know the field %s of %s", f, what)
		}
		delete(schema, f)
	}
	for f := range schema {
		t.Errorf("the loader does not know the field %s of %s", f, what)
	}
}

func FuzzLoad(f *testing.F) {
	for _, name := range []string{"pothole.yaml", "park_path.yaml", "global.yaml", "shared.yaml"} {
		data, err := os.ReadFile("trees/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add("a: &a [*a]\ntree: x\nend: say")
	f.Fuzz(func(t *testing.T, text string) {
		trees, err := dialog.Load(dialog.Layer{Name: "t", FS: folder(map[string]string{"x.yaml": text})})
		var problems dialog.Problems
		if err != nil && (!errors.As(err, &problems) || len(problems) == 0) {
			t.Fatalf("%q: %v", text, err)
		}
		var plain any
		if err == nil && yaml.Unmarshal([]byte(text), &plain) != nil && len(trees.Names()) > 0 {
			t.Fatalf("%q is a tree and no YAML", text)
		}
	})
}
