package twilio

import (
	"encoding/json"
	"flag"
	"net/url"
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

func golden(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.form")
	if err != nil || len(files) < 40 {
		t.Fatal(len(files), err)
	}
	return files
}

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(b), "\n")
}

func TestGolden(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)
	for _, name := range golden(t) {
		f, ok := splitForm(read(t, name))
		if !ok {
			t.Fatal(name)
		}
		m, ok := parse(f, now)
		got, err := json.MarshalIndent(struct {
			Message channels.Message
			OK      bool
		}{m, ok}, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		want := strings.TrimSuffix(name, ".form") + ".want"
		if *update {
			if err := os.WriteFile(want, append(got, '\n'), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if old := read(t, want); old != string(got) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, old)
		}
		if strings.Contains(string(got), "Ayesha") {
			t.Errorf("%s keeps a profile name", name)
		}
	}
}

// FuzzForm: whatever is posted, there is no panic; splitting agrees with the standard library wherever that has an opinion; and what
// is received keeps the promises of channels.Message.
func FuzzForm(f *testing.F) {
	for _, name := range golden(f) {
		f.Add(read(f, name))
	}
	for _, s := range []string{"", "&&", "a=1&a=2", "a=%zz", "a;b=1", "=x", "%00=%ff", "a=b=c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, ok := splitForm(body)
		if want, err := url.ParseQuery(body); err == nil {
			if !ok || len(want) != len(got) {
				t.Fatalf("split %v %v, the library %v", ok, got, want)
			}
			for k, vs := range want {
				if strings.Join(got[k], "\x01") != strings.Join(vs, "\x01") {
					t.Fatalf("%q is %q, the library says %q", k, got[k], vs)
				}
			}
		}
		if !ok {
			return
		}
		got.signed()
		m, ok := parse(got, time.Now())
		if !ok {
			return
		}
		if strings.ContainsAny(m.Text+m.Press.Label, "\r\x00") || !utf8.ValidString(m.Text) || utf8.RuneCountInString(m.Text) > 4096 {
			t.Errorf("a text that breaks its promise: %q", m.Text)
		}
		if _, err := channels.ParseAddress(string(m.From)); err != nil {
			t.Errorf("from %q", m.From)
		}
		if len(m.Media) > maxMedia || m.Press.Data != "" && !channels.ValidData(m.Press.Data) {
			t.Errorf("%+v", m)
		}
	})
}

// BenchmarkWebhook is the bar of docs/channels.md: verify and parse in 60 µs, a WhatsApp form whose second token fits.
func BenchmarkWebhook(b *testing.B) {
	tw := newTwilio(b, &channeltest.Receiver{}, nil, func(s *Settings) {
		s.AuthTokens = []string{"00000000000000000000000000000000", channeltest.TwilioToken}
	})
	body := read(b, "testdata/whatsapp_from_an_advert.form")
	v, err := url.ParseQuery(body)
	if err != nil || len(v) < 20 {
		b.Fatal(len(v), err)
	}
	u := public + Route
	signature := channeltest.Sign(channeltest.TwilioToken, u, v)
	b.ReportAllocs()
	for b.Loop() {
		f, ok := splitForm(body)
		if !ok || !tw.signed([]string{u, u + Overrides}, f, signature) {
			b.Fatal("refused")
		}
		if _, ok := parse(f, time.Time{}); !ok {
			b.Fatal("unreadable")
		}
	}
}
