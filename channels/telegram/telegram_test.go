package telegram

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"

	"go.uber.org/goleak"
)

// TestMain fails when anything is left running.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a bot between the fake and a receiver that writes down.
type rig struct {
	*Telegram
	fake *channeltest.Telegram
	got  *channeltest.Receiver
	ctx  context.Context
	logs *strings.Builder
}

func newRig(t *testing.T, o channeltest.TelegramOptions, change func(*Settings)) *rig {
	t.Helper()
	var app atomic.Pointer[http.Handler]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*app.Load()).ServeHTTP(w, r) }))
	o.PublicURL, o.Deliver, o.Fail = "https://concierge.example", func() string { return server.URL }, t.Errorf
	if o.RetryPause == 0 {
		o.RetryPause = 20 * time.Millisecond
	}
	fake := channeltest.NewTelegram(o)
	s := Settings{Token: channeltest.TelegramToken, Secret: channeltest.TelegramSecret, APIURL: fake.URL(), PublicURL: o.PublicURL}
	if change != nil {
		change(&s)
	}
	r := &rig{fake: fake, got: &channeltest.Receiver{}, logs: &strings.Builder{}}
	base := &http.Transport{MaxIdleConnsPerHost: 8}
	var err error
	r.Telegram, err = New(s, r.got, base, slog.New(slog.NewTextHandler(r.logs, nil)))
	if err != nil {
		t.Fatal(err)
	}
	h := r.Webhook()
	app.Store(&h)
	var stop context.CancelFunc
	r.ctx, stop = context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(func() {
		stop()
		r.Close()
		fake.Close()
		server.Close()
		base.CloseIdleConnections()
	})
	return r
}

const chat = 12345

func to(text string, more ...func(*channels.Outgoing)) channels.Outgoing {
	o := channels.Outgoing{ID: "m1", Attempt: 1, To: "telegram:12345", Text: text}
	for _, f := range more {
		f(&o)
	}
	return o
}

func TestNewRefusesHalfASetting(t *testing.T) {
	for name, s := range map[string]Settings{
		"no token":         {Secret: channeltest.TelegramSecret, PublicURL: "https://x.example"},
		"no secret":        {Token: channeltest.TelegramToken, PublicURL: "https://x.example"},
		"a secret of 31":   {Token: channeltest.TelegramToken, PublicURL: "https://x.example", Secret: strings.Repeat("a", 31)},
		"no public URL":    {Token: channeltest.TelegramToken, Secret: channeltest.TelegramSecret},
		"a final slash":    {Token: channeltest.TelegramToken, Secret: channeltest.TelegramSecret, PublicURL: "https://x.example/"},
		"an API URL of no": {Token: channeltest.TelegramToken, Secret: channeltest.TelegramSecret, PublicURL: "https://x.example", APIURL: "x"},
	} {
		if b, err := New(s, nil, nil, slog.Default()); err == nil {
			b.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestWebhookAnswers: authentic and stored is 200, read or not; anything else would silence that person for a day.
func TestWebhookAnswers(t *testing.T) {
	r := newRig(t, channeltest.TelegramOptions{}, nil)
	long := strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		name, secret, body string
		want               int
		fails              bool
		messages, kept     int
	}{
		{"no secret", "", `{}`, 401, false, 0, 0},
		{"a wrong secret", "secret_for_tests_only_0123456789_abcdeX", `{}`, 401, false, 0, 0},
		{"the start of the secret", channeltest.TelegramSecret[:20], `{}`, 401, false, 0, 0},
		{"no JSON", channeltest.TelegramSecret, `<html>`, 200, false, 0, 1},
		{"an array", channeltest.TelegramSecret, `[1]`, 200, false, 0, 1},
		{"no update id", channeltest.TelegramSecret, `{"message":{"message_id":1,"chat":{"id":1,"type":"private"},"text":"x"}}`, 200, false, 0, 1},
		{"no chat", channeltest.TelegramSecret, `{"update_id":1,"message":{"message_id":1,"text":"x"}}`, 200, false, 0, 1},
		{"a kind we do not read", channeltest.TelegramSecret, `{"update_id":1,"poll":{}}`, 200, false, 0, 0},
		{"over 1 MiB", channeltest.TelegramSecret, `{"update_id":1,"message":{"text":"` + long + `"}}`, 200, false, 0, 0},
		{"well", channeltest.TelegramSecret, `{"update_id":1,"message":{"message_id":1,"chat":{"id":1,"type":"private"},"text":"x"}}`, 200, false, 1, 0},
		{"not stored", channeltest.TelegramSecret, `{"update_id":1,"message":{"message_id":1,"chat":{"id":1,"type":"private"},"text":"x"}}`, 503, true, 0, 0},
		{"unreadable and not stored", channeltest.TelegramSecret, `<`, 503, true, 0, 0},
	} {
		m, q := len(r.got.Messages()), len(r.got.Quarantined())
		if c.fails {
			r.got.Fail(io.ErrUnexpectedEOF)
		}
		if got := r.fake.Post(r.ctx, c.secret, []byte(c.body)); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
		r.got.Fail(nil)
		if len(r.got.Messages())-m != c.messages || len(r.got.Quarantined())-q != c.kept {
			t.Errorf("%s: %d messages and %d set aside", c.name, len(r.got.Messages())-m, len(r.got.Quarantined())-q)
		}
	}
	w := httptest.NewRecorder()
	r.Webhook().ServeHTTP(w, httptest.NewRequest(http.MethodGet, Route, nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
	if logs := r.logs.String(); strings.Contains(logs, channeltest.TelegramSecret[:10]) {
		t.Errorf("the log shows the secret: %s", logs)
	}
}

// TestOneFailureKeepsTheOrder: Telegram sends again what was not stored, and nothing of that chat overtakes it.
func TestOneFailureKeepsTheOrder(t *testing.T) {
	r := newRig(t, channeltest.TelegramOptions{MostPause: 10 * time.Millisecond}, nil)
	r.got.Fail(io.ErrUnexpectedEOF)
	done := make(chan int, 2)
	go func() { done <- r.fake.Say(r.ctx, chat, "one") }()
	refused := func(e channeltest.Entry) bool { return e.What == channeltest.Wrote && e.Status == 503 }
	if _, err := r.fake.Ledger.WaitFor(r.ctx, refused); err != nil {
		t.Fatal(err)
	}
	go func() { done <- r.fake.Say(r.ctx, chat, "two") }()
	r.got.Fail(nil)
	if a, b := <-done, <-done; a != 200 || b != 200 {
		t.Fatal(a, b)
	}
	var texts []string
	for _, m := range r.got.Messages() {
		if m.From == "telegram:12345" {
			texts = append(texts, m.Text)
		}
	}
	if strings.Join(texts, ",") != "one,two" {
		t.Errorf("stored %q", texts)
	}
}

func TestSendAndRetire(t *testing.T) {
	r := newRig(t, channeltest.TelegramOptions{}, nil)
	if _, err := r.Send(r.ctx, to("Hello")); class(err) != channels.Unreachable {
		t.Errorf("before they wrote: %v", err)
	}
	r.fake.Say(r.ctx, chat, "/start")
	yesNo := func(o *channels.Outgoing) {
		o.Choices = []channels.Choice{{Data: "7:deep=yes", Label: "Yes"}, {Data: "7:deep=no", Label: "No"}}
	}
	h, err := r.Send(r.ctx, to("Is it deep?\n*not bold* <b>", yesNo))
	if err != nil {
		t.Fatal(err)
	}
	id, _ := numbered(h)
	if !r.fake.Buttons(chat, id) {
		t.Error("no buttons")
	}
	_, err = r.Send(r.ctx, to("Where is it?", func(o *channels.Outgoing) { o.Pin, o.Retire = "Share location", []channels.Handle{h} }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Send(r.ctx, to("Thank you.", func(o *channels.Outgoing) { o.Retire = []channels.Handle{h} })); err != nil {
		t.Fatal(err)
	}
	if _, err := r.fake.Ledger.WaitFor(r.ctx, func(e channeltest.Entry) bool {
		return e.Call == "editMessageReplyMarkup" && e.What == channeltest.Refused
	}); err != nil {
		t.Error("the second retiring, which is none, was not asked:", err)
	}
	if r.fake.Buttons(chat, id) {
		t.Error("spent buttons still stand")
	}
	sent := r.fake.Ledger.Accepted("telegram:12345")
	if len(sent) != 3 || sent[0].Text != "Is it deep?\n*not bold* <b>" || len(sent[0].Choices) != 2 || sent[1].Pin != "Share location" {
		t.Errorf("sent %+v", sent)
	}
	if sent[2].Fields["reply_markup"] != `{"remove_keyboard":true}` || sent[0].Fields["parse_mode"] != "" {
		t.Errorf("fields %v", sent[2].Fields)
	}
}

// TestAgentsPhoto: a photo has its words below it, or is the preview of words too long for that: one message either way.
func TestAgentsPhoto(t *testing.T) {
	r := newRig(t, channeltest.TelegramOptions{Lift: true}, nil)
	const photo = "https://concierge.example/p/1.jpg"
	for _, words := range []string{"", "Look", strings.Repeat("l", 1025)} {
		if _, err := r.Send(r.ctx, to(words, func(o *channels.Outgoing) { o.Photo = photo })); err != nil {
			t.Fatal(err)
		}
	}
	sent := r.fake.Ledger.Accepted("telegram:12345")
	if len(sent) != 3 || sent[0].Fields["photo"] != photo || sent[1].Text != "Look" || sent[1].Call != "sendPhoto" {
		t.Fatalf("sent %+v", sent)
	}
	if p := sent[2].Fields["link_preview_options"]; sent[2].Call != "sendMessage" || !strings.Contains(p, photo) || len(sent[2].Text) != 1025 {
		t.Errorf("the long one went by %s with %s", sent[2].Call, p)
	}
}

func TestPressStopsSpinning(t *testing.T) {
	r := newRig(t, channeltest.TelegramOptions{}, nil)
	for range 5 {
		if s := r.fake.Press(r.ctx, chat, 7, "7:deep=yes"); s != 200 {
			t.Fatal(s)
		}
	}
	n := 0
	if _, err := r.fake.Ledger.WaitFor(r.ctx, func(e channeltest.Entry) bool {
		if e.What == channeltest.Answered {
			n++
		}
		return n == 5
	}); err != nil || r.fake.Unanswered() != 0 {
		t.Errorf("%d still spin: %v", r.fake.Unanswered(), err)
	}
}

func class(err error) channels.Class {
	if e, ok := err.(*channels.SendError); ok {
		return e.Class
	}
	return ""
}

func TestFailuresHaveAClass(t *testing.T) {
	r := newRig(t, channeltest.TelegramOptions{Lift: true}, nil)
	for _, c := range []struct {
		name  string
		fault channeltest.Fault
		want  channels.Class
		code  string
		after time.Duration
	}{
		{"blocked", channeltest.Fault{Status: 403, Text: "Forbidden: bot was blocked by the user"}, channels.Unreachable, "403", 0},
		{"no such chat", channeltest.Fault{Status: 400, Text: "Bad Request: chat not found"}, channels.Unreachable, "400", 0},
		{"a text it does not like", channeltest.Fault{Status: 400, Text: "Bad Request: message is too long"}, channels.Refused, "400", 0},
		{"too fast", channeltest.Fault{Status: 429, RetryAfter: 7 * time.Second}, channels.Throttled, "429", 7 * time.Second},
		{"a wrong token", channeltest.Fault{Status: 401}, channels.Configuration, "401", 0},
		{"no such bot", channeltest.Fault{Status: 404}, channels.Configuration, "404", 0},
		{"a conflict", channeltest.Fault{Status: 409}, channels.Configuration, "409", 0},
		{"an error of theirs", channeltest.Fault{Status: 500}, channels.Uncertain, "500", 0},
		{"a page instead", channeltest.Fault{Status: 502, Body: "<html>bad gateway</html>"}, channels.Uncertain, "502", 0},
		{"a redirect", channeltest.Fault{Status: 302, Body: "<html>"}, channels.Uncertain, "302", 0},
		{"taken, then cut off", channeltest.Fault{Accept: true, Drop: true}, channels.Uncertain, "", 0},
		{"half an answer", channeltest.Fault{HangBody: true}, channels.Uncertain, "", 0},
		{"no answer", channeltest.Fault{Hang: true}, channels.Uncertain, "", 0},
	} {
		r.fake.Script(c.fault)
		ctx, stop := context.WithTimeout(r.ctx, 150*time.Millisecond)
		if !c.fault.Hang && !c.fault.HangBody {
			stop()
			ctx, stop = context.WithTimeout(r.ctx, 5*time.Second)
		}
		_, err := r.Send(ctx, to("secret words"))
		stop()
		e, ok := err.(*channels.SendError)
		if !ok || e.Class != c.want || e.Code != c.code || e.After != c.after {
			t.Errorf("%s: %+v", c.name, err)
			continue
		}
		if s := e.Error(); strings.Contains(s, "secret") || strings.Contains(s, channeltest.TelegramToken) || strings.Contains(s, "http") {
			t.Errorf("%s: the error tells too much: %s", c.name, s)
		}
	}
	r.fake.Close()
	r.base.(*http.Transport).CloseIdleConnections() // one left open would be cut off after the words left: uncertain
	if _, err := r.Send(r.ctx, to("x")); class(err) != channels.Retry {
		t.Errorf("nobody there: %v", err)
	}
}

func TestRefusedBeforeAnyCall(t *testing.T) {
	r := newRig(t, channeltest.TelegramOptions{Lift: true}, nil)
	for name, o := range map[string]channels.Outgoing{
		"65 bytes of data": to("x", func(o *channels.Outgoing) {
			o.Choices = []channels.Choice{{Data: strings.Repeat("d", 65), Label: "A"}}
		}),
		"no data":        to("x", func(o *channels.Outgoing) { o.Choices = []channels.Choice{{Label: "A"}} }),
		"another's":      {To: "sms:+447700900123", Text: "x"},
		"no number":      {To: "telegram:abc", Text: "x"},
		"nothing to say": to(" \n"),
		"expired":        to("x", func(o *channels.Outgoing) { o.Expires = time.Now().Add(-time.Second) }),
	} {
		want := channels.Refused
		if name == "expired" {
			want = channels.Expired
		}
		if _, err := r.Send(r.ctx, o); class(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := r.fake.Ledger.Count(channeltest.Asked); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

// TestSentIsSent: an answer whose message the library cannot read still says that it was sent.
func TestSentIsSent(t *testing.T) {
	r := newRig(t, channeltest.TelegramOptions{Lift: true}, nil)
	r.fake.Script(channeltest.Fault{Accept: true, Status: 200, Body: `{"ok":true,"result":{"message_id":77,"date":"soon"}}`})
	if h, err := r.Send(r.ctx, to("x")); h != "77" || err != nil {
		t.Errorf("%q %v", h, err)
	}
}

func TestFailingCallsLeaveNothing(t *testing.T) {
	r := newRig(t, channeltest.TelegramOptions{Lift: true}, nil)
	r.fake.Script(channeltest.Fault{Times: channeltest.Always, Status: 500})
	for range 100 {
		if _, err := r.Send(r.ctx, to("x")); class(err) != channels.Uncertain {
			t.Fatal(err)
		}
	} // what is left behind goleak finds at the end
}

func TestFetch(t *testing.T) {
	r := newRig(t, channeltest.TelegramOptions{}, nil)
	r.fake.Photo(r.ctx, chat, []byte("\xff\xd8jpeg"), "look")
	m := r.got.Last()
	if m.Kind != channels.KindMedia || m.Text != "look" || len(m.Media) != 1 {
		t.Fatalf("%+v", m)
	}
	b, err := r.Fetch(r.ctx, m.Media[0])
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if got, _ := io.ReadAll(b); string(got) != "\xff\xd8jpeg" {
		t.Errorf("got %q", got)
	}
	for name, ref := range map[string]string{"unknown": "AgACnone", "a path": "../../etc/passwd", "none": ""} {
		b, err := r.Fetch(r.ctx, channels.Media{Ref: ref})
		if err == nil {
			b.Close()
			t.Errorf("%s: fetched", name)
		} else if strings.Contains(err.Error(), channeltest.TelegramToken) {
			t.Errorf("%s: the error shows the token", name)
		}
	}
}

// TestPollingHasNoWebhook: without a secret nobody is authentic, least of all who sends none.
func TestPollingHasNoWebhook(t *testing.T) {
	r := newRig(t, channeltest.TelegramOptions{}, func(s *Settings) { s.Poll, s.Secret = true, "" })
	if s := r.fake.Post(r.ctx, "", []byte(`{"update_id":1}`)); s != http.StatusUnauthorized {
		t.Errorf("status %d", s)
	}
}

func TestPoll(t *testing.T) {
	r := newRig(t, channeltest.TelegramOptions{}, func(s *Settings) { s.Poll, s.Secret, s.PublicURL = true, "", "" })
	ctx, stop := context.WithCancel(r.ctx)
	ended := make(chan error)
	r.got.Fail(io.ErrUnexpectedEOF) // the first round stores nothing: it must come again
	go func() { ended <- r.Poll(ctx) }()
	if _, err := r.fake.Ledger.WaitFor(r.ctx, func(e channeltest.Entry) bool { return e.Call == "getUpdates" }); err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(100 * time.Millisecond)
		r.got.Fail(nil)
	}()
	if s := r.fake.Say(r.ctx, chat, "one"); s != 200 {
		t.Errorf("status %d", s)
	}
	if s := r.fake.Say(r.ctx, chat, "two"); s != 200 {
		t.Errorf("status %d", s)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if m := r.got.Messages(); len(m) != 2 || m[0].Text != "one" || m[1].Text != "two" {
		t.Errorf("got %+v", m)
	}
}

func TestDoctor(t *testing.T) {
	r := newRig(t, channeltest.TelegramOptions{}, nil)
	name, err := r.Me(r.ctx)
	if err != nil || name == "" {
		t.Fatal(name, err)
	}
	if err := r.Register(r.ctx); err != nil {
		t.Fatal(err)
	}
	h, err := r.Registered(r.ctx)
	if err != nil || h.URL != "https://concierge.example"+Route {
		t.Errorf("%+v %v", h, err)
	}
	if err := r.SetCommands(r.ctx, "pl", []Command{{"menu", "Zacznij od nowa"}}); err != nil {
		t.Error(err)
	}
	if got := string(r.fake.Commands("pl")); !strings.Contains(got, "Zacznij") {
		t.Errorf("commands %s", got)
	}
	if s := r.fake.Say(r.ctx, chat, "after"); s != 200 {
		t.Errorf("the secret that was set is not ours: %d", s)
	}
	r.fake.Script(channeltest.Fault{Call: "getMe", Status: 401})
	if _, err := r.Me(r.ctx); err == nil || strings.Contains(err.Error(), channeltest.TelegramToken) {
		t.Errorf("a wrong token: %v", err)
	}
}

// BenchmarkSend is what a send costs us, the fake's share included.
func BenchmarkSend(b *testing.B) {
	fake := channeltest.NewTelegram(channeltest.TelegramOptions{Lift: true})
	defer fake.Close()
	bot, err := New(Settings{Token: channeltest.TelegramToken, APIURL: fake.URL(), Poll: true}, nil, nil, slog.Default())
	if err != nil {
		b.Fatal(err)
	}
	defer bot.Close()
	o := to("Hello")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := bot.Send(context.Background(), o); err != nil {
				b.Fatal(err)
			}
		}
	})
	bot.base.(*http.Transport).CloseIdleConnections()
}
