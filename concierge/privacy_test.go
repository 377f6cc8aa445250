package concierge

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"concierge/channels"
	"concierge/dialog"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// tattling is an engine that panics with what was said, in the ways Go has.
type tattling struct{}

func (tattling) Turn(_ context.Context, _ dialog.Lookup, s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
	switch {
	case strings.HasPrefix(in.Text, "error"):
		panic(errors.New("cannot understand " + in.Text))
	case strings.HasPrefix(in.Text, "value"):
		panic(in)
	case strings.HasPrefix(in.Text, "map"):
		var words map[string]string
		//lint:ignore SA5000 the panic is meant
		words[in.Text] = "" //nolint:staticcheck // so too for golangci-lint
	}
	panic("cannot understand " + in.Text)
}

// ear is a log that may be read while it is written.
type ear struct {
	sync.Mutex
	b bytes.Buffer
}

func (e *ear) Write(p []byte) (int, error) { e.Lock(); defer e.Unlock(); return e.b.Write(p) }
func (e *ear) String() string              { e.Lock(); defer e.Unlock(); return e.b.String() }

// TestNothingPrivateInAPanic: a turn that panics with what was said, until it is set aside, leaves a type and a place, and the words
// where they were: in the message.
func TestNothingPrivateInAPanic(t *testing.T) {
	t.Parallel()
	const word, number = "quaggahoof", "7700900987"
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o, log := assemble(t, db, "node-1"), &ear{}
		o.h.s.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.h.SetEngine(tattling{})
		if err := o.h.Start(o.ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.stop)
		for _, how := range []string{"error", "value", "map", "string"} {
			o.receive(text("sms:+44"+number, how+" "+word))
			for range 3 {
				if err := o.h.takeWaiting(o.ctx, o.one(`SELECT id FROM conversations`)); err != nil && strings.Contains(err.Error(), word) {
					t.Errorf("the error shows it: %v", err)
				}
			}
		}
		if err := o.h.Quarantine(o.ctx, channels.Telegram, word, []byte(word+number)); err != nil {
			t.Fatal(err)
		}
		if s := log.String(); strings.Contains(s, word) || strings.Contains(s, number) || !strings.Contains(s, "privacy_test.go:") {
			t.Errorf("the log shows it, or no place:\n%s", s)
		}
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE taken = 'aside'`); n == 0 {
			t.Error("none was set aside")
		}
		for _, q := range []string{`SELECT CAST(args AS TEXT) || COALESCE(CAST(errors AS TEXT), '') || CAST(metadata AS TEXT) FROM river_job`,
			`SELECT reason || code || status || COALESCE(cause, '') FROM messages`, `SELECT provider_id FROM quarantine`, `SELECT topic || subject FROM feed`} {
			for _, row := range o.all(q) {
				if strings.Contains(row, word) || strings.Contains(row, number) {
					t.Errorf("%s shows %s", q, row)
				}
			}
		}
	})
}
