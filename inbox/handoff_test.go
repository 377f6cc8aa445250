package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"concierge/channels"
	"concierge/council"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/jobs"
	"concierge/internal/seal"
	"concierge/locales"
)

// shop is a council's inbox on a real database; hours are its office hours, every day.
type shop struct {
	t     *testing.T
	ctx   context.Context
	db    *database.DB
	in    *inbox.Inbox
	rules *inbox.Handoffs
}

func openShop(t *testing.T, db *database.DB, hours string) *shop {
	t.Helper()
	ctx := context.Background()
	text, err := fs.ReadFile(council.Demo(), "council.yaml")
	if err != nil {
		t.Fatal(err)
	}
	week := ""
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		week += day + `: "` + hours + `", `
	}
	text = regexp.MustCompile(`(?m)hours: \{.*\}$`).ReplaceAll(text, []byte("hours: {"+strings.TrimSuffix(week, ", ")+"}"))
	text = regexp.MustCompile(`(?s)holidays: \[[^]]*\]`).ReplaceAll(text, []byte("holidays: []"))
	c, err := council.Load(council.Overlay(council.Demo(), fstest.MapFS{"council.yaml": {Data: text}}), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.Load(ctx, db, []byte("a secret that is long enough for tests"))
	if err != nil {
		t.Fatal(err)
	}
	queue, err := jobs.New(db, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	words, err := locales.Load(locales.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	in := inbox.New(keys, words.Say, queue, inbox.Options{})
	return &shop{t, ctx, db, in, inbox.NewHandoffs(in, c)}
}

func (s *shop) write(f func(tx *database.Tx) error) error { return s.db.Write(s.ctx, f) }

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// resident writes a message and has it stored as the host does.
func (s *shop) resident(n int, text string) (id string, heard inbox.Heard) {
	s.t.Helper()
	from := channels.Address(fmt.Sprintf("sms:+44770090%04d", n))
	message := database.NewID()
	s.must(s.write(func(tx *database.Tx) error {
		a, err := s.in.Arrive(s.ctx, tx, channels.Message{Channel: channels.SMS, Account: "AC1", ID: message, From: from, To: "sms:+441215550100",
			Kind: channels.KindText, Text: text}, message, time.Now())
		if err != nil {
			return err
		}
		id = a.ID
		b := &database.Batch{}
		m := &inbox.Inbound{Message: channels.Message{Kind: channels.KindText, Text: text}, ID: message, At: tx.Now(), Taken: inbox.ForDesk}
		if err := s.in.Keep(b, a.Conversation, m); err != nil {
			return err
		}
		a.InboundAt = tx.Now()
		s.in.SaveTo(b, a.Conversation)
		if err := tx.Run(s.ctx, b); err != nil {
			return err
		}
		heard, err = s.rules.Heard(s.ctx, tx, a.Conversation, inbox.Understood{Bot: text == "BOT", One: text == "1", Thanks: text == "thanks"})
		return err
	}))
	return id, heard
}

// engine writes a reply of the concierge's.
func (s *shop) engine(id, text string, keep bool) {
	s.t.Helper()
	s.must(s.write(func(tx *database.Tx) error {
		c, err := s.in.Lock(s.ctx, tx, id)
		if err != nil {
			return err
		}
		return s.in.Write(s.ctx, tx, c, inbox.Reply, inbox.Words{Text: text, Keep: keep})
	}))
}

func (s *shop) request(id string, r inbox.Request) {
	s.t.Helper()
	s.must(s.write(func(tx *database.Tx) error {
		c, err := s.in.Lock(s.ctx, tx, id)
		if err != nil {
			return err
		}
		return s.rules.Request(s.ctx, tx, c, r)
	}))
}

func (s *shop) get(id string) (c *inbox.Conversation) {
	s.t.Helper()
	s.must(s.db.Read(s.ctx, func(tx *database.Tx) (err error) {
		c, err = s.in.Get(s.ctx, tx, id)
		return err
	}))
	return c
}

func (s *shop) transcript(id string) (all []inbox.Spoken) {
	s.t.Helper()
	s.must(s.db.Read(s.ctx, func(tx *database.Tx) (err error) {
		all, _, err = inbox.Transcript(s.ctx, tx, id, 0)
		return err
	}))
	return all
}

// said is what went to the resident and still will, a line each.
func (s *shop) said(id string) string {
	var b strings.Builder
	for _, m := range s.transcript(id) {
		if !m.Inbound && m.Status != "failed" {
			b.WriteString(m.Body + "\n")
		}
	}
	return b.String()
}

func (s *shop) staff(name string, teams ...string) inbox.Actor {
	s.t.Helper()
	id := database.NewID()
	s.must(s.write(func(tx *database.Tx) error {
		_, err := tx.Exec(s.ctx, `INSERT INTO staff (id, email, name, roles, teams, seen_at, created_at) VALUES ($1, $2, $3, 'agent', $4, $5, $5)`,
			id, id+"@council.example", name, strings.Join(teams, " "), tx.Now())
		return err
	}))
	return inbox.Actor{ID: id, Name: name, Teams: teams}
}

func TestOfTwentyAgentsWhoClaimOneWins(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := openShop(t, db, "00:00-23:59")
		id, _ := s.resident(1, "a person please")
		s.request(id, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
		before := s.get(id)
		agents := make([]inbox.Actor, 20)
		for i := range agents {
			agents[i] = s.staff(fmt.Sprintf("Agent%d Surname", i), "highways")
		}
		results := make([]error, 20)
		var wg sync.WaitGroup
		for i := range agents {
			wg.Go(func() {
				results[i] = s.write(func(tx *database.Tx) error { return s.rules.Claim(s.ctx, tx, agents[i], id, before.Version) })
			})
		}
		wg.Wait()
		winner := -1
		for i, err := range results {
			if err == nil {
				if winner >= 0 {
					t.Fatal("two agents won")
				}
				winner = i
			}
		}
		if winner < 0 {
			t.Fatalf("nobody won: %v", results)
		}
		for i, err := range results {
			var held *inbox.Held
			if i != winner && (!errors.Is(err, inbox.ErrHeld) || !errors.As(err, &held) || held.Name != agents[winner].Name) {
				t.Fatalf("loser %d heard %v", i, err)
			}
		}
		c := s.get(id)
		if c.Version != before.Version+1 || c.Owner != inbox.AnAgent || c.AgentID != agents[winner].ID || c.Epoch != before.Epoch+1 {
			t.Fatalf("afterwards: %+v", c)
		}
		if strings.Contains(s.said(id), "joined") {
			t.Fatal("a claim may be a look, yet the resident was told")
		}
	})
}

func TestATakeoverOvertakesWhatTheConciergeHadReady(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := openShop(t, db, "00:00-23:59")
		id, heard := s.resident(2, "hello")
		if !heard.Turn {
			t.Fatal("the concierge takes no turn for a first message")
		}
		s.engine(id, "Where is it?", false)
		s.engine(id, "Your reference is C7K-4M95.", true)
		asha := s.staff("Asha Rahman", "highways")
		s.must(s.write(func(tx *database.Tx) error { return s.rules.TakeOver(s.ctx, tx, asha, id, s.get(id).Version) }))
		all := s.transcript(id)
		if all[1].Status != "failed" || all[1].Reason != "overtaken" || all[2].Status != "queued" {
			t.Fatalf("question %s (%s), reference %s", all[1].Status, all[1].Reason, all[2].Status)
		}
		if said := s.said(id); said != "Your reference is C7K-4M95.\nAsha (Roads team) has joined.\n" {
			t.Fatalf("the resident reads:\n%s", said)
		}
		// A turn that was slow commits after it: its words carry the old epoch, and the outbox will not send them.
		if c := s.get(id); c.Epoch != 1 {
			t.Fatalf("epoch %d", c.Epoch)
		}
		// Her first words need no second introduction, sent twice they are written once, and a newer message holds them back.
		form := inbox.ReplyForm{ID: "f1", Text: "Hello, how can I help?", LastSeen: all[3].ID}
		for range 2 {
			s.must(s.write(func(tx *database.Tx) error { return s.rules.Reply(s.ctx, tx, asha, id, form) }))
		}
		s.resident(2, "it is at the school")
		form.ID, form.Text = "f2", "Where is it?"
		if err := s.write(func(tx *database.Tx) error { return s.rules.Reply(s.ctx, tx, asha, id, form) }); !errors.Is(err, inbox.ErrNewer) {
			t.Fatalf("newer message: %v", err)
		}
		form.Anyway = true
		s.must(s.write(func(tx *database.Tx) error { return s.rules.Reply(s.ctx, tx, asha, id, form) }))
		want := "Your reference is C7K-4M95.\nAsha (Roads team) has joined.\nHello, how can I help?\nWhere is it?\n"
		if said := s.said(id); said != want {
			t.Fatalf("the resident reads:\n%s", said)
		}
		ben := s.staff("Ben Okafor", "highways")
		if err := s.write(func(tx *database.Tx) error {
			return s.rules.Reply(s.ctx, tx, ben, id, inbox.ReplyForm{ID: "f3", Text: "me too", Anyway: true})
		}); !errors.Is(err, inbox.ErrHeld) {
			t.Fatalf("another agent: %v", err)
		}
		parks := s.staff("Pat", "parks")
		if err := s.write(func(tx *database.Tx) error { return s.rules.TakeOver(s.ctx, tx, parks, id, s.get(id).Version) }); !errors.Is(err, inbox.ErrNotFound) {
			t.Fatalf("another team's: %v", err)
		}
	})
}

func TestBackToTheQueueToTheConciergeAndToTheEnd(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := openShop(t, db, "00:00-23:59")
		asha, ben := s.staff("Asha", "highways"), s.staff("Ben", "highways")
		id, _ := s.resident(3, "person")
		s.request(id, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
		reply := func(a inbox.Actor, text string) error {
			return s.write(func(tx *database.Tx) error {
				return s.rules.Reply(s.ctx, tx, a, id, inbox.ReplyForm{ID: text, Text: text, Anyway: true})
			})
		}
		s.must(reply(asha, "Hello."))
		s.must(s.write(func(tx *database.Tx) error { return s.rules.Release(s.ctx, tx, asha, id, s.get(id).Version) }))
		if c := s.get(id); c.Owner != inbox.Queue || c.AgentID != "" {
			t.Fatalf("released: %+v", c)
		}
		s.must(reply(ben, "Hello again."))
		if err := s.write(func(tx *database.Tx) error { return s.rules.Return(s.ctx, tx, ben, id, 1, inbox.AsResume, "") }); !errors.Is(err, inbox.ErrStale) {
			t.Fatalf("an old form: %v", err)
		}
		s.must(s.write(func(tx *database.Tx) error {
			return s.rules.Return(s.ctx, tx, ben, id, s.get(id).Version, inbox.AsMenu, "")
		}))
		c := s.get(id)
		var args string
		s.must(s.db.Read(s.ctx, func(tx *database.Tx) error {
			return tx.QueryRow(s.ctx, `SELECT CAST(args AS TEXT) FROM river_job WHERE kind = 'resume'`).Scan(&args)
		}))
		if c.Owner != inbox.Bot || c.Epoch != 3 || !strings.Contains(args, `menu`) || !strings.Contains(args, id) {
			t.Fatalf("returned: %+v, job %s", c, args)
		}
		// What the concierge had ready ("I am passing you", "A colleague") was overtaken, for nothing was sent yet. Names stay.
		all := s.said(id)
		want := "Asha (Roads team) has joined.\nHello.\nBen (Roads team) has joined.\nHello again.\n"
		if all != want {
			t.Fatalf("the resident reads:\n%s\nwant\n%s", all, want)
		}
		s.must(s.rules.Tick(s.ctx, s.db)) // nothing is due yet, on either engine
		if c := s.get(id); c.Owner != inbox.Bot || c.State != inbox.Active {
			t.Fatalf("a tick moved it: %+v", c)
		}
		// Closed by a person: thanks changes nothing, anything else within a day is the team's again.
		s.must(s.write(func(tx *database.Tx) error { return s.rules.TakeOver(s.ctx, tx, ben, id, s.get(id).Version) }))
		s.must(s.write(func(tx *database.Tx) error {
			return s.rules.Close(s.ctx, tx, ben, id, s.get(id).Version, inbox.Resolved, false)
		}))
		if _, heard := s.resident(3, "thanks"); heard.Turn || s.get(id).State != inbox.Closed {
			t.Fatal("thanks woke it")
		}
		if _, heard := s.resident(3, "one more thing"); heard.Turn || s.get(id).Owner != inbox.Queue {
			t.Fatal("it was not reopened")
		}
		if _, heard := s.resident(3, "BOT"); heard.Returned != "resume" || s.get(id).Owner != inbox.Bot {
			t.Fatal("BOT did not bring it back")
		}
	})
}

func TestListsShowEachTheirOwn(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := openShop(t, db, "00:00-23:59")
		asha := s.staff("Asha", "highways")
		pat := s.staff("Pat", "parks")
		boss := s.staff("Sam")
		boss.All, boss.Sensitive, boss.Supervises = true, true, true
		for n := range 53 {
			id, _ := s.resident(100+n, fmt.Sprintf("person %d", n))
			s.request(id, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
		}
		secret, _ := s.resident(200, "somebody hurts me")
		s.request(secret, inbox.Request{Reason: inbox.Safeguarding})
		bot, _ := s.resident(201, "hello")
		for _, c := range []struct {
			who           inbox.Actor
			waiting, bots int
		}{{asha, 53, 1}, {pat, 0, 1}, {boss, 54, 1}} {
			s.must(db.Read(s.ctx, func(tx *database.Tx) error {
				counts, err := inbox.Counts(s.ctx, tx, c.who)
				if err != nil {
					return err
				}
				if counts[inbox.ViewWaiting] != c.waiting || counts[inbox.ViewBot] != c.bots {
					t.Fatalf("%s counts %v", c.who.Name, counts)
				}
				var all []inbox.Entry
				for after := ""; ; {
					page, next, err := inbox.List(s.ctx, tx, c.who, inbox.ViewWaiting, inbox.Filter{}, after)
					if err != nil {
						return err
					}
					all = append(all, page...)
					if after = next; next == "" {
						break
					}
				}
				if len(all) != c.waiting {
					t.Fatalf("%s sees %d", c.who.Name, len(all))
				}
				for i := 1; i < len(all); i++ {
					if all[i-1].Priority == all[i].Priority && all[i].RequestedAt.Before(*all[i-1].RequestedAt) {
						t.Fatal("the longest wait is not first")
					}
				}
				if c.waiting == 54 && all[0].Conversation != secret {
					t.Fatal("safeguarding is not first")
				}
				if seen, err := inbox.Sees(s.ctx, tx, c.who, secret); err != nil || seen != c.who.Sensitive {
					t.Fatalf("%s sees safeguarding: %v, %v", c.who.Name, seen, err)
				}
				return nil
			}))
		}
		s.must(db.Read(s.ctx, func(tx *database.Tx) error {
			page, _, err := inbox.List(s.ctx, tx, pat, inbox.ViewBot, inbox.Filter{Channel: "sms"}, "")
			if err == nil && (len(page) != 1 || page[0].Conversation != bot || page[0].Last != "hello") {
				t.Fatalf("with the concierge: %+v", page)
			}
			return err
		}))
	})
}

func TestTheOfficeIsShut(t *testing.T) {
	// A span that ended a minute before it began to matter: open for one minute of the day, which is not now.
	now := time.Now().In(time.UTC)
	hour := (now.Hour() + 12) % 24
	s := openShop(t, databasetest.Open(t, database.SQLite, nil), fmt.Sprintf("%02d:10-%02d:40", hour, hour))
	id, _ := s.resident(5, "person")
	s.request(id, inbox.Request{Reason: inbox.Asked})
	if said := s.said(id); !strings.HasPrefix(said, "Our team is back on ") || !strings.Contains(said, "Call 999") || !strings.Contains(said, "write 1") {
		t.Fatalf("the resident reads:\n%s", said)
	}
	if _, heard := s.resident(5, "1"); heard.Returned != "resume" {
		t.Fatal("1 did not bring them back")
	}
}

func TestTimersMoveWhatOnlyTimeMoves(t *testing.T) {
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	s := openShop(t, databasetest.Open(t, database.SQLite, func() time.Time { return now }), "00:00-23:59")
	asha := s.staff("Asha", "highways")
	id, _ := s.resident(6, "person")
	s.request(id, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
	tick := func(after time.Duration) {
		now = now.Add(after)
		for range 2 { // as two nodes would
			s.must(s.rules.Tick(s.ctx, s.db))
		}
	}
	tick(9 * time.Minute)
	if strings.Contains(s.said(id), "still in line") {
		t.Fatal("too early")
	}
	tick(2 * time.Minute)
	tick(2 * time.Hour)
	if said := s.said(id); strings.Count(said, "still in line") != 1 || strings.Count(said, "Sorry for the wait.") != 1 {
		t.Fatalf("the resident reads:\n%s", said)
	}
	// Asha answers and waits; she goes home; the resident is reminded once, then it is closed.
	s.must(s.write(func(tx *database.Tx) error {
		return s.rules.Reply(s.ctx, tx, asha, id, inbox.ReplyForm{ID: "a", Text: "Which road?", Anyway: true, Wait: true})
	}))
	tick(25 * time.Hour)
	if said := s.said(id); strings.Count(said, "waiting for your answer") != 1 {
		t.Fatalf("the resident reads:\n%s", said)
	}
	tick(48 * time.Hour)
	if c := s.get(id); c.State != inbox.Closed || c.Owner != inbox.Bot {
		t.Fatalf("not closed: %+v", c)
	}
	// Their answer a day later is the concierge's: nobody closed it by hand.
	if _, heard := s.resident(6, "hello"); !heard.Turn {
		t.Fatal("no turn")
	}
	tick(25 * time.Hour)
	if c := s.get(id); c.State != inbox.Closed {
		t.Fatalf("a quiet conversation stays open: %+v", c)
	}
	// An agent who is gone, and a resident who waits: anybody's.
	other, _ := s.resident(7, "hello")
	s.must(s.write(func(tx *database.Tx) error { return s.rules.TakeOver(s.ctx, tx, asha, other, s.get(other).Version) }))
	s.resident(7, "are you there?")
	tick(30 * time.Minute)
	if c := s.get(other); c.Owner != inbox.Queue {
		t.Fatalf("still with an agent who is gone: %+v", c)
	}
}
