package council_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"concierge/council"
)

func none(string) string { return "" }

func demo(t *testing.T) *council.Council {
	t.Helper()
	c, err := council.Load(council.Demo(), none)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDemoLoads(t *testing.T) {
	c := demo(t)
	if c.Name != "Demo City Council" || len(c.Services) != 3 || c.Cases.Merge != 0 || len(c.Partners) != 0 {
		t.Errorf("%+v", c)
	}
	if s, ok := c.Service("pothole"); !ok || s.Stoppers["size.collapse"].File != council.Urgent || c.TeamOf("pothole") != "highways" {
		t.Errorf("%+v", s)
	}
}

// changed is the demo with other files of a test laid over it, and some text of council.yaml replaced.
func changed(t *testing.T, replace ...string) (*council.Council, error) {
	t.Helper()
	text, err := fs.ReadFile(council.Demo(), "council.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(string(text), replace[i]) {
			t.Fatalf("the demo has no %q", replace[i])
		}
		text = []byte(strings.Replace(string(text), replace[i], replace[i+1], 1))
	}
	return council.Load(council.Overlay(council.Demo(), fstest.MapFS{"council.yaml": {Data: text}}), none)
}

func TestExampleLoads(t *testing.T) {
	text, err := os.ReadFile("../docs/council.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	empty := &fstest.MapFile{}
	files := fstest.MapFS{"council.yaml": {Data: text}, "places/wards.geojson": empty, "places/owners.geojson": empty}
	c, err := council.Load(council.Overlay(council.Demo(), files), func(name string) string { return name + "_1, " + name + "_2" })
	if err != nil {
		t.Fatal(err)
	}
	if k := c.Partners["tasks"].Keys; len(k.Signing) != 2 || k.Signing[1] != "CONCIERGE_PARTNER_TASKS_SIGNING_KEY_2" || len(k.Out) != 0 {
		t.Errorf("%+v", k)
	}
	if g := c.Partners["works"].Open311; g.Every != 5*time.Minute || !c.Partners["tasks"].Allows("read", "park_path") {
		t.Errorf("%+v", g)
	}
	if len(c.Warnings(time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC), true)) < 3 {
		t.Error("demo numbers on a public address want a warning")
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	_, err := changed(t, `phone: "0121`, `phnoe: "0121`, "time_zone: Europe/London", "time_zone: Mars", `"#1d4f91"`, `"#ffff00"`,
		`closing: "17:00"`, `closing: 17`, "team: parks", "team: gardens", "line: emergency, file: never", "line: nobody, file: maybe",
		"places/gazetteer.csv", "../gazetteer.csv", "code: street_light", "code: pothole", "{days: 20}", "{days: 20, hours: 3}",
		"radius: 25", "radius: wide", "merge: 0s", "merge: soon")
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	for _, want := range []string{`unknown key "council.phnoe"`, "council.phone is missing", `"Mars"`, "contrast", `"17"`, `"gardens"`, `"nobody"`,
		`"maybe"`, "outside the council's folder", "twice", "must be one of {working_days", `"wide"`, `"soon"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s", want)
		}
	}
	for _, l := range lines {
		if !strings.HasPrefix(l, "council.yaml:") || strings.HasPrefix(l, "council.yaml:1:") {
			t.Errorf("no line: %s", l)
		}
	}
}

func TestUnsetKeyVariable(t *testing.T) {
	_, err := changed(t, "open311: {juris", "partners: {works: {keys_env: {in: A_KEY}}}\nopen311: {juris")
	if err == nil || !strings.Contains(err.Error(), "A_KEY is not set") {
		t.Error(err)
	}
}

func TestTargets(t *testing.T) {
	for _, c := range []struct{ filed, target, due string }{
		{"2027-03-25 10:00", "{working_days: 5}", "2027-04-05T16:00:00Z"},
		{"2026-12-23 18:00", "{working_days: 2}", "2026-12-30T17:00:00Z"},
		{"2026-12-24 16:59", "{working_days: 2}", "2026-12-30T17:00:00Z"},
		{"2026-10-23 12:00", "{working_days: 1}", "2026-10-26T17:00:00Z"},
		{"2027-12-24 10:00", "{working_days: 5}", "2028-01-05T17:00:00Z"},
		{"2026-10-24 12:00", "{hours: 24}", "2026-10-25T11:00:00Z"},
		{"2026-10-24 12:00", "{days: 2}", "2026-10-26T17:00:00Z"},
		{"2026-10-24 12:00", "none", ""},
	} {
		t.Run(c.filed+" "+c.target, func(t *testing.T) {
			council, err := changed(t, "{working_days: 5}", c.target)
			if err != nil {
				t.Fatal(err)
			}
			filed, _ := time.ParseInLocation("2006-01-02 15:04", c.filed, council.TimeZone)
			due, ok := council.Due("pothole", filed)
			if got := due.Format(time.RFC3339); ok != (c.due != "") || ok && got != c.due {
				t.Errorf("%s, want %s", got, c.due)
			}
		})
	}
}

func TestOfficeAndLines(t *testing.T) {
	c := demo(t) // whose office is always open on working days
	for day, to := range map[time.Weekday]council.Clock{time.Monday: 1020, time.Tuesday: 1020, time.Wednesday: 1020, time.Thursday: 1020, time.Friday: 990} {
		c.Office.Hours[day] = council.Span{From: 540, To: to}
	}
	for _, k := range []struct{ at, next, call string }{
		{"2026-12-24 08:59", "2026-12-24 09:00", "0121 496 0199"},
		{"2026-12-24 09:00", "2026-12-24 09:00", "0121 496 0111"},
		{"2026-12-24 16:59", "2026-12-24 16:59", "0121 496 0111"},
		{"2026-12-24 17:00", "2026-12-29 09:00", "0121 496 0199"},
		{"2026-12-25 12:00", "2026-12-29 09:00", "0121 496 0199"},
		{"2027-03-26 12:00", "2027-03-30 09:00", "0121 496 0199"},
		{"2027-01-08 16:30", "2027-01-11 09:00", "0121 496 0199"},
	} {
		at, _ := time.ParseInLocation("2006-01-02 15:04", k.at, c.TimeZone)
		if got := c.NextOpen(at.UTC()).In(c.TimeZone).Format("2006-01-02 15:04"); got != k.next {
			t.Errorf("%s: opens %s, want %s", k.at, got, k.next)
		}
		if call, ok := c.Line("highways", at); !ok || call != k.call {
			t.Errorf("%s: %s, want %s", k.at, call, k.call)
		}
	}
	if call, ok := c.Line("emergency", time.Now()); !ok || call != "999" {
		t.Error("999 is always open")
	}
}

func TestQuietHours(t *testing.T) {
	if _, quiet := demo(t).Quiet(time.Now()); quiet {
		t.Error("the demo has no quiet hours")
	}
	c, err := changed(t, `quiet_hours: ""`, `quiet_hours: "21:00-08:00"`)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct{ at, until string }{
		{"2026-10-24T20:00:00Z", "2026-10-25T08:00:00Z"}, // 21:00 summer time, the clocks go back in the night
		{"2027-03-27T21:00:00Z", "2027-03-28T07:00:00Z"}, // 21:00 winter time, they go forward
		{"2027-03-28T06:59:00Z", "2027-03-28T07:00:00Z"},
		{"2027-03-28T07:00:00Z", ""}, {"2026-10-24T19:59:00Z", ""},
	} {
		at, _ := time.Parse(time.RFC3339, k.at)
		until, quiet := c.Quiet(at)
		if quiet != (k.until != "") || quiet && until.UTC().Format(time.RFC3339) != k.until {
			t.Errorf("%s: until %v, quiet %v", k.at, until.UTC(), quiet)
		}
	}
}

func TestWestOfGreenwich(t *testing.T) {
	c, err := changed(t, "Europe/London", "America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	due, _ := c.Due("pothole", time.Date(2026, 11, 3, 2, 0, 0, 0, time.UTC)) // Monday 21:00 there, after closing
	if want := "2026-11-10T22:00:00Z"; due.Format(time.RFC3339) != want {
		t.Errorf("%v, want %s", due, want)
	}
}

func TestCheckAgainstTrees(t *testing.T) {
	slots := map[string]map[string][]string{
		"pothole":   {"danger": {"yes", "no"}, "size": {"small"}, "where": nil},
		"park_path": {"danger": {"yes", "no"}, "problem": nil},
	}
	errs := demo(t).Check(council.Known{Slots: func(s string) map[string][]string { return slots[s] },
		Phrase: func(key string) bool { return key != "team.parks" }})
	text := ""
	for _, e := range errs {
		text += e.Error() + "\n"
	}
	if len(errs) != 3 || !strings.Contains(text, "size.collapse") || !strings.Contains(text, "street_light") || !strings.Contains(text, "team.parks") {
		t.Error(text)
	}
}

func TestOverlay(t *testing.T) {
	over := fstest.MapFS{"places/wards.geojson": {Data: []byte("x")}, "council.yaml": {Data: []byte("mine")}}
	files := council.Overlay(council.Demo(), over)
	text, _ := fs.ReadFile(files, "council.yaml")
	list, err := fs.ReadDir(files, "places")
	if string(text) != "mine" || err != nil || len(list) != 4 {
		t.Errorf("%s %v %v", text, list, err)
	}
}
