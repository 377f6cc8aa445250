package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
)

// rig is the adapter between the fake and a receiver that writes down.
type rig struct {
	*Twilio
	fake  *channeltest.Twilio
	got   *channeltest.Receiver
	ctx   context.Context
	dials atomic.Int64
	names map[string]string
}

func newRig(t *testing.T, o channeltest.TwilioOptions, change func(*Settings)) *rig {
	t.Helper()
	r := &rig{got: &channeltest.Receiver{}}
	r.names, o.Contents = channeltest.SessionContents()
	o.Contents[approved] = channeltest.Content{Body: "News of your case {{1}}: {{2}}.", Approved: true}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	o.PublicURL, o.Deliver = public, func() string { return server.URL }
	if o.Fail == nil {
		o.Fail = t.Errorf
	}
	r.fake = channeltest.NewTwilio(o)
	d := &net.Dialer{}
	base := &http.Transport{MaxIdleConnsPerHost: 4, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		r.dials.Add(1)
		return d.DialContext(ctx, network, address)
	}}
	r.Twilio = newTwilio(t, r.got, base, func(s *Settings) {
		s.APIURL, s.SessionContents = r.fake.URL(), r.names
		s.Templates = map[string]map[string]string{"case_update": {"en": approved}}
		if change != nil {
			change(s)
		}
	})
	mux.Handle(Route, r.Webhook())
	mux.Handle(StatusRoute, r.StatusWebhook())
	var stop context.CancelFunc
	r.ctx, stop = context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(func() {
		stop()
		r.fake.Close()
		server.Close()
		base.CloseIdleConnections()
	})
	return r
}

const (
	person   = "+447700900123"
	approved = "HX0000000000000000000000000000ffff"
)

func text(to channels.Name, s string, more ...func(*channels.Outgoing)) channels.Outgoing {
	o := channels.Outgoing{ID: "0198-a", Attempt: 2, To: channels.MakeAddress(to, person), Text: s, Expires: time.Now().Add(time.Hour)}
	for _, f := range more {
		f(&o)
	}
	return o
}

func choices(n int, hint string) func(*channels.Outgoing) {
	return func(o *channels.Outgoing) {
		for i := range n {
			o.Choices = append(o.Choices, channels.Choice{Data: fmt.Sprintf("7:n=%d", i), Label: fmt.Sprintf("Choice %d", i), Hint: hint})
		}
	}
}

// TestThereAndBack: a message goes out, its receipts come back by a signed callback with our id and attempt on it.
func TestThereAndBack(t *testing.T) {
	r := newRig(t, channeltest.TwilioOptions{Receipts: []string{"sent", "delivered", "delivered"}}, nil)
	h, err := r.SMS().Send(r.ctx, text("sms", "Hello"))
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	if _, err := r.fake.Ledger.WaitFor(r.ctx, func(e channeltest.Entry) bool {
		if e.What == channeltest.Told {
			told++
		}
		return told == 3
	}); err != nil {
		t.Fatal(err)
	}
	got := r.got.Receipts()
	want := channels.Receipt{Channel: "sms", Message: "0198-a", Attempt: 2, Handle: h, Status: "delivered"}
	if len(got) != 3 || got[2] != want {
		t.Errorf("receipts %+v", got)
	}
	e := r.fake.Ledger.Accepted("sms:" + person)[0]
	if e.Fields["SmartEncoded"] != "false" || e.Fields["ValidityPeriod"] != "3599" && e.Fields["ValidityPeriod"] != "3600" || e.From != "sms:"+channeltest.TwilioSMS {
		t.Errorf("asked %+v", e.Fields)
	}
}

func TestWhatsAppSays(t *testing.T) {
	r := newRig(t, channeltest.TwilioOptions{Receipts: []string{}}, nil)
	r.fake.Inbound(r.ctx, channeltest.Inbound{From: "whatsapp:" + person, Body: "hi"})
	for _, c := range []struct {
		name    string
		o       channels.Outgoing
		reads   string
		choices int
	}{
		{"words", text("whatsapp", "Hello"), "Hello", 0},
		{"three quick replies", text("whatsapp", "Which?", choices(3, "")), "Which?", 3},
		{"a list of ten with hints", text("whatsapp", "Which?", choices(10, "A hint"), func(o *channels.Outgoing) { o.Open = "A word far too long to open a list" }), "Which?", 10},
		{"a list of four without", text("whatsapp", "Which?", choices(4, "")), "Which?", 4},
		{"a label of two lines", text("whatsapp", "Which\tone?", func(o *channels.Outgoing) {
			o.Choices = []channels.Choice{{Data: "7:a=1", Label: "One\ntwo"}}
		}), "Which one?", 1},
		{"a photo", text("whatsapp", "Look", func(o *channels.Outgoing) { o.Photo = "https://concierge.example/p/1.jpg" }), "Look", 0},
		{"a template when the window is shut", text("whatsapp", "long words", func(o *channels.Outgoing) {
			o.Shut, o.Template = true, &channels.Template{Key: "case_update", Tag: "ur", Values: []string{"C7K-4M95", "it is\nfixed"}}
		}), "News of your case C7K-4M95: it is fixed.", 0},
		{"eleven choices as lines", text("whatsapp", "Which?", choices(11, "")), channels.Numbered("Which?", text("whatsapp", "", choices(11, "")).Choices), 0},
	} {
		_, err := r.WhatsApp().Send(r.ctx, c.o)
		all := r.fake.Ledger.Accepted("whatsapp:" + person)
		if err != nil || len(all) == 0 {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if e := all[len(all)-1]; e.Text != c.reads || len(e.Choices) != c.choices {
			t.Errorf("%s: reads %q %v", c.name, e.Text, e.Choices)
		}
	}
	if _, err := r.WhatsApp().Send(r.ctx, text("whatsapp", "x", func(o *channels.Outgoing) { o.Shut = true })); class(err) != channels.WindowShut {
		t.Errorf("shut, without a template: %v", err)
	}
}

// TestContentRefused: contents Twilio does not know any more become numbered lines, once.
func TestContentRefused(t *testing.T) {
	r := newRig(t, channeltest.TwilioOptions{Receipts: []string{}, Lift: true}, func(s *Settings) {
		s.SessionContents = map[string]string{"reply_2": "HX0000000000000000000000000000dead"}
	})
	if _, err := r.WhatsApp().Send(r.ctx, text("whatsapp", "Which?", choices(2, ""))); err != nil {
		t.Fatal(err)
	}
	if got := r.fake.Ledger.Texts("whatsapp:" + person); len(got) != 1 || got[0] != "Which?\n1 Choice 0\n2 Choice 1" {
		t.Errorf("reads %q", got)
	}
	r.fake.Script(channeltest.Fault{Times: 2, Status: 400, Code: 21656})
	before := r.fake.Ledger.Count(channeltest.Asked)
	if _, err := r.WhatsApp().Send(r.ctx, text("whatsapp", "Which?", choices(2, ""))); class(err) != channels.Refused {
		t.Error(err)
	}
	if n := r.fake.Ledger.Count(channeltest.Asked) - before; n != 2 {
		t.Errorf("%d calls", n)
	}
}

// TestTemplateRefused: outside the window nothing but the template may be said, so a refused one is not followed by words.
func TestTemplateRefused(t *testing.T) {
	r := newRig(t, channeltest.TwilioOptions{}, nil)
	r.fake.Script(channeltest.Fault{Status: 400, Code: 21656})
	_, err := r.WhatsApp().Send(r.ctx, text("whatsapp", "x", func(o *channels.Outgoing) {
		o.Shut, o.Template = true, &channels.Template{Key: "case_update", Tag: "en", Values: []string{"C7K-4M95", "fixed"}}
	}))
	if n := r.fake.Ledger.Count(channeltest.Asked); class(err) != channels.Refused || n != 1 {
		t.Errorf("%v after %d calls", err, n)
	}
}

func TestRefusedBeforeAnyCall(t *testing.T) {
	r := newRig(t, channeltest.TwilioOptions{}, nil)
	for name, o := range map[string]channels.Outgoing{
		"65 bytes of data": text("sms", "x", func(o *channels.Outgoing) {
			o.Choices = []channels.Choice{{Data: strings.Repeat("d", 65), Label: "A"}}
		}),
		"another channel's": text("whatsapp", "x"),
		"nothing to say":    text("sms", ""),
		"expired":           text("sms", "x", func(o *channels.Outgoing) { o.Expires = time.Now().Add(-time.Second) }),
	} {
		want := channels.Refused
		if name == "expired" {
			want = channels.Expired
		}
		if _, err := r.SMS().Send(r.ctx, o); class(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := r.fake.Ledger.Count(channeltest.Asked); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

func class(err error) channels.Class {
	var e *channels.SendError
	if errors.As(err, &e) {
		return e.Class
	}
	return ""
}

// TestFailuresHaveAClass is the table of docs/channels.md.
func TestFailuresHaveAClass(t *testing.T) {
	r := newRig(t, channeltest.TwilioOptions{Receipts: []string{}, Lift: true}, nil)
	type row struct {
		fault channeltest.Fault
		class channels.Class
		code  string
		after time.Duration
	}
	rows := []row{
		{channeltest.Fault{Status: 429, Code: 20429}, channels.Throttled, "20429", time.Second},
		{channeltest.Fault{Status: 429, Code: 20429, RetryAfter: 7 * time.Second}, channels.Throttled, "20429", 7 * time.Second},
		{channeltest.Fault{Status: 429, Body: "slow down", RetryAfter: 7 * time.Second}, channels.Throttled, "429", 7 * time.Second},
		{channeltest.Fault{Status: 401, Code: 20003}, channels.Configuration, "20003", 0},
		{channeltest.Fault{Status: 500, Code: 20500}, channels.Uncertain, "20500", 0},
		{channeltest.Fault{Status: 503}, channels.Uncertain, "503", 0},
		{channeltest.Fault{Status: 502, Body: "<html>"}, channels.Uncertain, "502", 0},
		{channeltest.Fault{Status: 302, Body: "<html>"}, channels.Uncertain, "302", 0},
		{channeltest.Fault{Status: 201, Body: "<html>", Accept: true}, channels.Uncertain, "201", 0},
		{channeltest.Fault{Status: 201, Body: `{"sid":"XX"}`, Accept: true}, channels.Uncertain, "201", 0},
		{channeltest.Fault{Status: 400, Body: "<html>"}, channels.Refused, "400", 0},
		{channeltest.Fault{Accept: true, Drop: true}, channels.Uncertain, "", 0},
		{channeltest.Fault{Accept: true, HangBody: true}, channels.Uncertain, "", 0},
		{channeltest.Fault{Hang: true}, channels.Uncertain, "", 0},
	}
	for class, codes := range map[channels.Class][]int{
		channels.Expired: {30036}, channels.Throttled: {30001, 63018, 63038}, channels.OptedOut: {21610, 63014},
		channels.Unreachable: {21211, 21614, 21635, 21408, 30003, 30004, 30005, 30006, 30008, 63003, 63024}, channels.WindowShut: {63016},
		channels.Refused: {21617, 21656, 63021, 30007, 99999}, channels.Configuration: {21222, 21224, 21603, 21606, 21612, 63007, 63015},
	} {
		for _, n := range codes {
			after := map[int]time.Duration{30001: time.Minute, 63018: 15 * time.Minute, 63038: 15 * time.Minute, 30003: time.Hour, 30008: time.Hour}[n]
			rows = append(rows, row{channeltest.Fault{Status: 400, Code: n}, class, fmt.Sprint(n), after})
		}
	}
	for _, c := range rows {
		r.fake.Script(c.fault)
		limit := 5 * time.Second
		if c.fault.Hang || c.fault.HangBody {
			limit = 150 * time.Millisecond
		}
		ctx, stop := context.WithTimeout(r.ctx, limit)
		start := time.Now()
		_, err := r.SMS().Send(ctx, text("sms", "secret words"))
		stop()
		var e *channels.SendError
		if !errors.As(err, &e) || e.Class != c.class || e.Code != c.code || e.After != c.after {
			t.Errorf("%+v: got %+v", c.fault, err)
			continue
		}
		if took := time.Since(start); took > limit+time.Second {
			t.Errorf("%+v: the deadline did not hold: %v", c.fault, took)
		}
		if s := e.Error(); strings.Contains(s, "secret") || strings.Contains(s, channeltest.TwilioAccount) || strings.Contains(s, "http") {
			t.Errorf("the error tells too much: %s", s)
		}
	}
	r.fake.Script(channeltest.Fault{Status: 429, Code: 20429, RetryAfter: 90 * time.Second, AsDate: true})
	_, err := r.SMS().Send(r.ctx, text("sms", "x"))
	var e *channels.SendError
	if !errors.As(err, &e) || e.After < 80*time.Second || e.After > 91*time.Second {
		t.Errorf("Retry-After as a date: %+v", e)
	}
	r.fake.Close()
	r.base.(*http.Transport).CloseIdleConnections() // one left open would be cut off after the words left: uncertain
	if _, err := r.SMS().Send(r.ctx, text("sms", "x")); class(err) != channels.Retry {
		t.Errorf("nobody there: %v", err)
	}
}

// TestFailingCallsShareAConnection: the library leaves bodies of errors open, which would cost a connection a call.
func TestFailingCallsShareAConnection(t *testing.T) {
	r := newRig(t, channeltest.TwilioOptions{Lift: true}, nil)
	r.fake.Script(channeltest.Fault{Times: channeltest.Always, Status: 500, Code: 20500})
	for range 100 {
		if _, err := r.SMS().Send(r.ctx, text("sms", "x")); class(err) != channels.Uncertain {
			t.Fatal(err)
		}
	}
	if n := r.dials.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestFetch(t *testing.T) {
	r := newRig(t, channeltest.TwilioOptions{}, nil)
	r.fake.Inbound(r.ctx, channeltest.Inbound{From: "whatsapp:" + person, Media: []channeltest.Photo{{Type: "image/jpeg", Bytes: []byte("jpeg")}}})
	m := r.got.Last()
	if len(m.Media) != 1 || m.Media[0].Kind != "photo" {
		t.Fatalf("%+v", m)
	}
	b, err := r.WhatsApp().Fetch(r.ctx, m.Media[0])
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if got, _ := io.ReadAll(b); string(got) != "jpeg" {
		t.Errorf("got %q", got)
	}
	gone := m.Media[0].Ref[:35] + "ME" + strings.Repeat("0", 32)
	for ref, want := range map[string]error{gone: ErrMediaGone, "x/../y": ErrMedia, "": ErrMedia, "https://evil.example/a": ErrMedia} {
		b, err := r.WhatsApp().Fetch(r.ctx, channels.Media{Ref: ref})
		if err == nil {
			b.Close()
		}
		if !errors.Is(err, want) {
			t.Errorf("%q: %v", ref, err)
		}
	}
}

// TestRedirects: elsewhere only to listed hosts, by https, and never with the password.
func TestRedirects(t *testing.T) {
	ref := "SM" + strings.Repeat("0", 32) + "/ME" + strings.Repeat("0", 32)
	for _, c := range []struct {
		name, to string
		want     error
	}{
		{"a listed host", "https://media.twiliocdn.com/a", nil},
		{"a host of the council's list", "https://storage.example/a", nil},
		{"another host", "https://evil.example/a", ErrMediaHost},
		{"no TLS", "http://media.twiliocdn.com/a", ErrMediaHost},
		{"another port", "https://media.twiliocdn.com:8443/a", ErrMediaHost},
		{"a name and password", "https://a:b@media.twiliocdn.com/a", ErrMediaHost},
		{"inside", "http://169.254.169.254/latest/meta-data", ErrMediaHost},
	} {
		var asked []*http.Request
		base := rounds(func(q *http.Request) (*http.Response, error) {
			asked = append(asked, q)
			w := httptest.NewRecorder()
			if len(asked) == 1 {
				w.Header().Set("Location", c.to)
				w.WriteHeader(http.StatusTemporaryRedirect)
			}
			return w.Result(), nil
		})
		tw := newTwilio(t, nil, base, func(s *Settings) { s.MediaHosts = []string{"storage.example"} })
		b, err := tw.SMS().Fetch(context.Background(), channels.Media{Ref: ref})
		if err == nil {
			b.Close()
		}
		if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("%s: %v", c.name, err)
		}
		if asked[0].Header.Get("Authorization") == "" {
			t.Errorf("%s: no password for Twilio", c.name)
		}
		for _, q := range asked[1:] {
			if q.Header.Get("Authorization") != "" {
				t.Errorf("%s: the password went along", c.name)
			}
		}
	}
}

// TestRedirectsEnd: two, and not a third.
func TestRedirectsEnd(t *testing.T) {
	ref := "SM" + strings.Repeat("0", 32) + "/ME" + strings.Repeat("0", 32)
	for hops, ok := range []bool{true, true, true, false} {
		asked := 0
		base := rounds(func(*http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			if asked++; asked <= hops {
				w.Header().Set("Location", "https://media.twiliocdn.com/"+strings.Repeat("a", asked))
				w.WriteHeader(http.StatusTemporaryRedirect)
			}
			return w.Result(), nil
		})
		b, err := newTwilio(t, nil, base, nil).SMS().Fetch(context.Background(), channels.Media{Ref: ref})
		if err == nil {
			b.Close()
		}
		if (err == nil) != ok || asked > 3 {
			t.Errorf("%d redirects: %v, asked %d times", hops, err, asked)
		}
		if err != nil && strings.Contains(err.Error(), "twiliocdn") {
			t.Errorf("the error shows the address: %v", err)
		}
	}
}

type rounds func(*http.Request) (*http.Response, error)

func (f rounds) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestFind: an attempt whose answer was lost is found in the list by what it said, and not mistaken for another's.
func TestFind(t *testing.T) {
	r := newRig(t, channeltest.TwilioOptions{Receipts: []string{}, Lift: true}, nil)
	if _, err := r.SMS().Send(r.ctx, text("sms", "Another message")); err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	r.fake.Script(channeltest.Fault{Accept: true, Drop: true})
	lost := text("sms", "Your report is filed")
	if _, err := r.SMS().Send(r.ctx, lost); class(err) != channels.Uncertain {
		t.Fatal(err)
	}
	want := r.fake.Ledger.Accepted("sms:" + person)[1].ID
	got, err := r.Find(r.ctx, lost, at)
	if err != nil || len(got) != 2 || string(got[0]) != want {
		t.Errorf("found %v, want %s first: %v", got, want, err)
	}
	for name, o := range map[string]channels.Outgoing{
		"another person": {To: "sms:+447700900124", Text: lost.Text}, "another channel": {To: "whatsapp:" + person, Text: lost.Text},
	} {
		if got, err := r.Find(r.ctx, o, at); err != nil || len(got) != 0 {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	if got, err := r.Find(r.ctx, lost, at.Add(-2*time.Minute)); err != nil || len(got) != 0 {
		t.Errorf("an attempt two minutes before: %v %v", got, err)
	}
	hidden := channels.Outgoing{To: "whatsapp:GB.70210034455667788990", Text: "Hello"}
	h, err := r.WhatsApp().Send(r.ctx, hidden)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Find(r.ctx, hidden, time.Now()); err != nil || len(got) != 1 || got[0] != h {
		t.Errorf("a hidden number: %v %v", got, err)
	}
	r.fake.Script(channeltest.Fault{Call: "ListMessage", Status: 503})
	if _, err := r.Find(r.ctx, lost, at); class(err) != channels.Uncertain {
		t.Errorf("the list is away: %v", err)
	}
}

// TestFindAroundMidnight: the list is by day of UTC, and an attempt just before midnight may be listed on the day after.
func TestFindAroundMidnight(t *testing.T) {
	at := time.Date(2026, 11, 30, 23, 59, 58, 0, time.UTC)
	for _, late := range []time.Duration{-4 * time.Second, 0, 3 * time.Second, 59 * time.Second, 61 * time.Second, -7 * time.Second} {
		r := newRig(t, channeltest.TwilioOptions{Receipts: []string{}, Lift: true, Now: func() time.Time { return at.Add(late) }}, nil)
		h, err := r.SMS().Send(r.ctx, text("sms", "Hello"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Find(r.ctx, text("sms", "Hello"), at)
		within := late >= -5*time.Second && late <= 60*time.Second
		if err != nil || (len(got) == 1 && got[0] == h) != within {
			t.Errorf("made %v after the attempt: found %v: %v", late, got, err)
		}
	}
}

// TestFindBesideOtherSoftware: where other software sends from our number only a message of the same words is ours, with buttons too.
func TestFindBesideOtherSoftware(t *testing.T) {
	for _, shared := range []bool{false, true} {
		r := newRig(t, channeltest.TwilioOptions{Receipts: []string{}, Lift: true}, func(s *Settings) { s.SharedNumber = shared })
		mine := text("whatsapp", "Which  one?", choices(3, ""))
		if _, err := r.WhatsApp().Send(r.ctx, text("whatsapp", "Your appointment")); err != nil {
			t.Fatal(err)
		}
		h, err := r.WhatsApp().Send(r.ctx, mine)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Find(r.ctx, mine, time.Now())
		if err != nil || len(got) == 0 || got[0] != h || (len(got) == 1) != shared {
			t.Errorf("shared %v: found %v, want %s first: %v", shared, got, h, err)
		}
	}
}

// TestSweep: what no webhook brought is in the list, with its text and its media, oldest first.
func TestSweep(t *testing.T) {
	r := newRig(t, channeltest.TwilioOptions{Receipts: []string{}, Lift: true}, nil)
	since := time.Now()
	r.fake.Lost(channeltest.Inbound{From: person, Body: "one"})
	r.fake.Lost(channeltest.Inbound{From: "whatsapp:" + person, Body: "two", Media: []channeltest.Photo{{Type: "image/jpeg", Bytes: []byte("x")}}})
	if _, err := r.SMS().Send(r.ctx, text("sms", "ours is not theirs")); err != nil {
		t.Fatal(err)
	}
	for i := range 1100 { // more than a page
		r.fake.Lost(channeltest.Inbound{From: "+447700900124", Body: fmt.Sprint(i)})
	}
	var got []channels.Message
	if err := r.Sweep(r.ctx, since, func(m channels.Message) error { got = append(got, m); return nil }); err != nil {
		t.Fatal(err)
	}
	counts := map[channels.Kind]int{}
	seen := map[string]bool{}
	next := 0
	for _, m := range got {
		if m.From == "sms:+447700900124" {
			if m.Text != fmt.Sprint(next) {
				t.Fatalf("%q in the place of %d", m.Text, next)
			}
			next++
		}
		counts[m.Kind]++
		seen[m.ID] = true
	}
	if len(got) != 1102 || len(seen) != 1102 || counts[channels.KindMedia] != 1 {
		t.Errorf("%d messages, %d ids, %v", len(got), len(seen), counts)
	}
	boom := errors.New("no room")
	if err := r.Sweep(r.ctx, since, func(channels.Message) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("refused: %v", err)
	}
}

func TestNewTellsAllThatIsWrong(t *testing.T) {
	_, err := New(Settings{AccountSID: "AC1", AuthTokens: []string{"to-ken"}, PublicURL: "concierge/", WhatsAppFrom: "123",
		Templates: map[string]map[string]string{"a": {"en": "x"}}, SessionContents: map[string]string{"reply_1": "y"}}, nil, nil, nil)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"account SID", "auth token 1", "WhatsApp sender", "public URL", "template a.en", "session content reply_1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told: %v", want, err)
		}
	}
}

// BenchmarkSend is what a send costs us, the fake's share included.
func BenchmarkSend(b *testing.B) {
	fake := channeltest.NewTwilio(channeltest.TwilioOptions{Receipts: []string{}, Lift: true})
	defer fake.Close()
	tw := newTwilio(b, nil, nil, func(s *Settings) { s.APIURL = fake.URL() })
	c, o := tw.SMS(), text("sms", "Hello")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Send(context.Background(), o); err != nil {
				b.Fatal(err)
			}
		}
	})
	tw.base.(*http.Transport).CloseIdleConnections()
}
