package locales

import (
	"strings"
	"sync"
	"testing"

	"github.com/BurntSushi/toml"

	"concierge/internal/phrase"
)

// TestWhereAKeyStands: a finding that names the wrong line sends a translator to the wrong sentence.
func TestWhereAKeyStands(t *testing.T) {
	text := `# The file's own words.

# Said first. Ref "C7K".
a = "x = 1 # no comment" # behind it
[tree.size] # the table's
# Asked.
ask = """
first
[not.a.table]
key = "no key" \"""" # after three
list = [ # several
  "one ]", # inside
  'two "',
]
"quoted" = 'it''s'
dotted . part = "y"
inline = {one = "}", other = "{{.Count}}"}

# Kept away by an empty line.

last = "z"`
	var ok map[string]any
	if err := toml.Unmarshal([]byte(strings.Replace(text, "'it''s'", "'its'", 1)), &ok); err != nil {
		t.Fatalf("the sample is no TOML: %v", err)
	}
	text = strings.Replace(text, "'it''s'", "'its'", 1)
	places := placesOf(text)
	for key, want := range map[string]place{
		"a":                     {4, `Said first. Ref "C7K". behind it`},
		"tree.size":             {5, "the table's"},
		"tree.size.ask":         {7, "Asked. after three"},
		"tree.size.list":        {11, ""},
		"tree.size.quoted":      {15, ""},
		"tree.size.dotted.part": {16, ""},
		"tree.size.inline":      {17, ""},
		"tree.size.last":        {21, ""},
	} {
		if got := places[key]; got.line != want.line || want.comment != "" && got.comment != want.comment {
			t.Errorf("%s stands at %+v, want %+v", key, got, want)
		}
	}
	if places["tree.size.last"].comment != "" {
		t.Errorf("a comment far above belongs to last: %q", places["tree.size.last"].comment)
	}
	if _, there := places["tree.size.key"]; there {
		t.Error("a line inside a text was taken for a key")
	}
}

func FuzzPlaces(f *testing.F) {
	f.Add("a = \"\"\"x\n\"\"\" # c\n[t]\nb = ['x', \"y\"]\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		for key, p := range placesOf(text) {
			if p.line < 1 || p.line > lines {
				t.Errorf("%q stands at line %d of %d", key, p.line, lines)
			}
		}
	})
}

// TestManySpeakAtOnce: what is kept for the next sentence must not leak into somebody else's.
func TestManySpeakAtOnce(t *testing.T) {
	s := load(t, "en/messages.toml", reports)
	var all sync.WaitGroup
	for _, name := range []string{"anna", "bilal", "chen", "dora"} {
		all.Go(func() {
			for range 2000 {
				got := s.SayKey("en", "about", phrase.Var{Name: "What", Text: name}, phrase.Var{Name: "Where",
					Lines: []phrase.Line{{Key: "status.list", Vars: []phrase.Var{{Name: "Count", Count: 2}}}, {Text: name}}})
				if want := name + " in You have 2 reports., " + name; got != want {
					t.Errorf("said %q, want %q", got, want)
					return
				}
			}
		})
	}
	all.Wait()
}
