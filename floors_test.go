// The picture of the house in docs/architecture.md stays true because this test holds it.
package concierge_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "concierge/"

// floors lists the rooms from the ground up. An import points down only, and two rooms on one floor do not know each other, unless
// one of them is inside the other.
var floors = [][]string{
	{"internal"},
	{"channels", "dialog", "locales", "places", "council"},
	{"cases", "inbox"},
	{"concierge", "desk", "cases/open311", "cases/api", "cases/tracking", "inbox/upload"},
	{"cmd"},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func TestImportsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		for _, i := range p.Imports {
			to, ours := strings.CutPrefix(i, module)
			if !ours || to == "" {
				continue
			}
			if why := refused(from, to); why != "" {
				t.Errorf("%s imports %s: %s", from, to, why)
			}
		}
	}
}

// TestTheFloorsRefuse shows that the rule can fail.
func TestTheFloorsRefuse(t *testing.T) {
	for _, c := range []struct{ from, to string }{
		{"inbox", "cases"}, {"dialog", "locales"}, {"channels/twilio", "concierge"}, {"internal/feed", "inbox"},
		{"dialog/understand", "dialog"}, {"cases", "cases/api"}, {"channels", "channels/telegram"},
	} {
		if refused(c.from, c.to) == "" {
			t.Errorf("%s may import %s, which it must not", c.from, c.to)
		}
	}
	for _, c := range []struct{ from, to string }{
		{"cmd/concierge", "desk"}, {"cases/api", "cases"}, {"dialog", "dialog/understand"}, {"inbox", "internal/database"},
	} {
		if why := refused(c.from, c.to); why != "" {
			t.Errorf("%s may not import %s, but should: %s", c.from, c.to, why)
		}
	}
}

func refused(from, to string) string {
	fromRoom, fromFloor := room(from)
	toRoom, toFloor := room(to)
	switch {
	case fromFloor < 0 || toFloor < 0:
		return "a room that stands on no floor: add it to floors"
	case fromRoom == toRoom:
		return within(from, to)
	case toFloor > fromFloor:
		return "it stands on a higher floor"
	case toFloor == fromFloor:
		return "two rooms on one floor do not know each other"
	}
	return ""
}

// within holds the order inside one room: an engine imports its understanding, never the other way, and an adapter its contract.
func within(from, to string) string {
	switch {
	case strings.HasPrefix(from, "dialog/understand") && !strings.HasPrefix(to, "dialog/understand"):
		return "understanding refuses to know the engine"
	case strings.HasPrefix(from, "dialog/trees") && to != from:
		return "trees hold no code"
	case from == "channels" && to != from:
		return "the contract does not know its adapters"
	}
	return ""
}

// room finds the innermost room a package belongs to, and its floor.
func room(path string) (string, int) {
	name, floor := "", -1
	for n, rooms := range floors {
		for _, r := range rooms {
			if (path == r || strings.HasPrefix(path, r+"/")) && len(r) > len(name) {
				name, floor = r, n
			}
		}
	}
	return name, floor
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	d := json.NewDecoder(bytes.NewReader(out))
	for {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
