package dialog_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"concierge/dialog"
)

func has(b *book) func(tag, key string) bool {
	return func(tag, key string) bool { _, ok := b.messages[tag][key]; return ok }
}

func checked(t *testing.T, tags ...string) (*dialog.Trees, dialog.CheckWith) {
	t.Helper()
	trees, err := dialog.Load(dialog.Layer{Name: "trees", FS: dialog.BuiltIn()})
	if err != nil {
		t.Fatal(err)
	}
	b := readBook(t, tags...)
	return trees, dialog.CheckWith{Book: b, Has: has(b), Lists: []string{"parks"}, Services: []dialog.CheckService{
		{Code: "pothole", Stoppers: []string{"danger.yes", "size.collapse"}, NotOurs: []string{"where.motorway"}, Required: []string{"size"}},
		{Code: "street_light", Stoppers: []string{"danger.yes", "fault.leaning"}, Required: []string{"fault"}},
		{Code: "park_path", Stoppers: []string{"danger.yes"}, Required: []string{"problem"}},
	}}
}

func TestOurTreesAreInOrder(t *testing.T) {
	trees, with := checked(t, "en")
	for _, p := range dialog.Check(trees, with).Errors() {
		t.Error(p)
	}
	for _, name := range trees.Names() { // and with every service there is switched on
		if tree := trees.Tree(name); tree.Files != "" && !slices.ContainsFunc(with.Services, func(s dialog.CheckService) bool { return s.Code == tree.Files }) {
			with.Services = append(with.Services, dialog.CheckService{Code: tree.Files, Stoppers: dangerOf(tree)})
		}
	}
	for _, p := range dialog.Check(trees, with) {
		if p.Warning {
			t.Log(p)
			continue
		}
		t.Error(p)
	}
}

func dangerOf(t *dialog.Tree) []string {
	if t.Question("danger") == nil {
		return nil
	}
	return []string{"danger.yes"}
}

func TestCheckFindsWhatNobodyWouldBeAsked(t *testing.T) {
	_, with := checked(t, "en")
	trees, err := dialog.Load(dialog.Layer{Name: "trees", FS: dialog.BuiltIn()}, dialog.Layer{Name: "ours", FS: folder(map[string]string{"pothole.yaml": `tree: pothole
files: pothole
starts_on: [unheard_of]
questions:
  - use: location
  - {slot: kind, kind: choice, choices: [a, b]}
  - {slot: never, kind: text, when: kind == a and kind == b}
  - {slot: again, kind: text, when: kind == a}
  - {slot: again, kind: text, when: "kind in [a, b]"}
  - use: danger
  - {slot: list, kind: lookup, list: ponds}
review: true
end: file
`})})
	if err != nil {
		t.Fatal(err)
	}
	with.Services[0].Stoppers = []string{"size.collapse"}
	with.Services = append(with.Services, dialog.CheckService{Code: "unicorns"})
	got := dialog.Check(trees, with).Error()
	for _, want := range []string{
		"ours/pothole.yaml:7: never is never asked", "pothole asks again twice on one way", "danger is asked first, or right after",
		"the service pothole has no stopper danger.yes", "intent.unheard_of has no phrases", "council.yaml names the answer size.collapse",
		"needs the attribute size", "the words pothole.kind.a are missing", "there is no list ponds", "no tree files the service unicorns",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

func TestPathsOfTheParkPath(t *testing.T) {
	trees, _ := checked(t, "en")
	paths := trees.Tree("park_path").Paths(200)
	var ways []string
	for _, p := range paths {
		ways = append(ways, strings.Join(p.Answers, " ")+": "+strings.Join(p.Slots, " "))
	}
	want := []string{
		"problem=overgrown: park problem location blocked photo details",
		"problem=surface: park problem danger location blocked photo details",
		"problem=gate: park problem danger location photo details",
		"problem=fallen_tree: park problem",
		"problem=water: park problem",
		"problem=something_else: park problem danger location photo details",
	}
	if strings.Join(ways, "\n") != strings.Join(want, "\n") {
		t.Errorf("the ways are\n%s", strings.Join(ways, "\n"))
	}
}

func TestKeysOfWhatIsSwitchedOffAreNotNeeded(t *testing.T) {
	trees, _ := checked(t, "en")
	on := func(service string) bool { return service == "pothole" }
	for key, want := range map[string]bool{"pothole.size.ask": false, "street_light.fault.ask": true, "service.street_light.name": true,
		"service.pothole.name": false, "park.topic.ask": false, "shared.danger.ask": false, "case.head": false} {
		if trees.Unused(key, on) != want {
			t.Errorf("%s is unused: %v", key, !want)
		}
	}
}

// TestWordsToTypeAreCommands holds every word in capitals that English asks to type to be one we understand, and none that carriers act on.
func TestWordsToTypeAreCommands(t *testing.T) {
	b := readBook(t, "en")
	e := engine(t, "en")
	for key, text := range b.messages["en"] {
		if strings.HasPrefix(key, "desk.") || strings.HasPrefix(key, "simulator.") || strings.HasPrefix(key, "tracking.") {
			continue
		}
		for _, phrase := range capitals.FindAllString(text, -1) {
			switch phrase {
			case "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "START", "YES", "UNSTOP", "HELP", "INFO":
				t.Errorf("%s asks to type %s, on which the carriers act", key, phrase)
			case "SMS", "STATUS LANGUAGE", "GPS", "JPEG", "PNG", "UTF-8", "MB", "PDF":
			default:
				if e.Command("en", phrase) == "" {
					t.Errorf("%s asks to type %q, which is no command", key, phrase)
				}
			}
		}
	}
}

var capitals = regexp.MustCompile(`\b[A-Z]{3,}(?: [A-Z]{2,})*\b`)

func TestATreeIsDrawn(t *testing.T) {
	trees, _ := checked(t, "en")
	got := trees.Tree("cover").Mermaid(nil) + trees.Tree("park_path").Mermaid(nil)
	for _, want := range []string{"flowchart TD\n  start([cover])\n", "  start --> q0\n  q0 --> q1\n", "  q5 --> review\n", `  finish(["file cover"])`,
		`  q1 -->|"problem != overgrown"| q2`, "  q1 --> q3\n  q2 --> q3\n", `  q1 -->|"fallen_tree"| tree_1([tree])`} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not draw %q", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}
