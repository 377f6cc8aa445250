package dialog_test

import (
	"context"
	"testing"
	"time"

	"concierge/dialog"
)

// BenchmarkTurn is a typical turn, the session's decoding and encoding included. Bar: 20 µs, 60 allocations.
func BenchmarkTurn(b *testing.B) {
	e := engine(b, "en", "ur", "pl")
	for _, c := range []struct{ name, before, text string }{
		{"choice", "pothole\nno\n12 Stratford Road", "2"},
		{"yes", "pothole", "no"},
		{"synonym", "pothole\nno\n12 Stratford Road", "it is on the cycle path"},
		{"review", "pothole outside 12 Stratford Road\nno\nroad\nlarge\nskip", "it is deep and near the school gate"},
		{"miss", "pothole\nno\n12 Stratford Road", "i do not know what you mean by that"},
	} {
		b.Run(c.name, func(b *testing.B) {
			data := played(b, e, c.before)
			town := &town{}
			in := dialog.Input{Message: "018f3b1c-0000-7000-8000-000000000001", Kind: dialog.Text, Text: c.text, Since: time.Minute, Plain: true}
			b.ReportAllocs()
			for b.Loop() {
				s, err := dialog.Decode(data)
				if err != nil {
					b.Fatal(err)
				}
				s, events := e.Turn(context.Background(), town, s, in)
				if len(events) == 0 {
					b.Fatal("nothing said")
				}
				if _, err := dialog.Encode(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// played is the session after some lines, encoded.
func played(t testing.TB, e *dialog.Engine, lines string) []byte {
	t.Helper()
	p := &phone{e: e, book: readBook(t, "en", "ur", "pl"), town: &town{}, session: dialog.Session{Lang: "en", Runs: 11}}
	p.next.Since, p.next.Plain = time.Minute, true
	for _, line := range splitLines(lines) {
		p.write(t, line)
	}
	data, err := dialog.Encode(p.session)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
