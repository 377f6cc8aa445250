package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The drawing is one page that asks nobody for anything: no script, no address. Every tree and every language is in it.
func TestTreesAreDrawn(t *testing.T) {
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(t.TempDir(), "trees.html")
	if out, err := exec.Command(file, "trees", "graph", "--html", page).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, want := range []string{"<summary>pothole", "<summary>park_path", "<summary>fly_tipping", "if problem != overgrown", "yes: emergency, never", `lang="ur" dir="rtl">کیا`, `id="l-so"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if found := regexp.MustCompile(`(?i)<script|\son\w+=|(src|href)="(https?:)?//`).FindString(text); found != "" {
		t.Errorf("the page has %q", found)
	}
	out, err := exec.Command(file, "trees", "graph", "pothole").Output()
	if err != nil || !strings.HasPrefix(string(out), "flowchart TD\n  start([pothole])") {
		t.Errorf("Mermaid: %v\n%s", err, out)
	}
}
