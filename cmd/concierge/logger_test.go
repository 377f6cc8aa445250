package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
)

func TestTheLogIsAsLoudAsAsked(t *testing.T) {
	for _, c := range []struct {
		form        string
		debug, json bool
	}{{"", false, false}, {"info,text", false, false}, {"debug", true, false}, {"json, DEBUG", true, true}, {"error,json", false, true}} {
		var out bytes.Buffer
		log, err := logger(c.form, &out)
		if err != nil {
			t.Errorf("%q: %v", c.form, err)
			continue
		}
		log.Error("said")
		if log.Enabled(context.Background(), slog.LevelDebug) != c.debug || strings.HasPrefix(out.String(), "{") != c.json {
			t.Errorf("%q made %q", c.form, out.String())
		}
	}
}

func TestALogNobodyKnowsIsRefused(t *testing.T) {
	t.Setenv("CONCIERGE_LOG", "loud")
	err := run(context.Background(), []string{"check"}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), `CONCIERGE_LOG: "loud"`) || !strings.Contains(err.Error(), "debug, info, warn or error") {
		t.Errorf("%v", err)
	}
}
