package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"concierge/internal/config"
	"concierge/locales"
)

// said runs a command as typed, without a process of its own.
func said(t testing.TB, env map[string]string, args ...string) (string, error) {
	t.Helper()
	t.Setenv("CONCIERGE_DATA", t.TempDir())
	for k, v := range env {
		t.Setenv(k, v)
	}
	var out bytes.Buffer
	err := run(context.Background(), args, &out, &out)
	return out.String(), err
}

// TestPreviewSaysWhatAResidentReads holds one path on each channel: numbers and parts of an SMS, buttons elsewhere, a danger that stops.
func TestPreviewSaysWhatAResidentReads(t *testing.T) {
	for _, c := range []struct {
		args string
		want []string
		not  []string
	}{
		{"pothole --lang pl", []string{"> dziura w drodze\n", "  1 Tak\n  2 Nie\n    UCS-2, ", "> 2\n", "C7K-4M95"}, []string{"[Tak]"}},
		{"pothole --channel whatsapp --path danger=yes", []string{"  [Yes]\n  [No]\n", "> [Yes]\n", "call 999"}, []string{"C7K-4M95", "SMS"}},
		{"park_path --channel telegram --lang ur", []string{"[میری جگہ بھیجیں]", "> [photo]\n", "C7K-4M95"}, nil},
		{"pothole --path size=large", []string{"> 3\n"}, nil},
	} {
		got, err := said(t, nil, append([]string{"locales", "preview"}, strings.Fields(c.args)...)...)
		if err != nil {
			t.Fatalf("%s: %v", c.args, err)
		}
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", c.args, want, got)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: %q in\n%s", c.args, not, got)
			}
		}
	}
	for args, want := range map[string]string{
		"potholes": "there is no tree", "pothole --lang xx": "there is no language", "pothole --path size=huge": "it takes small",
		"pothole --path colour=red": "has no question", "pothole --path danger=yes\tsize=small": "never asked",
	} {
		if _, err := said(t, nil, append([]string{"locales", "preview"}, strings.SplitN(args, " ", 3)...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

// TestPreviewReachesEveryEnd walks every way of every tree in English, and the main one in each language, to its end without a hole.
func TestPreviewReachesEveryEnd(t *testing.T) {
	h := &house{ctx: context.Background(), settings: &config.Settings{PublicURL: "https://concierge.example"}}
	talk, err := h.talk()
	if err != nil {
		t.Fatal(err)
	}
	talk.offered = talk.words.Tags()
	engine, err := talk.engine(nil, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range talk.trees.Names() {
		if talk.trees.Tree(name).Files == "" {
			continue
		}
		for _, tag := range talk.words.Tags() {
			var out bytes.Buffer
			h.out = &out
			if err := (localesPreview{Tree: name, Lang: tag, Channel: "sms", All: tag == locales.Source}).tell(h, talk, engine); err != nil {
				t.Errorf("%s %s: %v\n%s", name, tag, err, &out)
			}
			if strings.Contains(out.String(), "...") {
				t.Errorf("%s %s: a variable is missing:\n%s", name, tag, &out)
			}
		}
	}
}
