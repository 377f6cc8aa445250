package main_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestChatAnswersAll pipes a conversation in: what is read stands in the transcript, and the last replies do too, a held one among
// them, though the input has ended.
func TestChatAnswersAll(t *testing.T) {
	t.Parallel()
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, file, "chat", "--channel", "telegram", "--explain", "--log", "error")
	c.Dir, c.Env = t.TempDir(), append(os.Environ(), "CONCIERGE_DATA="+t.TempDir())
	c.Stdin = strings.NewReader("pothole\nno\nstatus\nmenu\n")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	rest := string(out)
	for _, want := range []string{"> pothole\n", "? start: pothole\n", "  < 1 Yes\n", "https://council.example/privacy\n", "> no\n", "  < Where is it?",
		"> status\n", "> menu\n", "  < 1 Carry on"} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("no %q in what is left of\n%s", want, out)
		}
		rest = after
	}
}
