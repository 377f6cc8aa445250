package channels

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// FuzzRenderWhole: whatever is said, on every channel, each piece fits, none is empty, nothing is lost, and no address is cut.
func FuzzRenderWhole(f *testing.F) {
	for _, s := range []string{
		"", "Hello.\nWhich?", strings.Repeat("a", 5000), strings.Repeat("ż ", 900), strings.Repeat("👨‍👩‍👧‍👦", 300), "one\n\n\ntwo", "\r\n\x00\xff",
		strings.Repeat("word ", 400) + "https://concierge.example/t/" + strings.Repeat("x", 22), strings.Repeat("e\u0301", 900), "`" + strings.Repeat("“", 800),
		strings.Repeat("ক্ষি", 300), strings.Repeat("€", 400),
	} {
		f.Add(s, uint8(3), "A label", false)
		f.Add(s, uint8(11), strings.Repeat("l", 90), true)
	}
	f.Fuzz(func(t *testing.T, text string, n uint8, label string, pin bool) {
		if len(text) > 20000 || len(label) > 2000 {
			return
		}
		o := Outgoing{Text: text, Retire: []Handle{"1:1"}}
		if pin {
			o.Pin = "Share"
		}
		for i := range n % 12 {
			o.Choices = append(o.Choices, Choice{Data: fmt.Sprintf("1:a=%d", i), Label: label + fmt.Sprint(i)})
		}
		for _, name := range []Name{SMS, WhatsApp, Telegram} {
			c := Can(name)
			start := time.Now()
			out := Render(o, c)
			if took := time.Since(start); took > 2*time.Second {
				t.Fatalf("%s: %v", name, took)
			}
			read, buttons := "", 0
			for i, p := range out {
				if !c.fits(p.Text) || !utf8.ValidString(p.Text) || strings.ContainsAny(p.Text, "\r\x00") {
					t.Fatalf("%s: piece %d of %d does not fit: %q", name, i, len(out), p.Text)
				}
				if strings.TrimSpace(p.Text) == "" && (len(out) > 1 || strings.TrimSpace(lines(text)) != "") {
					t.Fatalf("%s: piece %d of %d is empty", name, i, len(out))
				}
				if last := i == len(out)-1; !last && (len(p.Choices) > 0 || p.Pin != "" || p.Retire != nil) {
					t.Fatalf("%s: piece %d of %d carries what belongs to the last", name, i, len(out))
				}
				read += p.Text
				buttons += len(p.Choices)
			}
			if pin && out[len(out)-1].Pin == "" || out[len(out)-1].Retire == nil {
				t.Fatalf("%s: the last piece lost its pin or its spent prompts", name)
			}
			want := o.Text
			if buttons == 0 && len(o.Choices) > 0 {
				want = Numbered(strings.TrimSpace(lines(want)), o.Choices)
			} else if buttons != len(o.Choices) {
				t.Fatalf("%s: %d buttons of %d", name, buttons, len(o.Choices))
			}
			if name == SMS {
				want = FoldSMS(want)
			}
			if got, want := ink(read), ink(lines(want)); name != SMS && got != want || name == SMS && len(got) < len(want)/4 {
				t.Fatalf("%s: they read %q of %q", name, got, want)
			}
		}
	})
}

// ink is a text without its spaces, which a cut may swallow.
func ink(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func TestStatusesOnlyRise(t *testing.T) {
	order := []Status{Queued, Sending, Sent, Failed, Delivered, Read}
	for i, s := range order {
		if s.Rank() != i {
			t.Errorf("%s ranks %d, not %d", s, s.Rank(), i)
		}
	}
}
