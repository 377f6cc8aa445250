package concierge_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"concierge/cases"
	"concierge/channels"
	"concierge/concierge"
	"concierge/council"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/jobs"
	"concierge/internal/seal"
	"concierge/locales"
)

// told is a teller on a real database, with residents who have written once. Its clock stands until it is moved (SQLite only).
type told struct {
	*testing.T
	db     *database.DB
	inbox  *inbox.Inbox
	cases  *cases.Cases
	teller *concierge.Teller
}

func telling(t *testing.T, db *database.DB, clock *time.Time, replace ...string) *told {
	t.Helper()
	ctx := context.Background()
	text, err := fs.ReadFile(council.Demo(), "council.yaml")
	must(t, err)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(string(text), replace[i]) {
			t.Fatalf("the demo has no %q", replace[i])
		}
		text = []byte(strings.Replace(string(text), replace[i], replace[i+1], 1))
	}
	c, err := council.Load(council.Overlay(council.Demo(), fstest.MapFS{"council.yaml": {Data: text}}), func(string) string { return "" })
	must(t, err)
	keys, err := seal.Load(ctx, db, []byte("a secret of the tests"))
	must(t, err)
	set, err := locales.Load(locales.Builtin())
	must(t, err)
	set = set.Telling(func(g locales.Gap) { t.Errorf("a gap in %s %s: %s %s", g.Tag, g.Key, g.Var, g.Why) })
	queue, err := jobs.New(db, nil, nil, nil)
	must(t, err)
	w := &told{T: t, db: db, inbox: inbox.New(keys, set.Say, queue, inbox.Options{}), cases: cases.New(cases.RulesOf(c), queue)}
	w.teller = concierge.NewTeller(concierge.TellerSettings{DB: db, Keys: keys, Inbox: w.inbox, Cases: w.cases, Council: c, Queue: queue,
		PublicURL: "https://council.example", Name: func(tag string) string { return set.About(tag).Name }})
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *told) write(f func(tx *database.Tx) error) {
	w.Helper()
	must(w, w.db.Write(context.Background(), f))
}

// resident writes once, so that there is somebody to tell.
func (w *told) resident(channel channels.Name, value, tag string) (c *inbox.Conversation) {
	w.Helper()
	ctx := context.Background()
	w.write(func(tx *database.Tx) error {
		a, err := w.inbox.Arrive(ctx, tx, channels.Message{Channel: channel, Account: "us", ID: "in-" + value, Kind: channels.KindText, Text: "hello",
			From: channels.Address(string(channel) + ":" + value), To: channels.Address(string(channel) + ":+441215550199")}, database.NewID(), time.Now())
		if err != nil {
			return err
		}
		b := &database.Batch{}
		w.inbox.SetLanguage(b, a.Conversation, tag)
		c = a.Conversation
		return tx.Run(ctx, b)
	})
	return c
}

func (w *told) file(c *inbox.Conversation) (one cases.Case) {
	w.Helper()
	w.write(func(tx *database.Tx) (err error) {
		one, err = w.cases.File(context.Background(), tx, cases.Report{Service: "street_light", By: cases.ByResident(cases.ContactID(c.ContactID)),
			Conversation: cases.ConversationID(c.ID), Language: c.Language, Channel: string(c.Channel),
			Place: cases.Place{Lat: 52.45, Lon: -1.87, Point: true, Label: "12 Stratford Road", Street: "Stratford Road", Ward: "Sparkhill"}})
		return err
	})
	return one
}

func (w *told) join(one cases.Case, c *inbox.Conversation) {
	w.Helper()
	w.write(func(tx *database.Tx) error {
		_, _, err := w.cases.Join(context.Background(), tx, one.Reference, cases.ContactID(c.ContactID), cases.ConversationID(c.ID), cases.Words{})
		return err
	})
}

func (w *told) move(one cases.Case, m cases.Move, by cases.Actor) {
	w.Helper()
	w.write(func(tx *database.Tx) error {
		_, err := w.cases.Change(context.Background(), tx, one.Reference, 0, m, by)
		return err
	})
}

// run works the jobs about a case as River would, each twice, and returns how many tells are put off to later.
func (w *told) run(one cases.Case) (later int) {
	w.Helper()
	ctx := context.Background()
	for range 2 {
		must(w, w.teller.Changed(ctx, cases.Changed{Case: one.ID}))
		for _, f := range w.followers(one) {
			for range 2 {
				must(w, w.teller.Tell(ctx, concierge.Tell{Case: one.ID, Follower: f.ID}))
			}
		}
	}
	w.write(func(tx *database.Tx) error {
		return tx.QueryRow(ctx, `SELECT COUNT(*) FROM river_job WHERE kind = 'tell' AND scheduled_at > created_at`).Scan(&later)
	})
	return later
}

func (w *told) followers(one cases.Case) (all []cases.Follower) {
	w.Helper()
	w.write(func(tx *database.Tx) (err error) {
		all, err = w.cases.Followers(context.Background(), tx, one.ID)
		return err
	})
	return all
}

// sent are the texts of the updates written to a conversation, with a line for the choices and the template.
func (w *told) sent(c *inbox.Conversation) (all []string) {
	w.Helper()
	w.write(func(tx *database.Tx) error {
		rows, err := tx.Query(context.Background(), `SELECT body, parts FROM messages WHERE conversation_id = $1 AND kind = 'update' ORDER BY seq`, c.ID)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var body, parts string
			if err := rows.Scan(&body, &parts); err != nil {
				return err
			}
			all = append(all, body)
		}
		return rows.Err()
	})
	return all
}

var asha = cases.Actor{Kind: cases.Staff, ID: "asha"}

// moves are one of each status and reason, with what it must say.
func moves() (all []cases.Move) {
	for _, s := range cases.Statuses()[1:] {
		reasons := cases.Reasons(s)
		if s.Open() {
			reasons = append([]cases.Reason{""}, reasons...)
		}
		for _, r := range reasons {
			m := cases.Move{To: s, Reason: r}
			switch r {
			case cases.ReasonNotOurs:
				m.NextStep = "motorways"
			case cases.ReasonReferred:
				m.NextStep = "Severn Housing"
			case cases.ReasonNoAction, cases.ReasonSomethingElse, cases.ReasonAskedResident:
				m.Text, m.Language = "The lamp is on a timer until May.", "en"
			}
			all = append(all, m)
			if s == cases.Planned {
				m.PlannedFor = "2099-04-06"
				all = append(all, m)
			}
		}
	}
	return all
}

// TestEveryStateIsTold writes what residents read to testdata/telling, one file a language. UPDATE_TELLING=1 rewrites them.
func TestEveryStateIsTold(t *testing.T) {
	for _, tag := range []string{"en", "ur"} {
		t.Run(tag, func(t *testing.T) {
			w := telling(t, databasetest.Open(t, database.SQLite, nil), nil)
			var b strings.Builder
			for i, m := range moves() {
				c := w.resident(channels.SMS, fmt.Sprintf("+4412155500%02d", i), tag)
				one := w.file(c)
				by := asha
				if m.Reason == cases.ReasonUnstated {
					by = cases.Actor{Kind: cases.Partner, ID: "works"}
				}
				if m.Reason == cases.ReasonDuplicate {
					m.Original = w.file(c).Reference
				}
				w.move(one, m, by)
				w.run(one)
				sent := w.sent(c)
				if len(sent) == 0 || tag == "en" && len(sent) != 1 {
					t.Errorf("%s/%s was told %d times", m.To, m.Reason, len(sent))
				}
				link := ""
				for _, line := range strings.Split(strings.Join(sent, "\n"), "\n") {
					if at := strings.Index(line, "https://council.example/t/"); at >= 0 {
						link = line
					}
				}
				if link == "" {
					t.Errorf("%s/%s has no link", m.To, m.Reason)
				}
				if lower := strings.ToLower(strings.Join(sent, "\n")); tag == "en" && m.To == cases.Closed && (strings.Contains(lower, "fixed") ||
					strings.Contains(lower, "resolved") || strings.Contains(lower, "done")) {
					t.Errorf("closed is worded as done: %s", lower)
				}
				fmt.Fprintf(&b, "# %s/%s %s\n", m.To, m.Reason, m.PlannedFor)
				for _, text := range sent {
					_, parts, _ := channels.Segments(text)
					if parts > 3 {
						t.Errorf("%s/%s costs %d parts", m.To, m.Reason, parts)
					}
					text = strings.ReplaceAll(text, string(one.Reference), "C7K-4M95")
					text = strings.ReplaceAll(text, strings.TrimSpace(link), "https://council.example/t/…")
					if m.Original != "" {
						text = strings.ReplaceAll(text, string(m.Original), "H4T-9WX5")
					}
					text = dateOfPromise(text, one.PromisedAt, tag)
					fmt.Fprintf(&b, "< %s\n", strings.ReplaceAll(text, "\n", "\n< "))
				}
				b.WriteByte('\n')
			}
			file := "testdata/telling/" + tag + ".txt"
			if os.Getenv("UPDATE_TELLING") != "" {
				must(t, os.MkdirAll("testdata/telling", 0o755))
				must(t, os.WriteFile(file, []byte(b.String()), 0o644))
			}
			want, err := os.ReadFile(file)
			must(t, err)
			if string(want) != b.String() {
				t.Errorf("what residents read is no longer %s:\n%s", file, firstDifference(string(want), b.String()))
			}
		})
	}
}

// dateOfPromise hides the one date that depends on the day the test runs.
func dateOfPromise(text string, at time.Time, tag string) string {
	set, err := locales.Load(locales.Builtin())
	if err != nil {
		return text
	}
	zone, _ := time.LoadLocation("Europe/London")
	return strings.ReplaceAll(text, set.Date(tag, at.In(zone)), "<promised>")
}

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\n- %s\n+ %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, now %d", len(a), len(b))
}

func TestTellingTwiceSendsOnceAndOnlyToWhoMustHear(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := telling(t, db, nil)
		reporter, joined := w.resident(channels.SMS, "+447700900001", "en"), w.resident(channels.Telegram, "12345", "pl")
		muted, out := w.resident(channels.SMS, "+447700900002", "en"), w.resident(channels.SMS, "+447700900003", "en")
		one := w.file(reporter)
		for _, c := range []*inbox.Conversation{joined, muted, out} {
			w.join(one, c)
		}
		w.write(func(tx *database.Tx) error {
			b := &database.Batch{}
			w.inbox.OptOut(b, out, tx.Now())
			if err := tx.Run(context.Background(), b); err != nil {
				return err
			}
			return w.cases.Mute(context.Background(), tx, one.Reference, cases.ContactID(muted.ContactID))
		})
		w.run(one)
		if n := len(w.sent(reporter)) + len(w.sent(joined)); n != 0 {
			t.Fatalf("filing and joining were told %d times", n)
		}
		w.move(one, cases.Move{To: cases.Investigating, Reason: cases.ReasonVisit}, asha)
		w.run(one)
		for name, c := range map[string]struct {
			c *inbox.Conversation
			n int
		}{"reporter": {reporter, 1}, "joined": {joined, 1}, "muted": {muted, 0}, "opted out": {out, 0}} {
			if sent := w.sent(c.c); len(sent) != c.n {
				t.Errorf("%s was told %d times: %q", name, len(sent), sent)
			}
		}
		if text := w.sent(joined)[0]; strings.Contains(text, "12 Stratford") || !strings.Contains(text, "Stratford Road") {
			t.Errorf("a neighbour reads %q", text)
		}
		// What they do themselves they are not told; the others are.
		w.move(one, cases.Move{To: cases.Fixed, Reason: cases.ReasonByResident}, cases.ByResident(cases.ContactID(joined.ContactID)))
		w.run(one)
		if len(w.sent(joined)) != 1 || len(w.sent(reporter)) != 2 {
			t.Errorf("the doer %d, the other %d", len(w.sent(joined)), len(w.sent(reporter)))
		}
	})
}

func TestThereAndBackIsNoNews(t *testing.T) {
	w := telling(t, databasetest.Open(t, database.SQLite, nil), nil)
	c := w.resident(channels.SMS, "+447700900001", "en")
	one := w.file(c)
	w.move(one, cases.Move{To: cases.Investigating}, asha)
	w.run(one)
	w.move(one, cases.Move{To: cases.InProgress}, asha)
	w.move(one, cases.Move{To: cases.Investigating}, asha)
	w.run(one)
	if sent := w.sent(c); len(sent) != 1 {
		t.Errorf("told %d times: %q", len(sent), sent)
	}
	w.move(one, cases.Move{Text: "We wait for a key to the box.", Language: "en"}, asha)
	w.run(one)
	if sent := w.sent(c); len(sent) != 2 || !strings.Contains(sent[1], "We wait for a key") {
		t.Errorf("words of staff were told as %q", sent)
	}
}

func TestWhenNewsIsSent(t *testing.T) {
	clock := time.Date(2027, 3, 27, 10, 0, 0, 0, time.UTC) // the day before the clocks go forward
	db := databasetest.Open(t, database.SQLite, func() time.Time { return clock })
	w := telling(t, db, &clock, "merge: 0s", "merge: 10m", `quiet_hours: ""`, `quiet_hours: "21:00-08:00"`)
	c := w.resident(channels.SMS, "+447700900001", "en")
	one := w.file(c)
	clock = clock.Add(time.Minute)
	step := func(after time.Duration, m cases.Move, want int) {
		t.Helper()
		clock = clock.Add(after)
		if m.To != "" {
			w.move(one, m, asha)
		}
		w.run(one)
		if sent := w.sent(c); len(sent) != want {
			t.Fatalf("at %s told %d times, want %d: %q", clock, len(sent), want, sent)
		}
	}
	step(0, cases.Move{To: cases.Investigating}, 1)                              // the first goes at once
	step(time.Minute, cases.Move{To: cases.Planned}, 1)                          // the next waits for the window to end
	step(time.Minute, cases.Move{To: cases.InProgress}, 1)                       // and the one after joins it
	step(8*time.Minute-time.Second, cases.Move{}, 1)                             // a second before the end
	step(time.Second, cases.Move{}, 2)                                           // one message of the last state
	step(time.Hour, cases.Move{To: cases.Planned}, 2)                            // two a day are enough
	step(time.Hour, cases.Move{To: cases.Fixed, Reason: cases.ReasonAlready}, 3) // fixed is always told
	if last := w.sent(c)[2]; strings.Contains(last, "planned") {
		t.Errorf("an old state was told: %q", last)
	}
	clock = time.Date(2027, 3, 27, 21, 0, 0, 0, time.UTC)
	step(0, cases.Move{To: cases.InProgress}, 3) // quiet, and the third of the day
	clock = time.Date(2027, 3, 28, 6, 59, 59, 0, time.UTC)
	step(0, cases.Move{}, 3) // 07:59:59 of summer time
	step(time.Second, cases.Move{}, 4)
}

func TestThePreviewIsWhatIsSent(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := telling(t, db, nil)
		all := []*inbox.Conversation{w.resident(channels.SMS, "+447700900001", "en"), w.resident(channels.WhatsApp, "+447700900002", "ur"),
			w.resident(channels.Telegram, "12345", "pl")}
		one := w.file(all[0])
		w.join(one, all[1])
		w.join(one, all[2])
		m := cases.Move{To: cases.Fixed, Reason: cases.ReasonRepaired, Text: "The column is new.", Language: "en"}
		seen, err := w.teller.Preview(context.Background(), one.Reference, one.Version+2, m, asha)
		must(t, err)
		if len(seen) != 3 {
			t.Fatalf("%d of 3 followers", len(seen))
		}
		w.write(func(tx *database.Tx) error {
			got, err := w.cases.Get(context.Background(), tx, one.Reference)
			if got.Status != cases.Received {
				t.Errorf("the preview left the case %s", got.Status)
			}
			return err
		})
		w.move(one, m, asha)
		w.run(one)
		for i, c := range all {
			var want []string
			for _, r := range seen[i].Rows {
				want = append(want, r.Text)
			}
			if sent := w.sent(c); fmt.Sprint(sent) != fmt.Sprint(want) || len(sent) == 0 {
				t.Errorf("%s: previewed\n%q, sent\n%q", c.Channel, want, sent)
			}
		}
		if t := seen[1].Rows[0].Out.Template; t == nil || t.Key != "case_fixed" || len(t.Data) != 3 || t.Data[1] != "case:"+string(one.Reference)+"=no" {
			w.Errorf("no template for a shut window: %+v", t)
		}
		for _, v := range seen[1].Rows[0].Out.Template.Values {
			if v == "" || strings.Contains(v, "\n") {
				t.Errorf("a template's value is %q", v)
			}
		}
	})
}
