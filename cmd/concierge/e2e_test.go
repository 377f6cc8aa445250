package main_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/internal/database"
)

// The whole way, through the built binary and the providers' fakes, on both databases: from hello to the news that it is fixed, and
// through a handoff.
func TestTheWholeWay(t *testing.T) {
	for _, e := range []database.Engine{database.SQLite, database.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			b := newBinary(t, e, true)
			b.start()
			b.english(t)
			b.urdu(t)
			b.polish(t)
			b.handoff(t)
			for _, e := range b.ledger.Broken() {
				t.Errorf("a provider would not take %s: %s", e.Call, e.Why)
			}
		})
	}
}

// talk is one resident at one provider.
type talk struct {
	b    *binary
	t    *testing.T
	at   channels.Address
	seen int
	send func(ctx context.Context, text string) int
}

func (b *binary) sms(t *testing.T, number string) *talk {
	return &talk{b: b, t: t, at: channels.MakeAddress(channels.SMS, number), send: func(ctx context.Context, text string) int {
		return b.twilio.Inbound(ctx, channeltest.Inbound{From: number, Body: text})
	}}
}

func (b *binary) whatsapp(t *testing.T, number string) *talk {
	return &talk{b: b, t: t, at: channels.MakeAddress(channels.WhatsApp, number), send: func(ctx context.Context, text string) int {
		return b.twilio.Inbound(ctx, channeltest.Inbound{From: "whatsapp:" + number, Body: text})
	}}
}

func (b *binary) chat(t *testing.T, chat int64, language string) *talk {
	b.telegram.Speak(chat, language)
	at := channels.MakeAddress(channels.Telegram, strconv.FormatInt(chat, 10))
	return &talk{b: b, t: t, at: at, send: func(ctx context.Context, text string) int { return b.telegram.Say(ctx, chat, text) }}
}

// says sends a text and waits for an answer that holds every part. It returns that answer.
func (k *talk) says(text string, parts ...string) string {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if status := k.send(ctx, text); status != http.StatusOK {
		k.t.Fatalf("%q was answered %d", text, status)
	}
	return k.hears(parts...)
}

// hears waits for a message not heard yet that holds every part.
func (k *talk) hears(parts ...string) string {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	heard := 0
	found, err := k.b.ledger.WaitFor(ctx, func(e channeltest.Entry) bool {
		if e.What != channeltest.Accepted || e.To != string(k.at) {
			return false
		}
		heard++
		return heard > k.seen && holds(e.Text, parts)
	})
	if err != nil {
		k.t.Fatalf("%s never heard %q; heard:\n%s\n%s", k.at, parts, strings.Join(k.b.ledger.Texts(k.at), "\n---\n"), k.b.log)
	}
	k.seen = heard
	return found.Text
}

func holds(text string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}

var reference = regexp.MustCompile(`[2-9CFHJKMPRTWX]{3}-[2-9CFHJKMPRTWX]{4}`)

// english walks a pothole by SMS, and hears of every change until it is fixed.
func (b *binary) english(t *testing.T) {
	k := b.sms(t, "+447700900301")
	k.says("hello", "Demo")
	k.says("big pothole outside 12 Stratford Road", "hurt", "1 ", "2 ")
	k.says("2", "Where")
	k.says("1", "photo")
	k.says("skip", "nything else")
	k.says("skip", "SEND", "12 Stratford Road")
	ref := reference.FindString(k.says("send", "number is"))
	if ref == "" {
		t.Fatal("no reference was given")
	}
	if shown := b.run("cases", "show", ref); !strings.Contains(shown, "pothole") {
		t.Fatalf("cases show %s:\n%s", ref, shown)
	}
	b.run("cases", "change", ref, "--status", "investigating", "--reason", "visit")
	k.hears(ref)
	b.run("cases", "change", ref, "--status", "fixed", "--reason", "repaired")
	link := regexp.MustCompile(regexp.QuoteMeta(b.url) + `/t/[1-9A-Za-z]{22}`).FindString(k.hears(ref, "fixed") + strings.Join(b.ledger.Texts(k.at), "\n"))
	if link == "" {
		t.Fatal("no tracking link was sent")
	}
	status, page := get(t, http.DefaultClient, link)
	if status != http.StatusOK || !strings.Contains(page, ref) {
		t.Fatalf("the tracking page answers %d:\n%s", status, page)
	}
	k.says("no, still there", ref)
	if shown := b.run("cases", "show", ref); !strings.Contains(shown, "reopened") {
		t.Fatalf("the reply did not reopen %s:\n%s", ref, shown)
	}
}

// urdu walks a street light by WhatsApp.
func (b *binary) urdu(t *testing.T) {
	k := b.whatsapp(t, "+447700900302")
	k.says("گلی کی لائٹ بند ہے", "؟")
	ref := k.walk("بدلنے کے لیے نمبر", "کہاں ہے")
	b.run("cases", "change", ref, "--status", "fixed", "--reason", "repaired")
	k.hears(ref)
}

// polish walks a path in a park by Telegram.
func (b *binary) polish(t *testing.T) {
	k := b.chat(t, 5550003, "pl")
	k.says("/start")
	k.says("zarośnięta ścieżka w parku")
	ref := k.walk("albo podaj numer", "Gdzie")
	b.retired(t, k, 5550003)
	b.run("cases", "change", ref, "--status", "planned", "--reason", "programme", "--planned-for", time.Now().AddDate(0, 0, 20).Format(time.DateOnly))
	k.hears(ref)
	b.run("cases", "change", ref, "--status", "fixed", "--reason", "repaired")
	k.hears(ref)
}

// retired waits until no message to a chat but the last has buttons left.
func (b *binary) retired(t *testing.T, k *talk, chat int64) {
	t.Helper()
	asked, left := 0, 0
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		asked, left = 0, 0
		all := b.ledger.Accepted(k.at)
		for _, e := range all[:len(all)-1] {
			_, number, _ := strings.Cut(e.ID, ":")
			id, err := strconv.Atoi(number)
			if err != nil {
				t.Fatalf("a message called %q", e.ID)
			}
			if len(e.Choices) > 0 && e.Pin == "" {
				asked++
				if b.telegram.Buttons(chat, id) {
					left++
				}
			}
		}
		if asked > 2 && left == 0 {
			return
		}
	}
	t.Errorf("of %d messages with buttons %d still have them", asked, left)
}

// walk answers whatever is asked, as somebody in a hurry would, until there is a reference.
func (k *talk) walk(review, where string) string {
	k.t.Helper()
	text := ""
	for range 14 {
		texts := k.b.ledger.Accepted(k.at)
		last := texts[len(texts)-1]
		if ref := reference.FindString(last.Text); ref != "" {
			return ref
		}
		k.seen = len(texts)
		text = answer(last, review, where)
		k.says(text)
		time.Sleep(300 * time.Millisecond) // a second message may follow
	}
	k.t.Fatalf("no reference after 14 answers; heard:\n%s", strings.Join(k.b.ledger.Texts(k.at), "\n---\n"))
	return ""
}

// answer picks an answer that any of the questions takes. review and where tell those two questions apart.
func answer(e channeltest.Entry, review, where string) string {
	switch {
	case strings.Contains(e.Text, review):
		return "send"
	case strings.Contains(e.Text, "park?"), strings.Contains(e.Text, "w parku?"):
		return "Cannon Hill Park"
	case strings.Contains(e.Text, where):
		return "45 Pershore Road"
	case len(e.Choices) == 2 || strings.Contains(e.Text, "\n2 ") && !strings.Contains(e.Text, "\n3 "):
		return "2" // hurt? no
	}
	return "1"
}

// handoff asks for a person and is one, at the desk.
func (b *binary) handoff(t *testing.T) {
	k := b.sms(t, "+447700900304")
	k.says("person") // what is said depends on whether the office is open now
	asha := b.signIn(t, "asha@council.example")
	_, queue := get(t, asha, b.url+"/desk/queue")
	where := regexp.MustCompile(`/desk/conversations/[0-9a-f-]{36}`).FindString(queue)
	if where == "" {
		t.Fatalf("nobody waits in the queue:\n%s", queue)
	}
	b.press(t, asha, b.url+where, where+"/claim", nil)
	b.press(t, asha, b.url+where, where+"/reply", url.Values{"text": {"Hello, Asha here. How can I help?"}})
	k.hears("Asha here")
	b.press(t, asha, b.url+where, where+"/return", url.Values{"how": {"resume"}})
	k.hears("automated")
	k.says("pothole", "hurt")
}

// signIn adds somebody by the command line and signs in by the link it printed.
func (b *binary) signIn(t *testing.T, email string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	link := regexp.MustCompile(`http://\S+/desk/welcome/\S+`).FindString(b.run("staff", "add", email, "--name", "Asha Patel", "--role", "supervisor"))
	b.press(t, c, link, strings.TrimPrefix(link, b.url), url.Values{"password": {"a long enough passphrase"}, "again": {"a long enough passphrase"}})
	return c
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)"`)

// press loads a page and posts the form on it that goes to action, with its hidden fields, as a browser without scripts does.
func (b *binary) press(t *testing.T, c *http.Client, page, action string, with url.Values) {
	t.Helper()
	status, body := get(t, c, page)
	if status != http.StatusOK {
		t.Fatalf("%s answers %d:\n%s", page, status, body)
	}
	at := strings.Index(body, `action="`+action+`"`)
	if at < 0 {
		t.Fatalf("%s has no form for %s:\n%s", page, action, body)
	}
	form, _, _ := strings.Cut(body[at:], "</form>")
	values := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(form, -1) {
		values.Set(m[1], m[2])
	}
	for k, v := range with {
		values[k] = v
	}
	req, err := http.NewRequest(http.MethodPost, b.url+action, strings.NewReader(values.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", b.url)
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK { // after the redirect
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("POST %s answers %d:\n%s", action, resp.StatusCode, text)
	}
}

func get(t *testing.T, c *http.Client, address string) (int, string) {
	t.Helper()
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
