package channels

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func choices(labels ...string) []Choice {
	var out []Choice
	for i, l := range labels {
		out = append(out, Choice{Data: fmt.Sprintf("7:severity=%d", i), Label: l})
	}
	return out
}

// shown is a rendered message as a line: its text, then its buttons.
func shown(o Outgoing) string {
	s := strings.ReplaceAll(o.Text, "\n", "⏎")
	for _, c := range o.Choices {
		s += " [" + c.Label
		if c.Hint != "" {
			s += "/" + c.Hint
		}
		s += "]"
	}
	if o.Pin != "" {
		s += " {" + o.Pin + "}"
	}
	return s
}

func TestRender(t *testing.T) {
	ask := "Your report is nearly done.\nHow deep is it?"
	for _, c := range []struct {
		name string
		on   Name
		o    Outgoing
		want []string
	}{
		{"SMS numbers its choices", SMS, Outgoing{Text: ask, Choices: choices("Shallow", "Deep")},
			[]string{"Your report is nearly done.⏎How deep is it?⏎1 Shallow⏎2 Deep"}},
		{"SMS, the text names the answers", SMS, Outgoing{Text: "Or reply 1 to skip", Named: true, Choices: choices("Skip")},
			[]string{"Or reply 1 to skip"}},
		{"SMS folds", SMS, Outgoing{Text: "It’s here", Choices: choices("I don’t know")}, []string{"It's here⏎1 I don't know"}},
		{"SMS keeps Polish", SMS, Outgoing{Text: "Gdzie? – tu", Choices: choices("Nie wiem ż")}, []string{"Gdzie? - tu⏎1 Nie wiem ż"}},
		{"WhatsApp quick replies under the last line", WhatsApp, Outgoing{Text: ask, Choices: choices("Shallow", "Deep")},
			[]string{"Your report is nearly done.", "How deep is it? [Shallow] [Deep]"}},
		{"WhatsApp list for four", WhatsApp, Outgoing{Text: "Which?", Choices: choices("A", "B", "C", "D")},
			[]string{"Which? [A/A] [B/B] [C/C] [D/D]"}},
		{"WhatsApp list for a label of 22", WhatsApp, Outgoing{Text: "Which?", Choices: choices(strings.Repeat("b", 22), "B")},
			[]string{"Which? [bbbbbbbbbbbbbbbbbbbbbb/bbbbbbbbbbbbbbbbbbbbbb] [B/B]"}},
		{"WhatsApp numbers a label of 25", WhatsApp, Outgoing{Text: "Which?", Choices: choices(strings.Repeat("b", 25), "B")},
			[]string{"Which?⏎1 bbbbbbbbbbbbbbbbbbbbbbbbb⏎2 B"}},
		{"WhatsApp numbers twins", WhatsApp, Outgoing{Text: "Which?", Choices: choices("Park Road", "park road")},
			[]string{"Which?⏎1 Park Road⏎2 park road"}},
		{"WhatsApp numbers under a long question", WhatsApp, Outgoing{Text: strings.Repeat("q", 256), Choices: choices("Yes")},
			[]string{strings.Repeat("q", 256) + "⏎1 Yes"}},
		{"WhatsApp, a template stays one message", WhatsApp,
			Outgoing{Text: "Fixed.\nIs it?", Choices: choices("Yes", "No"), Template: &Template{Key: "case_fixed"}},
			[]string{"Fixed.⏎Is it?⏎1 Yes⏎2 No"}},
		{"Telegram inline", Telegram, Outgoing{Text: ask, Choices: choices("Shallow", strings.Repeat("x", 41))},
			[]string{"Your report is nearly done.⏎How deep is it? [Shallow] [" + strings.Repeat("x", 39) + "…]"}},
		{"Telegram pin", Telegram, Outgoing{Text: "Where?", Pin: "Share location", Choices: choices("Skip")},
			[]string{"Where? [Skip] {Share location}"}},
		{"nothing to choose", Telegram, Outgoing{Text: "  Hello \r\n"}, []string{"Hello"}},
	} {
		var got []string
		for _, o := range Render(c.o, Can(c.on)) {
			got = append(got, shown(o))
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func TestRenderLongText(t *testing.T) {
	url := "https://council.example/t/" + strings.Repeat("x", 40)
	long := strings.Repeat("We will look at it. It may take a while, dear neighbour. ", 12) + "\n\n" +
		strings.Repeat("Ulica Długa jest zalana. ", 10) + "\n" + url + "\nWhich one is it?"
	for _, n := range []Name{SMS, WhatsApp, Telegram} {
		for k := 0; k <= 10; k++ {
			labels := make([]string, k)
			for i := range labels {
				labels[i] = fmt.Sprintf("Choice number %d with a long label", i)
			}
			o := Outgoing{Text: strings.Repeat(long+"\n\n", 3), Choices: choices(labels...), Photo: "p", Retire: []Handle{"h"}, Pin: "pin"}
			out := Render(o, Can(n))
			all := ""
			for i, p := range out {
				if !Can(n).fits(p.Text) {
					t.Errorf("%s, %d choices: piece %d is too long", n, k, i)
				}
				if (p.Photo != "") != (i == 0) || (len(p.Retire) > 0) != (i == len(out)-1) || (p.Pin != "") != (i == len(out)-1) {
					t.Errorf("%s, %d choices: piece %d carries the wrong things", n, k, i)
				}
				all += p.Text + "\n"
				for _, c := range p.Choices {
					all += c.Label + "\n"
				}
			}
			if strings.Count(all, url) != 3 {
				t.Errorf("%s, %d choices: a URL was cut", n, k)
			}
			for _, l := range labels {
				if !strings.Contains(all, l) {
					t.Errorf("%s, %d choices: %q was lost", n, k, l)
				}
			}
			if k > 0 && !strings.Contains(out[len(out)-1].Text, "Which one is it?") {
				t.Errorf("%s, %d choices: the last piece lost its question: %q", n, k, out[len(out)-1].Text)
			}
		}
	}
}

func TestValidData(t *testing.T) {
	for data, want := range map[string]bool{
		"7:severity=2": true, "": false, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false, "ż": false, "a\nb": false,
	} {
		if ValidData(data) != want {
			t.Errorf("ValidData(%q)", data)
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add("Where is it?\nhttps://a.example/x", "Yes|No|1|2", uint8(0))
	f.Add(strings.Repeat("👨‍👩‍👧‍👦", 300), "ż|ż", uint8(1))
	f.Add("e"+strings.Repeat("\u0301", 2000), "", uint8(0))
	f.Fuzz(func(t *testing.T, text, labels string, on uint8) {
		if len(text) > 20000 || len(labels) > 2000 {
			return
		}
		n := []Name{SMS, WhatsApp, Telegram}[on%3]
		var cs []Choice
		if labels != "" {
			cs = choices(strings.Split(labels, "|")...)
		}
		if len(cs) > 10 {
			cs = cs[:10]
		}
		out := Render(Outgoing{Text: text, Choices: cs}, Can(n))
		if len(out) == 0 {
			t.Fatal("nothing rendered")
		}
		for _, o := range out {
			if !utf8.ValidString(o.Text) || strings.ContainsAny(o.Text, "\x00\r") || !Can(n).fits(o.Text) {
				t.Fatalf("%s: %q", n, o.Text)
			}
		}
	})
}

func BenchmarkRender(b *testing.B) {
	o := Outgoing{Text: "Thank you. I have put down a pothole on Stratford Road.\nHow deep is it – deeper than a mug?",
		Choices: choices("Shallow", "Deep", "I don’t know")}
	for _, n := range []Name{SMS, WhatsApp, Telegram} {
		b.Run(string(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Render(o, Can(n))
			}
		})
	}
}

func BenchmarkSegments(b *testing.B) {
	s := strings.Repeat("Gdzie jest dziura? ż", 8)
	for b.Loop() {
		Segments(s)
	}
}
