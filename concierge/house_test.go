package concierge

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/council"
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/jobs"
	"concierge/internal/phrase"
	"concierge/internal/seal"
)

// house is a host on a real database, with channels that write down what they are given and an engine the test writes. Jobs are
// real rows in River's table; the test plays River.
type house struct {
	t    testing.TB
	ctx  context.Context
	db   *database.DB
	in   *inbox.Inbox
	h    *Host
	sms  *channeltest.Recorder
	wa   *channeltest.Recorder
	tg   *channeltest.Recorder
	keys *seal.Keys
}

// script is an engine: what it does with an input.
type script func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event)

func (f script) Turn(_ context.Context, _ dialog.Lookup, s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
	return f(s, in)
}

// echo says each text back.
func echo(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
	s.Turns++
	return s, []dialog.Event{dialog.Said{Lines: []dialog.Line{{Text: "you said " + in.Text}}}}
}

type english struct{}

func (english) Match(hint string) (string, bool) { return hint, hint == "pl" }
func (english) Draft(string) bool                { return false }
func (english) Keys(_, prefix string) []string   { return []string{prefix + "gas"} }
func (english) Tags() []string                   { return []string{"en"} }
func (english) Words(_, key string) []string {
	return map[string][]string{"command.bot": {"bot"}, "command.thanks": {"thanks"}, "emergency.gas": {"smell gas"}}[key]
}

// said words a line as its key and values: tests read what was meant.
func said0(tag string, l phrase.Line) string {
	if l.Key == "" {
		return l.Text
	}
	text := l.Key
	for _, v := range l.Vars {
		if v.Name == "Ref" || v.Name == "Due" {
			text += " " + v.Text + v.Date
		}
	}
	return text
}

func open(t testing.TB, db *database.DB, engine Engine) *house {
	t.Helper()
	o := assemble(t, db, "node-1")
	o.h.SetEngine(engine)
	if err := o.h.Start(o.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.stop)
	return o
}

func (o *house) stop() {
	if o.h.out.sealed {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	_ = o.h.Stop(ctx)
}

func assemble(t testing.TB, db *database.DB, node string) *house {
	t.Helper()
	o := &house{t: t, ctx: context.Background(), db: db, sms: channeltest.NewRecorder(channels.SMS),
		wa: channeltest.NewRecorder(channels.WhatsApp), tg: channeltest.NewRecorder(channels.Telegram)}
	c, err := council.Load(council.Demo(), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if o.keys, err = seal.Load(o.ctx, db, []byte("0123456789abcdef0123456789abcdef")); err != nil {
		t.Fatal(err)
	}
	queue, err := jobs.New(db, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.in = inbox.New(o.keys, said0, queue, inbox.Options{Wake: func(id string) { o.h.Wake(id) }})
	o.h = New(Settings{DB: db, Keys: o.keys, Inbox: o.in, Handoffs: inbox.NewHandoffs(o.in, c), Council: c, Languages: func() Languages { return english{} },
		Channels: map[channels.Name]channels.Channel{channels.SMS: o.sms, channels.WhatsApp: o.wa, channels.Telegram: o.tg},
		Queue:    queue, Node: node, PublicURL: "http://localhost:8080", Log: slog.New(slog.NewTextHandler(testLog{t}, nil))})
	return o
}

type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

var serial struct {
	sync.Mutex
	n int
}

// text is a new message from a phone.
func text(from, words string) channels.Message {
	serial.Lock()
	defer serial.Unlock()
	serial.n++
	a := channels.Address(from)
	return channels.Message{Channel: a.Kind(), Account: "AC1", ID: fmt.Sprintf("SM%032d", serial.n), Handle: channels.Handle(fmt.Sprintf("SM%032d", serial.n)),
		From: a, To: channels.MakeAddress(a.Kind(), "+447700900000"), Kind: channels.KindText, Text: words}
}

func (o *house) receive(m channels.Message) {
	o.t.Helper()
	if err := o.h.Receive(o.ctx, m); err != nil {
		o.t.Fatalf("receive: %v", err)
	}
}

// hears waits until the phone has these texts, in this order, and nothing else.
func (o *house) hears(r *channeltest.Recorder, to string, want ...string) {
	o.t.Helper()
	o.hearsIn(5*time.Second, r, to, want...)
}

// hearsIn is hears for what may take longer: a send in doubt.
func (o *house) hearsIn(patience time.Duration, r *channeltest.Recorder, to string, want ...string) {
	o.t.Helper()
	var got []string
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if got = r.Texts(channels.Address(to)); len(got) >= len(want) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		o.t.Fatalf("%s hears %q, want %q", to, got, want)
	}
}

func (o *house) count(query string, args ...any) (n int) {
	o.t.Helper()
	err := o.db.Read(o.ctx, func(tx *database.Tx) error { return tx.QueryRow(o.ctx, query, args...).Scan(&n) })
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

// eventually waits until the query counts n.
func (o *house) eventually(n int, query string, args ...any) {
	o.t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for o.count(query, args...) != n {
		if time.Now().After(deadline) {
			o.t.Fatalf("%s: counts %d, want %d", query, o.count(query, args...), n)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (o *house) exec(query string, args ...any) {
	o.t.Helper()
	err := o.db.Write(o.ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(o.ctx, query, args...)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *house) one(query string, args ...any) (s string) {
	o.t.Helper()
	err := o.db.Read(o.ctx, func(tx *database.Tx) error { return tx.QueryRow(o.ctx, query, args...).Scan(&s) })
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

// conversation locks the only conversation and hands it to f.
func (o *house) conversation(f func(tx *database.Tx, c *inbox.Conversation) error) {
	o.t.Helper()
	id := o.one(`SELECT id FROM conversations`)
	err := o.db.Write(o.ctx, func(tx *database.Tx) error {
		c, err := o.in.Lock(o.ctx, tx, id)
		if err != nil {
			return err
		}
		return f(tx, c)
	})
	if err != nil {
		o.t.Fatal(err)
	}
}
