package telegram

import (
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"concierge/channels"
	"concierge/channels/channeltest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func parser(t testing.TB) *Telegram {
	b, err := New(Settings{
		Token: channeltest.TelegramToken, Secret: channeltest.TelegramSecret, PublicURL: "https://concierge.example",
		Now: func() time.Time { return time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC) },
	}, &channeltest.Receiver{}, nil, slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// outcome is what a golden file holds.
type outcome struct {
	Message    channels.Message
	Query      string `json:",omitempty"`
	Unreadable bool   `json:",omitempty"`
	Unwanted   bool   `json:",omitempty"`
}

func TestGolden(t *testing.T) {
	b := parser(t)
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 40 {
		t.Fatal(len(files), err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var u fields
		if err := json.Unmarshal(raw, &u); err != nil {
			t.Fatal(name, err)
		}
		p := b.parse(u)
		got, err := json.MarshalIndent(outcome{p.message, p.query, p.unreadable, p.unwanted}, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		want := strings.TrimSuffix(name, ".json") + ".want"
		if *update {
			if err := os.WriteFile(want, append(got, '\n'), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		old, err := os.ReadFile(want)
		if err != nil {
			t.Fatal(err)
		}
		if string(old) != string(got)+"\n" {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, old)
		}
		for _, private := range []string{"Ayesha", "Khan", "Bob", "900124", "Neighbours"} {
			if strings.Contains(string(got), private) {
				t.Errorf("%s keeps the name or number %q", name, private)
			}
		}
	}
}

// FuzzUpdate: whatever comes in, there is no panic, and what is received keeps the promises of channels.Message.
func FuzzUpdate(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, name := range files {
		raw, _ := os.ReadFile(name)
		f.Add(raw)
	}
	b := parser(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var u fields
		if json.Unmarshal(raw, &u) != nil {
			return
		}
		p := b.parse(u)
		m := p.message
		if p.unreadable || p.unwanted {
			return
		}
		if m.ID == "" || m.From.Value() == "" || m.Kind == "" {
			t.Errorf("received without id, sender or kind: %+v", m)
		}
		if strings.ContainsAny(m.Text+m.Press.Label, "\r\x00") || !utf8.ValidString(m.Text) || utf8.RuneCountInString(m.Text) > 4096 {
			t.Errorf("a text that breaks its promise: %q", m.Text)
		}
		if m.Press.Data != "" && !channels.ValidData(m.Press.Data) {
			t.Errorf("data %q", m.Press.Data)
		}
		if l := m.Location; l != nil && !(l.Lat >= -90 && l.Lat <= 90 && l.Lon >= -180 && l.Lon <= 180 && l.Metres >= 0) {
			t.Errorf("location %+v", l)
		}
	})
}

// BenchmarkUpdate is the bar of docs/channels.md: verify and parse in 60 µs.
func BenchmarkUpdate(b *testing.B) {
	bot := parser(b)
	raw, err := os.ReadFile("testdata/photo.json")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if !bot.authentic(channeltest.TelegramSecret) {
			b.Fatal("not authentic")
		}
		var u fields
		if err := json.Unmarshal(raw, &u); err != nil {
			b.Fatal(err)
		}
		if p := bot.parse(u); p.message.Kind != channels.KindMedia {
			b.Fatal(p)
		}
	}
}
