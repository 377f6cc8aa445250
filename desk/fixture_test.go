package desk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"concierge/cases"
	"concierge/channels"
	"concierge/council"
	"concierge/desk"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/feed"
	"concierge/internal/jobs"
	"concierge/internal/phrase"
	"concierge/internal/seal"
	"concierge/locales"
)

var ctx = context.Background()

// house is a desk served on a real port, on a real database.
type house struct {
	testing.TB
	db       *database.DB
	in       *inbox.Inbox
	handoffs *inbox.Handoffs
	cases    *cases.Cases
	council  *council.Council
	words    *locales.Set
	keys     *seal.Keys
	tail     *feed.Tail
	desk     *desk.Desk
	url      string
}

// open makes a house. tag is the language its pages are worded in.
func open(t testing.TB, db *database.DB, tag string) *house {
	t.Helper()
	text, err := fs.ReadFile(council.Demo(), "council.yaml")
	h := &house{TB: t, db: db}
	h.must(err)
	text = regexp.MustCompile(`(?m)hours: \{.*\}$`).ReplaceAll(text, []byte(`hours: {mon: "00:00-23:59", tue: "00:00-23:59", wed: "00:00-23:59", thu: "00:00-23:59", fri: "00:00-23:59", sat: "00:00-23:59", sun: "00:00-23:59"}`))
	text = regexp.MustCompile(`(?s)holidays: \[[^]]*\]`).ReplaceAll(text, []byte("holidays: []"))
	h.council, err = council.Load(council.Overlay(council.Demo(), fstest.MapFS{"council.yaml": {Data: text}}), func(string) string { return "" })
	h.must(err)
	h.keys, err = seal.Load(ctx, db, []byte("a secret that is long enough for tests"))
	h.must(err)
	queue, err := jobs.New(db, nil, nil, nil)
	h.must(err)
	h.words, err = locales.Load(locales.Builtin())
	h.must(err)
	h.in = inbox.New(h.keys, h.words.Say, queue, inbox.Options{})
	h.handoffs = inbox.NewHandoffs(h.in, h.council)
	h.cases = cases.New(cases.RulesOf(h.council), queue)
	h.tail, err = feed.NewTail(ctx, db, nil)
	h.must(err)
	run, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- h.tail.Run(run) }()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	h.url = server.URL
	dir := func(string) string { return "ltr" }
	if tag == "ar" {
		dir = func(string) string { return "rtl" }
	}
	h.desk, err = desk.New(desk.Settings{DB: db, Inbox: h.in, Handoffs: h.handoffs, Cases: h.cases, Keys: h.keys, Council: h.council, Feed: h.tail,
		Say: func(_ string, l phrase.Line) string { return h.words.Say(tag, l) }, Dir: dir,
		LanguageName: func(tag string) string { return h.words.About(tag).Name }, Preview: h.preview, PublicURL: server.URL,
		Channels: []channels.Name{channels.SMS, channels.WhatsApp}, Version: "v0.0.1"})
	h.must(err)
	handler = h.desk.Handler()
	t.Cleanup(func() { h.desk.Close(); server.Close(); stop(); <-done })
	return h
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) write(f func(tx *database.Tx) error) error { return h.db.Write(ctx, f) }

// preview is what the host does: make the move, word it, take it back.
func (h *house) preview(ctx context.Context, ref cases.Reference, version int64, m cases.Move, by cases.Actor) (all []desk.Notice, err error) {
	undo := errors.New("undo")
	err = h.db.Write(ctx, func(tx *database.Tx) error {
		one, err := h.cases.Change(ctx, tx, ref, version, m, by)
		if err != nil {
			return err
		}
		followers, err := h.cases.Followers(ctx, tx, one.ID)
		if err != nil {
			return err
		}
		for _, f := range followers {
			c, err := h.in.Get(ctx, tx, string(f.Conversation))
			if err != nil {
				return err
			}
			n := desk.Notice{Follower: f.ID, Conversation: c, At: tx.Now()}
			if !c.OptedOutAt.IsZero() {
				n.Why = "opted_out"
			} else {
				key := "case.said." + string(one.Status) + "." + string(one.Reason)
				if one.Reason == "" {
					key = "case.said." + string(one.Status) + ".plain"
				}
				lines := []phrase.Line{{Key: "case.head_short", Vars: []phrase.Var{{Name: "Council", Text: h.council.ShortName}, {Name: "Ref", Text: one.Reference.String()},
					{Name: "Service", Key: "service." + one.Service + ".name"}}}, {Key: key}}
				if m.Text != "" {
					lines = append(lines, phrase.Line{Key: "case.staff", Vars: []phrase.Var{{Name: "Text", Text: m.Text}}})
				}
				if n.Rows, err = h.in.Compose(c, inbox.Update, inbox.Words{Lines: lines}, tx.Now()); err != nil {
					return err
				}
			}
			all = append(all, n)
		}
		return undo
	})
	if errors.Is(err, undo) {
		err = nil
	}
	return all, err
}

// resident writes: the message is stored as the host does. An address is "sms:+44…".
func (h *house) resident(from, language, text string) (conversation string) {
	h.Helper()
	return h.receive(channels.Message{From: channels.Address(from), Kind: channels.KindText, Text: text}, language)
}

func (h *house) receive(m channels.Message, language string) (conversation string) {
	h.Helper()
	id := database.NewID()
	m.Channel, m.Account, m.ID = m.From.Kind(), "AC1", id
	m.To = channels.MakeAddress(m.Channel, "+441215550100")
	h.must(h.write(func(tx *database.Tx) error {
		a, err := h.in.Arrive(ctx, tx, m, id, time.Now())
		if err != nil {
			return err
		}
		conversation = a.ID
		b := &database.Batch{}
		h.in.SetLanguage(b, a.Conversation, language)
		if err := h.in.Keep(b, a.Conversation, &inbox.Inbound{Message: m, ID: id, At: tx.Now(), Taken: inbox.ForDesk}); err != nil {
			return err
		}
		a.InboundAt = tx.Now()
		h.in.SaveTo(b, a.Conversation)
		if err := tx.Run(ctx, b); err != nil {
			return err
		}
		_, err = h.handoffs.Heard(ctx, tx, a.Conversation, inbox.Understood{})
		return err
	}))
	h.tail.Wake()
	return conversation
}

func (h *house) bot(conversation, text string, choices ...string) {
	h.Helper()
	h.must(h.write(func(tx *database.Tx) error {
		c, err := h.in.Lock(ctx, tx, conversation)
		if err != nil {
			return err
		}
		w := inbox.Words{Text: text}
		for i, l := range choices {
			w.Choices = append(w.Choices, inbox.Choice{Data: fmt.Sprintf("1:x=%d", i), Label: phrase.Line{Text: l}})
		}
		return h.in.Write(ctx, tx, c, inbox.Reply, w)
	}))
}

func (h *house) request(conversation string, r inbox.Request) {
	h.Helper()
	h.must(h.write(func(tx *database.Tx) error {
		c, err := h.in.Lock(ctx, tx, conversation)
		if err != nil {
			return err
		}
		return h.handoffs.Request(ctx, tx, c, r)
	}))
	h.tail.Wake()
}

func (h *house) get(conversation string) (c *inbox.Conversation) {
	h.Helper()
	h.must(h.db.Read(ctx, func(tx *database.Tx) (err error) {
		c, err = h.in.Get(ctx, tx, conversation)
		return err
	}))
	return c
}

// file files a case for whoever writes in that conversation.
func (h *house) file(conversation, service, place string) (one cases.Case) {
	h.Helper()
	c := h.get(conversation)
	h.must(h.write(func(tx *database.Tx) (err error) {
		one, err = h.cases.File(ctx, tx, cases.Report{Service: service, Description: "Deep enough to lose a wheel in.", By: cases.ByResident(cases.ContactID(c.ContactID)),
			Conversation: cases.ConversationID(c.ID), Language: c.Language, Channel: string(c.Channel), Answers: []cases.Answer{{Slot: "size", Value: "large", Words: "huge"}},
			Place: cases.Place{Lat: 52.4471, Lon: -1.8631, Point: true, Metres: 12, How: "street", Label: place, Street: place, Ward: "Sparkhill", Postcode: "B11 4LB"}})
		return err
	}))
	return one
}

// sitter is somebody at the desk: a browser without scripts.
type sitter struct {
	h *house
	*http.Client
	id, name string
}

// sit adds somebody by a link and signs them in with it.
func (h *house) sit(name string, roles, teams []string) *sitter {
	h.Helper()
	var token string
	email := strings.ToLower(strings.Fields(name)[0]) + "@council.example"
	h.must(h.write(func(tx *database.Tx) (err error) {
		token, err = desk.AddStaff(ctx, tx, email, name, roles, teams)
		return err
	}))
	s := h.browser()
	s.name = name
	if status, body := s.press("/desk/welcome/"+token, "/desk/welcome/"+token, url.Values{"password": {"four plain words here"}, "again": {"four plain words here"}}); status != http.StatusOK {
		h.Fatalf("%s cannot sign in: %d\n%s", name, status, body)
	}
	h.must(h.db.Read(ctx, func(tx *database.Tx) error {
		return tx.QueryRow(ctx, `SELECT id FROM staff WHERE email = $1`, email).Scan(&s.id)
	}))
	return s
}

func (h *house) browser() *sitter {
	jar, err := cookiejar.New(nil)
	h.must(err)
	return &sitter{h: h, Client: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

func (s *sitter) get(path string) (status int, body string) {
	s.h.Helper()
	resp, err := s.Get(s.h.url + path)
	s.h.must(err)
	return read(s.h, resp)
}

func read(t testing.TB, resp *http.Response) (int, string) {
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" (?:autocomplete="[a-z]+" )?value="([^"]*)"`)

// fields are the hidden fields of the form on a page that goes to action.
func (s *sitter) fields(page, action string) url.Values {
	s.h.Helper()
	_, body := s.get(page)
	return s.fieldsOf(body, action)
}

func (s *sitter) fieldsOf(body, action string) url.Values {
	s.h.Helper()
	at := strings.Index(body, `action="`+action+`"`)
	if at < 0 {
		s.h.Fatalf("no form for %s:\n%s", action, body)
	}
	form, _, _ := strings.Cut(body[at:], "</form>")
	v := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(form, -1) {
		v.Set(m[1], strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&#43;", "+", "&amp;", "&").Replace(m[2]))
	}
	return v
}

// press posts a form as it stands on a page, with what was filled in.
func (s *sitter) press(page, action string, with url.Values) (int, string) {
	s.h.Helper()
	v := s.fields(page, action)
	for k, x := range with {
		v[k] = x
	}
	return s.post(action, v)
}

func (s *sitter) post(action string, v url.Values) (int, string) {
	s.h.Helper()
	req, err := http.NewRequest(http.MethodPost, s.h.url+action, strings.NewReader(v.Encode()))
	s.h.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", s.h.url)
	resp, err := s.Do(req)
	s.h.must(err)
	return read(s.h, resp)
}
