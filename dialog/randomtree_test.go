package dialog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"concierge/dialog"
)

// noWords is a language without a word: what is left is numbers, buttons, photos and pins.
type noWords struct{}

func (noWords) Tags() []string { return []string{"en"} }
func (noWords) Words(_, key string) []string {
	return map[string][]string{"command.back": {"back"}, "command.send": {"send"}}[key]
}
func (noWords) Keys(_, prefix string) []string {
	if prefix == "command." {
		return []string{"command.back", "command.send"}
	}
	return nil
}
func (noWords) Text(string, string) string { return "" }

// anyTree draws a tree that loads: questions of every kind, conditions on earlier choices.
func anyTree(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("tree: any\nfiles: any\nreview: true\nend: file\nquestions:\n")
	var choices []string
	for i := range rapid.IntRange(1, 12).Draw(t, "questions") {
		kind := rapid.SampledFrom([]string{"choice", "choice", "yesno", "place", "photo", "text", "number", "choices"}).Draw(t, "kind")
		fmt.Fprintf(&b, "  - {slot: s%d, kind: %s", i, kind)
		if kind == "choice" || kind == "choices" {
			b.WriteString(", choices: [a, b, c]")
		}
		if kind == "photo" || rapid.Bool().Draw(t, "optional") {
			b.WriteString(", optional: true")
		}
		if len(choices) > 0 && rapid.Bool().Draw(t, "when") {
			on := rapid.SampledFrom(choices).Draw(t, "on")
			test := rapid.SampledFrom([]string{"%s == a", "%s != b", "%s in [a, c]", "not %s answered", "%s answered and not (%[1]s == c)"}).Draw(t, "test")
			fmt.Fprintf(&b, ", when: \"%s\"", fmt.Sprintf(test, on))
		}
		if kind == "choice" {
			choices = append(choices, fmt.Sprintf("s%d", i))
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func TestAnyTreeIsWalkedToItsEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := anyTree(t)
		trees, err := dialog.Load(dialog.Layer{FS: folder(map[string]string{"any.yaml": source})})
		if err != nil {
			t.Fatalf("%s\n%v", source, err)
		}
		e, err := dialog.New(dialog.Settings{Trees: trees, Book: noWords{}, Languages: []dialog.Language{{Tag: "en", Name: "English"}},
			Services: []dialog.Service{{Code: "any", Stoppers: map[string]dialog.Stopper{"s0.a": {Line: "x"}}}}})
		if err != nil {
			t.Fatal(err)
		}
		s := dialog.Session{Lang: "en", Runs: 5, Stack: []dialog.Run{{No: 5, Tree: "any"}}}
		asked := map[string]int{}
		for range 60 {
			now := e.Now(s)
			if now.Review {
				_, events := e.Turn(context.Background(), &town{}, s, text("send"))
				if f, ok := filedIn(events); !ok || fmt.Sprint(f.Answers) != fmt.Sprint(now.Answers) {
					t.Fatalf("(9) %s\nSEND filed %+v of %+v", source, f, now.Answers)
				}
				return
			}
			in := dialog.Input{Message: "m", Kind: dialog.Text, Since: time.Minute, Plain: true}
			asked[now.Slot]++
			if asked[now.Slot] > 3 {
				t.Fatalf("(6) %s\n%s is asked a fourth time", source, now.Slot)
			}
			switch trees.Tree("any").Question(now.Slot).Kind {
			case dialog.AskPlace:
				in.Kind, in.Location = dialog.Pin, &dialog.Location{Lat: 52.45, Lon: -1.8}
			case dialog.AskPhoto:
				in.Kind, in.Media = dialog.Media, []string{"photo"}
			case dialog.AskText:
				in.Text = "words"
			default:
				in.Text = rapid.SampledFrom([]string{"1", "2"}).Draw(t, "answer")
			}
			var events []dialog.Event
			s, events = e.Turn(context.Background(), &town{}, s, in)
			s = copied(t, s)
			endsInOne(t, s, events)
			if rapid.IntRange(0, 9).Draw(t, "back") == 0 && len(e.Now(s).Answers) > 0 {
				s, _ = e.Turn(context.Background(), &town{}, s, text("back"))
				asked = map[string]int{}
			}
		}
		t.Fatalf("no end after 60 answers:\n%s", source)
	})
}

func filedIn(events []dialog.Event) (dialog.Filed, bool) {
	for _, ev := range events {
		if f, ok := ev.(dialog.Filed); ok {
			return f, true
		}
	}
	return dialog.Filed{}, false
}
