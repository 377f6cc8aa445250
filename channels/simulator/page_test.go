package simulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/simulator"
)

// TestTheDoor: names that are not ours, other sites' requests, and forms are refused before anything happens.
func TestTheDoor(t *testing.T) {
	h := open(t, func(s *simulator.Settings) { s.Hosts = []string{"demo.example"} })
	v := h.visit()
	try := func(method, path, body string, change func(*http.Request)) int {
		t.Helper()
		r, _ := http.NewRequest(method, h.url+"/simulator/"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		change(r)
		a, err := v.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		_, _ = io.Copy(io.Discard, a.Body)
		return a.StatusCode
	}
	host := func(n string) func(*http.Request) { return func(r *http.Request) { r.Host = n } }
	header := func(k, val string) func(*http.Request) { return func(r *http.Request) { r.Header.Set(k, val) } }
	const message = `{"text":"hello"}`
	for _, c := range []struct {
		name, method, path, body string
		change                   func(*http.Request)
		want                     int
	}{
		{"a name that was bent to us", "GET", "", "", host("evil.example"), 403},
		{"with our port", "POST", "phones/sms/messages", message, host("evil.example:8080"), 403},
		{"a look-alike", "GET", "", "", host("localhost.evil.example"), 403},
		{"localhost", "GET", "", "", host("localhost:8080"), 200},
		{"IPv6", "GET", "", "", host("[::1]:8080"), 200},
		{"a name that was given", "GET", "", "", host("Demo.example"), 200},
		{"another site's script", "POST", "phones/sms/messages", message, header("Origin", "https://evil.example"), 403},
		{"another site by the browser's word", "POST", "phones/sms/messages", message, header("Sec-Fetch-Site", "cross-site"), 403},
		{"a sister site", "POST", "levers/forward", "{}", header("Sec-Fetch-Site", "same-site"), 403},
		{"a form", "POST", "phones/sms/messages", message, header("Content-Type", "text/plain"), 415},
		{"a form with a photo", "POST", "phones/sms/photos", "x", header("Content-Type", "multipart/form-data; boundary=x"), 415},
		{"64 KiB and more", "POST", "phones/sms/messages", `{"text":"` + strings.Repeat("a", 64<<10) + `"}`, header("A", "b"), 413},
		{"no JSON", "POST", "phones/sms/messages", `{"text":`, header("A", "b"), 400},
		{"no such phone", "POST", "phones/fax/messages", message, header("A", "b"), 404},
		{"no such control", "POST", "phones/sms/explode", "{}", header("A", "b"), 404},
		{"no such lever", "POST", "levers/none", "{}", header("A", "b"), 404},
		{"a lever by GET", "GET", "levers/forward", "", header("A", "b"), 405},
		{"same origin", "POST", "phones/sms/messages", message, header("Sec-Fetch-Site", "same-origin"), 204},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := try(c.method, c.path, c.body, c.change); got != c.want {
				t.Errorf("answers %d, not %d", got, c.want)
			}
		})
	}
	if n := len(h.host.Messages()); n != 1 {
		t.Errorf("%d messages came through, not 1", n)
	}
}

// TestThePage: its language and direction, its strict policy, and nothing in it that the policy forbids.
func TestThePage(t *testing.T) {
	h := open(t, func(s *simulator.Settings) {
		s.Closed = []channels.Name{channels.Telegram}
		s.Council = `<b>"Demo"</b>`
		s.Levers = []simulator.Lever{{Key: "forward"}}
	})
	v := h.visit()
	for _, lang := range []string{"en", "ur"} {
		_, b := v.get("?lang=" + lang)
		page := string(b)
		dir := map[string]string{"en": "ltr", "ur": "rtl"}[lang]
		for _, want := range []string{`<html lang="` + lang + `" dir="` + dir, `data-lever="forward"`, "&lt;b&gt;", `data-kind="telegram" aria-labelledby="telegram-title" data-closed`} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: no %q in the page", lang, want)
			}
		}
		if bad := regexp.MustCompile(`<b>"Demo|\son[a-z]+=|\sstyle=|<script>|<style|\[simulator\.`).FindString(page); bad != "" {
			t.Errorf("%s: the page has %q", lang, bad)
		}
	}
	r, err := v.client.Get(h.url + "/simulator/page/main.js")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if p := r.Header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || strings.Contains(p, "unsafe") {
		t.Errorf("the policy is %q", p)
	}
	if r.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("headers %v", r.Header)
	}
	again, _ := http.NewRequest("GET", h.url+"/simulator/page/main.js", nil)
	again.Header.Set("If-None-Match", r.Header.Get("ETag"))
	if a, err := v.client.Do(again); err != nil || a.StatusCode != http.StatusNotModified {
		t.Errorf("an unchanged file is sent again: %v", err)
	}
	if len(h.sim.Channels()) != 2 {
		t.Error("a closed kind is still a channel")
	}
	if code, answer := v.post("phones/telegram/messages", say{"start": true}); code != 409 || answer["why"] != "closed" {
		t.Errorf("the closed phone answers %d %v", code, answer)
	}
}

// TestVisitorsDoNotMeet: each has own numbers and own messages, and a stream of its own.
func TestVisitorsDoNotMeet(t *testing.T) {
	h := open(t, nil)
	a, b := h.visit(), h.visit()
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	next := b.stream(ctx)
	next()
	from := a.write(channels.SMS, say{"text": "mine"}).From
	b.must("phones/sms/messages", say{"text": "yours"})
	if name, data := next(); name != "phone" || !strings.Contains(data, "yours") || strings.Contains(data, "mine") {
		t.Errorf("b's stream says %s %s", name, data)
	}
	if from == h.host.Last().From {
		t.Error("two visitors have one number")
	}
	if s := a.state().phone(channels.SMS); len(s.Bubbles) != 1 || s.last().Text != "mine" {
		t.Errorf("a sees %+v", s.Bubbles)
	}
}

// TestABrowserIsOneVisitor, though its first requests come at once; and no number is given twice.
func TestABrowserIsOneVisitor(t *testing.T) {
	h := open(t, nil)
	v := h.visit()
	for range 101 {
		h.clock.Add(1)
		h.visit() // v is forgotten
	}
	var all sync.WaitGroup
	numbers := make([]string, 5)
	for i := range numbers {
		all.Go(func() { numbers[i] = v.state().phone(channels.SMS).Number })
	}
	all.Wait()
	for _, n := range numbers[1:] {
		if n == "" || n != numbers[0] {
			t.Fatalf("one browser has the phones %v", numbers)
		}
	}
}

// TestNewPhone: another number, an empty transcript, and the old number is nobody's.
func TestNewPhone(t *testing.T) {
	h := open(t, func(s *simulator.Settings) {
		s.Known = func(_ context.Context, a channels.Address) bool {
			return a.Kind() == channels.SMS && !strings.HasSuffix(string(a), "7")
		}
	})
	v := h.visit()
	if n := v.state().phone(channels.SMS).Number; !strings.HasSuffix(n, "7") {
		t.Errorf("the phone is %s: the concierge knows it", n)
	}
	old := v.write(channels.WhatsApp, say{"text": "hello"}).From
	v.must("phones/whatsapp/new", say{})
	s := v.state().phone(channels.WhatsApp)
	if len(s.Bubbles) != 0 {
		t.Error("the new phone is not empty")
	}
	if _, refused := h.send(channels.Outgoing{To: old, Text: "hi"}); refused != "" || len(v.state().phone(channels.WhatsApp).Bubbles) != 0 {
		t.Errorf("the old number: %q", refused)
	}
	if now := v.write(channels.WhatsApp, say{"text": "hello"}).From; now == old {
		t.Error("the new phone has the old number")
	}
}

// TestMemoryIsBounded: the oldest visitor, the oldest messages and the oldest uploads are let go.
func TestMemoryIsBounded(t *testing.T) {
	h := open(t, nil)
	first := h.visit()
	from := first.write(channels.SMS, say{"text": "hello"}).From
	first.postAs("phones/sms/photos", "image/png", []byte("\x89PNG\r\n\x1a\n0"))
	upload := h.host.Last().Media[0]
	for i := range 210 {
		h.send(channels.Outgoing{ID: fmt.Sprint(i), To: from, Text: fmt.Sprint("news ", i)})
	}
	if s := first.state().phone(channels.SMS); len(s.Bubbles) > 200 || s.last().Text != "news 209" {
		t.Errorf("%d bubbles are kept, the last is %q", len(s.Bubbles), s.last().Text)
	}
	for range 9 {
		first.postAs("phones/sms/photos", "image/png", []byte("\x89PNG\r\n\x1a\n1"))
	}
	if _, err := h.channel(channels.SMS).Fetch(context.Background(), upload); !errors.Is(err, simulator.ErrPicture) {
		t.Errorf("the tenth upload keeps the first: %v", err)
	}
	for range 100 {
		h.clock.Add(1)
		h.visit()
	}
	if s := first.state().phone(channels.SMS); len(s.Bubbles) != 0 {
		t.Error("after a hundred more visitors the first is still remembered")
	}
}

// TestLeversAndNews: a lever acts for this visitor's phones, the case bar follows, the steps tick, a day shuts the window.
func TestLeversAndNews(t *testing.T) {
	var moved, answered atomic.Bool
	var called atomic.Int64
	h := open(t, func(s *simulator.Settings) {
		s.Levers = []simulator.Lever{
			{Key: "forward", Do: func(_ context.Context, c simulator.Call) error {
				if len(c.Phones) != 3 || c.Tag != "en" {
					return errors.New("not a call")
				}
				if !moved.CompareAndSwap(false, true) {
					return simulator.ErrNothing
				}
				return nil
			}},
			{Key: "not_ours", Do: func(context.Context, simulator.Call) error { return errors.New("no database") }},
			{Key: "day", Passes: 24 * time.Hour, Do: func(context.Context, simulator.Call) error { return nil }},
		}
		s.News = func(context.Context, []channels.Address, string) (simulator.News, error) {
			called.Add(1)
			if !moved.Load() {
				return simulator.News{}, nil
			}
			return simulator.News{Answered: answered.Load(), Case: &simulator.Case{Reference: "C7K-4M95", Open: true}}, nil
		}
		s.DeskLink = func(context.Context) (string, error) { return s.PublicURL + "/desk/welcome/x", nil }
	})
	v := h.visit()
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	next := v.stream(ctx)
	next()
	wa := v.write(channels.WhatsApp, say{"text": "hello"}).From
	h.send(channels.Outgoing{ID: "1", To: wa, Text: "How big?"})
	v.must("phones/whatsapp/messages", say{"text": "large"})
	if s := v.state().News.Steps; s != [4]bool{true, false, false, false} {
		t.Errorf("the steps are %v", s)
	}
	v.must("levers/forward", say{}) // which makes the case
	for {
		name, data := next()
		if name == "" {
			t.Fatal("the stream never told of the case")
		}
		var news struct{ Case *simulator.Case }
		if name == "news" && json.Unmarshal([]byte(data), &news) == nil && news.Case != nil {
			if news.Case.Reference != "C7K-4M95" {
				t.Errorf("the case is %+v", news.Case)
			}
			break
		}
	}
	for key, want := range map[string]int{"forward": 409, "not_ours": 500} {
		if code, answer := v.post("levers/"+key, say{}); code != want || answer["error"] == "" {
			t.Errorf("%s answers %d %v", key, code, answer)
		}
	}
	if p := v.state().phone(channels.WhatsApp); p.Shut || p.Window != "Free text until 09:00 (24:00 left)" {
		t.Errorf("the window is %q", p.Window)
	}
	v.must("levers/day", say{})
	if p := v.state().phone(channels.WhatsApp); !p.Shut {
		t.Error("a day later the window is open")
	}
	if _, refused := h.send(channels.Outgoing{To: wa, Text: "hi"}); refused != "window_shut 63016" {
		t.Errorf("a day later: %q", refused)
	}
	answered.Store(true)
	v.write(channels.WhatsApp, say{"text": "thanks"})
	until(t, "all four steps", func() bool { return v.state().News.Steps == [4]bool{true, true, true, true} })
	if code, answer := v.post("desk", say{}); code != 200 || answer["url"] != "/desk/welcome/x" {
		t.Errorf("the desk answers %d %v", code, answer)
	}
	if called.Load() > 30 {
		t.Errorf("news were asked for %d times", called.Load())
	}
}
