package locales_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"concierge/locales"
)

// A council may reword English, with the variables that are given to it and no other: the mistake is told once, where it stands.
func TestARewordedMessageHasTheVariablesItAlwaysHad(t *testing.T) {
	own := func(text string) fstest.MapFS {
		return fstest.MapFS{"en/messages.toml": {Data: []byte("[pothole]\n" + text + "\n")}}
	}
	if _, err := locales.Load(locales.Builtin(), own(`done = "We have it: {{.Ref}}."`)); err != nil {
		t.Errorf("a good rewording is refused: %v", err)
	}
	_, err := locales.Load(locales.Builtin(), own(`done = "{{.Ref}} for {{.Foo}}."`))
	if err == nil {
		t.Fatal("a variable nobody gives is taken")
	}
	if text := err.Error(); !strings.HasPrefix(text, "en/messages.toml:2: pothole.done: {{.Foo}} is not given") || strings.Contains(text, "\n") {
		t.Errorf("it is told as:\n%s", text)
	}
}
