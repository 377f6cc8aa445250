package dialog_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"concierge/dialog"
	"concierge/dialog/understand"
)

var update = flag.Bool("update", false, "write what is said now into testdata")

func settings(t testing.TB, tags ...string) dialog.Settings {
	t.Helper()
	if len(tags) == 0 {
		tags = []string{"en"}
	}
	trees, err := dialog.Load(dialog.Layer{Name: "trees", FS: dialog.BuiltIn()})
	if err != nil {
		t.Fatal(err)
	}
	book := readBook(t, tags...)
	names := map[string]string{"en": "English", "ur": "اردو", "pl": "Polski"}
	var languages []dialog.Language
	for _, tag := range tags {
		languages = append(languages, dialog.Language{Tag: tag, Name: names[tag]})
	}
	never := func(more map[string]dialog.Stopper) map[string]dialog.Stopper {
		all := map[string]dialog.Stopper{"danger.yes": {Line: "emergency", Never: true}}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	return dialog.Settings{
		Trees: trees, Book: book, Has: has(book), Classify: keywords{}, Languages: languages, Groups: []string{"roads", "parks"},
		Services: []dialog.Service{
			{Code: "pothole", Group: "roads", Joins: true, Dated: true, Stoppers: never(map[string]dialog.Stopper{"size.collapse": {Line: "highways"}}),
				NotOurs: map[string]string{"where.motorway": "motorways"}},
			{Code: "street_light", Group: "roads", Joins: true, Dated: true,
				Stoppers: never(map[string]dialog.Stopper{"fault.leaning": {Line: "highways"}, "fault.door_open": {Line: "highways"}})},
			{Code: "park_path", Group: "parks", Stoppers: never(nil)},
		},
		Owners: map[string]dialog.Owner{"motorways": {Name: "National Roads", Call: "0121 496 0144"}},
	}
}

// keywords is a classifier a reader can follow; the trained one is tested in understand.
type keywords struct{}

func (keywords) Classify(folded string) []understand.Guess {
	var all []understand.Guess
	for _, k := range []struct {
		word, intent string
		sure         float64
	}{{"pothole", "pothole", 0.95}, {"street light", "street_light", 0.95}, {"lamp", "street_light", 0.6}, {"park", "park", 0.9},
		{"problem", "pothole", 0.3}, {"problem", "street_light", 0.25}} {
		if understand.Has(folded, k.word) {
			all = append(all, understand.Guess{Intent: k.intent, Sure: k.sure})
		}
	}
	return append(all, understand.Guess{Intent: understand.OffTopic, Sure: 0.05})
}

func engine(t testing.TB, tags ...string) *dialog.Engine {
	t.Helper()
	e, err := dialog.New(settings(t, tags...))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestTranscripts plays every file of testdata: "> " is what a resident writes, "< " what we say, "! " what is done; "+ 3h" lets time
// pass, "@ …" sets the scene. Run with -update to write what is said now, then read it.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d transcripts, %v", len(files), err)
	}
	e, words := engine(t, "en", "ur", "pl"), readBook(t, "en", "ur", "pl")
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, e, words, string(data))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(data) {
				t.Errorf("it now reads:\n%s", got)
			}
			if strings.Contains(got, "MISSING") {
				t.Error("words are missing")
			}
		})
	}
}

// phone is one resident at their phone. Whatever language they chose, the transcript is in English: it is about what is done.
type phone struct {
	e       *dialog.Engine
	book    *book
	town    *town
	session dialog.Session
	next    dialog.Input // what stays the same from message to message
	n       int
	said    []dialog.Said
	buttons bool
	speaks  string // the language of the transcript; "" English
}

func (p *phone) tag() string {
	if p.speaks == "" {
		return "en"
	}
	return p.speaks
}

func play(t testing.TB, e *dialog.Engine, words *book, script string) string {
	t.Helper()
	p := &phone{e: e, book: words, town: &town{}, session: dialog.Session{Lang: "en", Runs: 11}}
	p.next.Since = time.Minute
	p.next.Plain = true
	var out []string
	for line := range strings.SplitSeq(strings.TrimRight(script, "\n"), "\n") {
		head, rest, _ := strings.Cut(line, " ")
		switch head {
		case ">":
			out = append(out, line)
			out = append(out, p.write(t, rest)...)
		case "+":
			d, err := time.ParseDuration(rest)
			if err != nil {
				t.Fatal(err)
			}
			p.next.Since = d
			out = append(out, line)
		case "@":
			p.scene(t, rest)
			out = append(out, line)
		case "<", "!", "":
			if line == "" {
				out = append(out, line)
			}
		default:
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n") + "\n"
}

// scene sets what is so before the next message.
func (p *phone) scene(t testing.TB, what string) {
	t.Helper()
	switch head, rest, _ := strings.Cut(what, " "); head {
	case "first":
		p.next.First, p.session.Lang = true, ""
	case "buttons":
		p.next.Plain, p.buttons = false, true
	case "for": // the next came by a link: which run's, and what that was filed as
		_, _ = fmt.Sscan(rest, &p.next.Run, &p.next.Filed)
	case "sms":
		p.next.Upload = true
	case "about":
		p.next.About = strings.Fields(rest)
	case "fixed":
		p.next.Fixed = true
	case "neighbours":
		p.town.near = []dialog.CaseBrief{oneCase}
		p.town.near[0].Followers = 3
	case "cases":
		p.town.mine = []dialog.CaseBrief{oneCase, twoCase}
	case "broken":
		p.town.broken = true
	case "lang":
		p.session.Lang = rest
	default:
		t.Fatalf("no scene %q", what)
	}
}

func (p *phone) write(t testing.TB, text string) []string {
	t.Helper()
	p.n++
	in := p.next
	in.Message, in.Kind, in.Text = fmt.Sprintf("m%d", p.n), dialog.Text, text
	for strings.HasPrefix(in.Text, "[") {
		thing, rest, ok := strings.Cut(in.Text[1:], "]")
		if !ok {
			break
		}
		in.Text = strings.TrimSpace(rest)
		p.thing(t, &in, thing)
	}
	s, events := p.e.Turn(context.Background(), p.town, p.session, in)
	data, err := dialog.Encode(s)
	if err != nil || len(data) > dialog.MaxSession {
		t.Fatalf("session of %d bytes: %v", len(data), err)
	}
	if p.session, err = dialog.Decode(data); err != nil {
		t.Fatal(err)
	}
	p.next.Since, p.next.First, p.next.Run, p.next.Filed = time.Minute, false, 0, ""
	return p.told(events)
}

// thing reads what stands in brackets: a photo, a pin, a button by its label.
func (p *phone) thing(t testing.TB, in *dialog.Input, thing string) {
	t.Helper()
	kind, rest, _ := strings.Cut(thing, " ")
	switch kind {
	case "photo", "voice", "sticker", "video", "file":
		in.Kind = dialog.Media
		in.Media = append(in.Media, kind)
	case "pin":
		in.Kind, in.Location = dialog.Pin, &dialog.Location{Lat: 52.4510, Lon: -1.9022, Metres: 10}
		if rest == "far" {
			in.Location.Lat = 52.40
		}
		if rest == "outside" {
			in.Location.Lat = 51
		}
	case "press":
		in.Kind, in.Label = dialog.Press, rest
		for i := len(p.said) - 1; i >= 0; i-- {
			for _, c := range p.said[i].Choices {
				if in.Press == "" && p.book.say(p.tag(), c.Label) == rest {
					in.Press = c.Data
				}
			}
		}
	case "data":
		in.Kind, in.Press = dialog.Press, rest
	case "edit":
		in.Kind, in.Edits = dialog.Edit, rest
	case "start":
		in.Kind, in.Payload = dialog.Start, rest
	case "returned":
		in.Kind, in.Returned = dialog.Returned, rest
	case "resume":
		in.Kind = dialog.Resume
	default:
		t.Fatalf("no such thing %q", thing)
	}
}

// told writes down what came of a turn.
func (p *phone) told(events []dialog.Event) []string {
	var out []string
	for _, ev := range events {
		switch ev := ev.(type) {
		case dialog.Said:
			p.said = append(p.said, ev)
			for i, l := range p.shown(ev) {
				if i == 0 {
					out = append(out, "< "+l)
				} else {
					out = append(out, "<   "+l)
				}
			}
		case dialog.Stepped:
		case dialog.Filed:
			line := fmt.Sprintf("! filed %s urgent=%v photos=%v place=%q", ev.Service, ev.Urgent, ev.Photos, ev.Place.Label+ev.Place.Words)
			for _, a := range ev.Answers {
				if !strings.HasPrefix(a.Value, "{") {
					line += fmt.Sprintf(" %s=%s", a.Slot, a.Value)
				}
			}
			out = append(out, line)
		case dialog.HandedOff:
			out = append(out, fmt.Sprintf("! handed off %s tree=%s missed=%q", ev.Reason, ev.Tree, ev.Missed))
		default:
			out = append(out, "! "+strings.TrimPrefix(fmt.Sprintf("%+v", ev), "dialog.")+kindOf(ev))
		}
	}
	if len(out) == 0 {
		out = append(out, "! nothing is said")
	}
	return out
}

func kindOf(ev dialog.Event) string {
	return " " + strings.TrimPrefix(fmt.Sprintf("%T", ev), "dialog.")
}

func (p *phone) shown(s dialog.Said) []string {
	var lines []string
	for _, l := range s.Lines {
		lines = append(lines, strings.Split(p.book.say(p.tag(), l), "\n")...)
	}
	if p.buttons {
		row := ""
		for _, c := range s.Choices {
			row += "[" + p.book.say(p.tag(), c.Label) + "] "
		}
		if row != "" {
			lines = append(lines, strings.TrimSpace(row))
		}
		return lines
	}
	if !s.Named {
		for i, c := range s.Choices {
			lines = append(lines, fmt.Sprintf("%d %s", i+1, p.book.say(p.tag(), c.Label)))
		}
	}
	return lines
}
