package tracking_test

import (
	"context"
	"encoding/xml"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"concierge/cases"
	"concierge/cases/tracking"
	"concierge/channels"
	"concierge/council"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/jobs"
	"concierge/internal/seal"
	"concierge/locales"
	"concierge/places"
)

var ctx = context.Background()

// street is a page on a real database with one resident, whose case it shows. Its clock stands until it is moved (SQLite only).
type street struct {
	*testing.T
	db    *database.DB
	now   time.Time
	keys  *seal.Keys
	cases *cases.Cases
	in    *inbox.Inbox
	url   string
}

func open(t *testing.T, engine database.Engine) *street {
	t.Helper()
	s := &street{T: t, now: time.Now().UTC()}
	if engine == database.SQLite {
		s.now = time.Date(2027, 3, 1, 10, 0, 0, 0, time.UTC)
	}
	s.db = databasetest.Open(t, engine, func() time.Time { return s.now })
	c, err := council.Load(council.Demo(), func(string) string { return "" })
	s.must(err)
	s.keys, err = seal.Load(ctx, s.db, []byte("a secret of the tests"))
	s.must(err)
	set, err := locales.Load(locales.Builtin())
	s.must(err)
	set = set.Telling(func(g locales.Gap) { t.Errorf("a gap in %s %s: %s %s", g.Tag, g.Key, g.Var, g.Why) })
	queue, err := jobs.New(s.db, nil, nil, nil)
	s.must(err)
	index, err := places.Load(council.Demo(), places.Settings{Country: "GB", Boundary: c.Places.Boundary, Gazetteer: c.Places.Gazetteer})
	s.must(err)
	s.cases, s.in = cases.New(cases.RulesOf(c), queue), inbox.New(s.keys, set.Say, queue, inbox.Options{})
	page, err := tracking.New(tracking.Settings{DB: s.db, Cases: s.cases, Inbox: s.in, Keys: s.keys, Council: c, Boundary: index.Rings(),
		Locales: func() *locales.Set { return set }, Offered: func() []string { return []string{"en", "ur", "pl"} },
		Reach: tracking.Reach{SMS: "+441215550199", WhatsApp: "+441215550199", Telegram: "demo_council_bot"},
		Now:   func() time.Time { return s.now }})
	s.must(err)
	server := httptest.NewServer(page)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *street) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *street) write(f func(tx *database.Tx) error) {
	s.Helper()
	s.must(s.db.Write(ctx, f))
}

// report files a case full of canaries, and returns it with its path.
func (s *street) report(language string) (one cases.Case, path string) {
	s.Helper()
	s.write(func(tx *database.Tx) error {
		a, err := s.in.Arrive(ctx, tx, channels.Message{Channel: channels.SMS, Account: "us", ID: database.NewID(), Kind: channels.KindText, Text: "canarytext",
			From: "sms:+447700900777", To: "sms:+441215550199"}, database.NewID(), s.now)
		if err != nil {
			return err
		}
		b := &database.Batch{}
		s.in.SetLanguage(b, a.Conversation, language)
		if err := tx.Run(ctx, b); err != nil {
			return err
		}
		me := cases.ContactID(a.ContactID)
		one, err = s.cases.File(ctx, tx, cases.Report{Service: "street_light", By: cases.ByResident(me), Conversation: cases.ConversationID(a.ID),
			Description: "canarywords <b>", Answers: []cases.Answer{{Slot: "fault", Value: "out", Words: "canaryanswer"}}, Language: language,
			Channel: "sms", Photos: []string{"canaryphoto"}, Place: cases.Place{Lat: 52.4501, Lon: -1.8702, Point: true,
				Label: "77 Stratford Road, canaryhouse", Street: "Stratford Road", Ward: "Sparkhill & Tyseley", Postcode: "B11 7QZ"}})
		if err != nil {
			return err
		}
		if _, err = s.cases.Add(ctx, tx, one.Reference, cases.Words{Text: "canaryaddition"}, cases.ByResident(me)); err != nil {
			return err
		}
		_, err = s.cases.Note(ctx, tx, one.Reference, cases.Words{Text: "canarynote"}, cases.Actor{Kind: cases.Staff, ID: "canarystaff"})
		return err
	})
	return one, "/t/" + s.keys.LinkToken(uint64(s.followers(one)[0].LinkNo))
}

func (s *street) followers(one cases.Case) (all []cases.Follower) {
	s.write(func(tx *database.Tx) (err error) { all, err = s.cases.Followers(ctx, tx, one.ID); return err })
	return all
}

func (s *street) move(one cases.Case, m cases.Move) {
	s.Helper()
	s.write(func(tx *database.Tx) error {
		_, err := s.cases.Change(ctx, tx, one.Reference, 0, m, cases.Actor{Kind: cases.Staff, ID: "canarystaff"})
		return err
	})
}

func (s *street) get(path string) (int, http.Header, string) {
	s.Helper()
	resp, err := http.Get(s.url + path)
	s.must(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	s.must(err)
	return resp.StatusCode, resp.Header, string(text)
}

func TestThePageTellsWhereTheReportIs(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := open(t, db.Engine())
		one, path := s.report("en")
		s.move(one, cases.Move{To: cases.Planned, Reason: cases.ReasonParts, PlannedFor: "2099-04-06", Text: "A <new> lamp is ordered.", Language: "en"})
		status, h, text := s.get(path)
		if status != 200 {
			t.Fatal(status, text)
		}
		for _, want := range []string{string(one.Reference), "<h1 id=\"now\">The work is planned. We are waiting for a part.</h1>", "<p>The work is planned for Monday 6 April.</p>",
			"Street light", "Stratford Road", "Sparkhill &amp; Tyseley", `aria-current="step"`, "A &lt;new&gt; lamp is ordered.", "The council",
			"1 person follows this report.", `role="img"`, `lang="en" dir="ltr"`, "sms:+441215550199?&body=", "https://t.me/demo_council_bot?start=" + string(one.Reference)} {
			if !strings.Contains(text, want) && !strings.Contains(html.UnescapeString(text), want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		if strings.Contains(strings.ToLower(text), "canary") || strings.Contains(text, "77 Stratford") || strings.Contains(text, "7QZ") ||
			strings.Contains(text, "900777") {
			t.Errorf("something private is on the page:\n%s", text)
		}
		for name, want := range map[string]string{"Cache-Control": "no-store, private", "X-Robots-Tag": "noindex, nofollow, noarchive",
			"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
		if csp := h.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'self';") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "script") {
			t.Errorf("policy %q", csp)
		}
		if regexp.MustCompile(`(?i)<script|\son\w+=|\sstyle=|javascript:`).MatchString(text) {
			t.Error("the page wants a script or an inline style, which its policy forbids")
		}
		sheet := regexp.MustCompile(`href="(/t/style\.\w+\.css)"`).FindStringSubmatch(text)
		if sheet == nil {
			t.Fatal("no style sheet")
		}
		if status, h, css := s.get(sheet[1]); status != 200 || !strings.Contains(css, "--brand:#1d4f91") || !strings.Contains(h.Get("Cache-Control"), "immutable") {
			t.Errorf("style sheet: %d %v", status, h)
		}
	})
}

func TestLinksThatLeadNowhereLookAlike(t *testing.T) {
	s := open(t, database.SQLite)
	one, path := s.report("en")
	revoked, old := s.report("en")
	follower := s.followers(revoked)[0].ID
	s.write(func(tx *database.Tx) error { return s.cases.Relink(ctx, tx, follower) })
	s.move(one, cases.Move{To: cases.Fixed, Reason: cases.ReasonRepaired})
	s.now = s.now.Add(90 * 24 * time.Hour)
	if status, _, _ := s.get(path); status != 200 {
		t.Fatalf("%d on the last day", status)
	}
	s.now = s.now.Add(time.Second)
	_, _, want := s.get("/t/" + strings.Repeat("1", seal.TokenSize))
	for name, path := range map[string]string{"ended": path, "revoked": old, "never made": "/t/" + s.keys.LinkToken(7), "no token": "/t/x", "nothing": "/t/",
		"a file": "/t/style.css"} {
		status, h, text := s.get(path)
		if status != 404 || text != want || h.Get("Cache-Control") != "no-store, private" {
			t.Errorf("%s: %d, the same words: %v", name, status, text == want)
		}
	}
	resp, err := http.Post(s.url+path, "text/plain", nil)
	s.must(err)
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", resp.StatusCode)
	}
}

func TestThePageIsHonest(t *testing.T) {
	s := open(t, database.SQLite)
	one, path := s.report("en")
	page := func() string { _, _, text := s.get(path); return text }
	has := func(when, want string, yes bool) {
		t.Helper()
		if text := page(); strings.Contains(text, want) != yes {
			t.Errorf("%s: %q on the page is %v", when, want, !yes)
		}
	}
	has("just filed", "We will check it by Monday 15 March.", true)
	s.now = one.PromisedAt.Add(time.Minute)
	has("a minute late", "We said Monday 15 March. We are late.", true)
	has("a minute late", "There has been no news since", false)
	s.now = one.FiledAt.Add(57 * 24 * time.Hour)
	has("eight silent weeks", "There has been no news since Monday 1 March.", true)
	s.move(one, cases.Move{To: cases.InProgress})
	has("in work", "There has been no news since", false)
	if strings.Contains(page(), ">Looking into it<") {
		t.Error("a step that never was")
	}
	s.move(one, cases.Move{To: cases.Closed, Reason: cases.ReasonNotOurs, NextStep: "motorways"})
	text := page()
	if !strings.Contains(text, "It belongs to National Roads.") || !strings.Contains(text, "Please tell National Roads: https://roads.example, 0121 496 0144") {
		t.Error(text)
	}
	if lower := strings.ToLower(text); strings.Contains(lower, "fixed") {
		t.Error("closed is worded as fixed")
	}
}

func TestThePageSpeaksTheReadersLanguage(t *testing.T) {
	s := open(t, database.SQLite)
	_, path := s.report("ur")
	for query, want := range map[string]string{"": `lang="ur" dir="rtl"`, "?lang=pl": `lang="pl" dir="ltr"`, "?lang=xx": `lang="ur" dir="rtl"`,
		"?lang=%3Cscript%3E": `lang="ur" dir="rtl"`} {
		_, _, text := s.get(path + query)
		if !strings.Contains(text, "<html "+want) {
			t.Errorf("%q is not %s", query, want)
		}
		if !strings.Contains(text, `<bdi class="ref" dir="ltr">`) {
			t.Errorf("%q: the reference is not kept apart", query)
		}
	}
}

// TestThePageIsWellMade holds what a machine can hold of accessibility: one h1, headings in order, names for all pictures and links,
// ids once, lists of items.
func TestThePageIsWellMade(t *testing.T) {
	s := open(t, database.SQLite)
	one, path := s.report("en")
	s.move(one, cases.Move{To: cases.Fixed, Reason: cases.ReasonRepaired})
	_, _, text := s.get(path)
	d := xml.NewDecoder(strings.NewReader(strings.Replace(text, "<!doctype html>", "", 1)))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	ids, labelled, h1 := map[string]int{}, []string{}, 0
	var inside, said []string // the elements we are in; the words of each
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		s.must(err)
		switch token := token.(type) {
		case xml.StartElement:
			at := map[string]string{}
			for _, a := range token.Attr {
				at[a.Name.Local] = a.Value
			}
			if at["id"] != "" {
				ids[at["id"]]++
			}
			if at["aria-labelledby"] != "" {
				labelled = append(labelled, at["aria-labelledby"])
			}
			name := token.Name.Local
			if n := len(inside); n > 0 && (inside[n-1] == "ol" || inside[n-1] == "ul") && name != "li" {
				t.Errorf("a %s in a list", name)
			}
			switch {
			case name == "h1":
				h1++
			case name == "svg" && at["aria-hidden"] != "true" && (at["role"] != "img" || at["aria-label"] == ""):
				t.Error("a picture without a name")
			case name == "a" && at["href"] == "":
				t.Error("a link to nowhere")
			}
			inside, said = append(inside, name), append(said, "")
		case xml.CharData:
			if n := len(said); n > 0 {
				said[n-1] += strings.TrimSpace(string(token))
			}
		case xml.EndElement:
			n := len(inside) - 1
			if words := said[n]; words == "" && slices.Contains([]string{"a", "h1", "h2", "li", "dt", "dd"}, inside[n]) {
				t.Errorf("an empty %s", inside[n])
			}
			if n > 0 {
				said[n-1] += said[n]
			}
			inside, said = inside[:n], said[:n]
		}
	}
	if h1 != 1 {
		t.Errorf("%d h1", h1)
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %s stands %d times", id, n)
		}
	}
	for _, id := range labelled {
		if ids[id] == 0 {
			t.Errorf("nothing has the id %s", id)
		}
	}
}
