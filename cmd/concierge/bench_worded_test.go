package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"concierge/channels"
	"concierge/dialog"
	"concierge/internal/config"
)

// oneStreet answers the engine's questions: every place is the same one, and nothing was ever reported.
type oneStreet struct{}

func (oneStreet) Place(context.Context, dialog.PlaceInput) (dialog.PlaceReading, error) {
	return dialog.PlaceReading{Places: []dialog.Place{{Lat: 52.45, Lon: -1.87, Label: "12 Stratford Road, Sparkhill"}}, Sure: true}, nil
}

func (oneStreet) PlaceIn(_ context.Context, _, text string) (dialog.Place, string, bool, error) {
	return dialog.Place{}, text, false, nil
}

func (oneStreet) List(context.Context, string, string) (dialog.PlaceReading, error) {
	return dialog.PlaceReading{}, nil
}

func (oneStreet) Nearby(context.Context, string, dialog.Place) ([]dialog.CaseBrief, error) {
	return nil, nil
}

func (oneStreet) Mine(context.Context) ([]dialog.CaseBrief, int, error) { return nil, 0, nil }

func (oneStreet) Reference(context.Context, string) (dialog.Referred, bool, error) {
	return dialog.Referred{}, false, nil
}

// BenchmarkTurnWorded is one turn as the host takes it, without the database: the session decoded, the engine's turn with everything
// the binary knows, the reply worded and rendered for its channel, the session encoded.
func BenchmarkTurnWorded(b *testing.B) {
	h := &house{ctx: b.Context(), settings: &config.Settings{}, log: slog.New(slog.DiscardHandler)}
	t, err := h.talk()
	if err != nil {
		b.Fatal(err)
	}
	e, err := t.trained(false)
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	in := dialog.Input{Message: "018f3b1c-0000-7000-8000-000000000001", Kind: dialog.Text, Since: time.Minute, Plain: true}
	s := dialog.Session{Lang: "en", Runs: 11}
	for _, text := range []string{"pothole", "no", "12 Stratford Road"} {
		in.Text = text
		s, _ = e.Turn(ctx, oneStreet{}, s, in)
	}
	data, err := dialog.Encode(s)
	if err != nil {
		b.Fatal(err)
	}
	in.Text = "1"
	b.ReportAllocs()
	for b.Loop() {
		s, err := dialog.Decode(data)
		if err != nil {
			b.Fatal(err)
		}
		s, events := e.Turn(ctx, oneStreet{}, s, in)
		said := 0
		for _, event := range events {
			if word, ok := event.(dialog.Said); ok {
				said += len(channels.Render(t.worded(word), channels.Can(channels.SMS)))
			}
		}
		if _, err := dialog.Encode(s); err != nil || said != 1 {
			b.Fatal(said, err)
		}
	}
}

// worded is a message in English.
func (t *talk) worded(e dialog.Said) channels.Outgoing {
	o := channels.Outgoing{To: "sms:+447700900001"}
	for i, l := range e.Lines {
		if i > 0 {
			o.Text += "\n"
		}
		o.Text += t.words.Say("en", l)
	}
	for _, c := range e.Choices {
		o.Choices = append(o.Choices, channels.Choice{Data: c.Data, Label: t.words.Say("en", c.Label)})
	}
	return o
}
