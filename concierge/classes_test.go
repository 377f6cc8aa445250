package concierge

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/channels/twilio"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/phrase"
)

// wired is a host whose SMS and WhatsApp go to a strict Twilio on loopback, and whose receipts come from it, signed.
type wired struct {
	*house
	fake *channeltest.Twilio
}

const caseUpdate = "HX0000000000000000000000000000ffff"

func wire(t *testing.T, db *database.DB, opts channeltest.TwilioOptions) *wired {
	t.Helper()
	o := &wired{house: assemble(t, db, "node-1")}
	o.h.s.Council.Channels.QuietHours.To = o.h.s.Council.Channels.QuietHours.From // none, at whatever hour this runs
	o.h.s.Council.Channels.DailySpend.SMS, o.h.s.Council.Channels.DailySpend.WhatsApp = 0, 0
	o.h.purse = purseOf(o.h.s.Council)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	const public = "https://concierge.example"
	opts.PublicURL, opts.Deliver, opts.Fail = public, func() string { return server.URL }, t.Errorf
	var contents map[string]string
	contents, opts.Contents = channeltest.SessionContents()
	opts.Contents[caseUpdate] = channeltest.Content{Body: "News of your case {{1}}: {{2}}.", Approved: true}
	o.fake = channeltest.NewTwilio(opts)
	base := &http.Transport{MaxIdleConnsPerHost: 64}
	tw, err := twilio.New(twilio.Settings{AccountSID: channeltest.TwilioAccount, AuthTokens: []string{channeltest.TwilioToken},
		SMSFrom: channeltest.TwilioSMS, WhatsAppFrom: channeltest.TwilioWhatsApp, APIURL: o.fake.URL(), PublicURL: public,
		Templates: map[string]map[string]string{"case_update": {"en": caseUpdate}}, SessionContents: contents}, o.h, base, slog.New(slog.NewTextHandler(testLog{t}, nil)))
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle(twilio.Route, tw.Webhook())
	mux.Handle(twilio.StatusRoute, tw.StatusWebhook())
	o.h.s.Channels[channels.SMS], o.h.s.Channels[channels.WhatsApp] = tw.SMS(), tw.WhatsApp()
	o.h.SetEngine(script(echo))
	o.start()
	t.Cleanup(func() {
		o.fake.Close()
		server.Close()
		o.stop()
		base.CloseIdleConnections()
	})
	return o
}

// says lets a phone ("sms:+44…") write.
func (o *wired) says(from, words string) {
	o.t.Helper()
	in := channeltest.Inbound{From: strings.TrimPrefix(from, "sms:"), Body: words}
	if status := o.fake.Inbound(o.ctx, in); status != http.StatusOK {
		o.t.Fatalf("%s: the webhook answered %d", from, status)
	}
}

// greets lets it say its first words, and hears all that is said to them.
func (o *wired) greets(from string) {
	o.t.Helper()
	o.says(from, "hi")
	o.reads(from, "you said hi", "privacy.first")
}

// reads waits until the phone has these texts behind those it had before.
func (o *wired) reads(from string, want ...string) {
	o.t.Helper()
	var got []string
	for range 2000 {
		if got = o.fake.Ledger.Texts(channels.Address(from)); len(got) >= len(want) && strings.Join(got[len(got)-len(want):], "|") == strings.Join(want, "|") {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	o.t.Fatalf("%s reads %q, want %q at the end", from, got, want)
}

// asked is how often the provider was asked to send to an address.
func (o *wired) asked(to string) (n int) {
	for _, e := range o.fake.Ledger.Entries(0) {
		if e.What == channeltest.Asked && e.Call == "CreateMessage" && e.To == to {
			n++
		}
	}
	return n
}

// brought tells by callback what became of the last message an address got: once its result is stored.
func (o *wired) brought(to, status string, code int) {
	o.t.Helper()
	all := o.fake.Ledger.Accepted(channels.Address(to))
	last := all[len(all)-1]
	o.eventually(1, `SELECT COUNT(*) FROM messages WHERE handle = $1`, last.ID)
	if got := o.fake.Receipt(last.ID, status, code); got != http.StatusNoContent {
		o.t.Fatalf("the callback was answered %d", got)
	}
}

func (o *wired) marks(column, to string) int {
	return o.count(`SELECT COUNT(*) FROM addresses WHERE index_hmac = $1 AND `+column+` IS NOT NULL`, o.keys.Index(string(channels.Address(to).Kind()), channels.Address(to).Value()))
}

// Each code means the same when it comes at once and by callback: the table of docs/channels.md, from the provider's answer to what
// staff see, what is marked, and what goes out next.
func TestWhatEachCodeMeans(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := wire(t, db, channeltest.TwilioOptions{Receipts: []string{}})
		n := 0
		for _, c := range []struct {
			class  channels.Class
			codes  []int
			marked string // which column of the address
		}{
			{channels.Refused, []int{21617, 21656, 63021, 30007, 12345}, ""},
			{channels.Expired, []int{30036}, ""},
			{channels.Unreachable, []int{21211, 21614, 21635, 21408, 30004, 30005, 30006, 63003, 63024}, "unreachable_at"},
			{channels.Unreachable, []int{30003, 30008}, ""}, // off, perhaps: nothing is said of the number, and a reply is not sent again
			{channels.OptedOut, []int{21610}, "opted_out_at"},
		} {
			for _, code := range c.codes {
				for _, later := range []bool{false, true} {
					n++
					from := fmt.Sprintf("sms:+4477009%05d", n)
					o.greets(from)
					words := fmt.Sprintf("%d %v", code, later)
					if !later {
						o.fake.Script(channeltest.Fault{To: from, Status: 400, Code: code})
					}
					o.says(from, words)
					if later {
						o.reads(from, "you said "+words)
						o.brought(from, "undelivered", code)
					}
					o.is("you said "+words, "failed "+string(c.class))
					o.eventually(1, `SELECT COUNT(*) FROM messages WHERE body = $1 AND code = $2`, "you said "+words, fmt.Sprint(code))
					for _, column := range []string{"unreachable_at", "opted_out_at"} {
						if got := o.marks(column, from) == 1; got != (column == c.marked) {
							t.Errorf("%d, by callback %v: %s is set: %v", code, later, column, got)
						}
					}
					o.write(from, inbox.Update, "news "+words)
					if c.marked == "" {
						o.reads(from, "news "+words)
					} else {
						o.is("news "+words, "failed "+string(c.class))
					}
					want := 4 // hi, the greeting, the answer, the news
					if c.marked != "" {
						want = 3
					}
					if got := o.asked(from); got != want {
						t.Errorf("%d, by callback %v: the provider was asked %d times, want %d", code, later, got, want)
					}
				}
			}
		}
	})
}

// Who cannot be reached is written to again once they write; who said STOP to the carrier must say START, and answers are tried all the
// while; who blocked us on WhatsApp has to write.
func TestWhoIsWrittenToAgain(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := wire(t, db, channeltest.TwilioOptions{Receipts: []string{}})
		const gone, stopped, blocked = "sms:+447700900201", "sms:+447700900202", "whatsapp:+447700900203"
		for i, from := range []string{gone, stopped, blocked} {
			o.greets(from)
			o.fake.Script(channeltest.Fault{To: from, Status: 400, Code: []int{30005, 21610, 63014}[i]})
			o.write(from, inbox.Agent, "a "+from)
			o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'failed' AND body = $1`, "a "+from)
			o.write(from, inbox.Update, "b "+from)
			o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'failed' AND body = $1`, "b "+from)
			o.says(from, "hello")
			o.reads(from, "you said hello")
		}
		o.write(gone, inbox.Update, "c")
		o.reads(gone, "c")
		o.write(blocked, inbox.Update, "d")
		o.reads(blocked, "d")
		o.write(stopped, inbox.Update, "e")
		o.is("e", "failed opted_out")
		o.says(stopped, "START")
		o.write(stopped, inbox.Update, "f")
		o.reads(stopped, "f")
	})
}

// A phone that is off gets news and a person's words once more, an hour later; not twice.
func TestOnceMoreAfterAnHour(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := wire(t, db, channeltest.TwilioOptions{Receipts: []string{}})
		for i, k := range []inbox.Kind{inbox.Update, inbox.Agent} {
			from := fmt.Sprintf("sms:+44770090030%d", i)
			o.greets(from)
			o.write(from, k, "news for "+from)
			o.reads(from, "news for "+from)
			o.brought(from, "undelivered", 30003)
			o.brought(from, "undelivered", 30003) // told twice
			o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'queued' AND body = $1`, "news for "+from)
			var due time.Time
			if err := o.db.Read(o.ctx, func(tx *database.Tx) error {
				return tx.QueryRow(o.ctx, `SELECT due_at FROM messages WHERE status = 'queued' AND body = $1`, "news for "+from).Scan(&due)
			}); err != nil {
				t.Fatal(err)
			}
			if d := time.Until(due); d < 55*time.Minute || d > time.Hour {
				t.Errorf("again in %v", d)
			}
			o.says(from, "still here") // what is scheduled blocks nobody
			o.reads(from, "news for "+from, "you said still here")
			o.exec(`UPDATE messages SET due_at = $1 WHERE status = 'queued'`, time.Now().UTC().Add(-time.Second))
			o.reads(from, "news for "+from, "you said still here", "news for "+from)
			o.brought(from, "undelivered", 30008)
			o.eventually(0, `SELECT COUNT(*) FROM messages WHERE status IN ('queued', 'sending')`)
			if n := o.count(`SELECT COUNT(*) FROM messages WHERE status = 'failed' AND reason = 'unreachable' AND body = $1`, "news for "+from); n != 2 {
				t.Errorf("%s: %d failures", k, n)
			}
		}
	})
}

// WhatsApp's window is shut, whatever our clock says: told at once or by callback after a 201, the message goes once more as its
// template; one that has none fails, and staff see why.
func TestTheWindowIsShutAfterAll(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		for _, later := range []bool{false, true} {
			t.Run(fmt.Sprint("by callback ", later), func(t *testing.T) {
				o := wire(t, databasetest.Open(t, db.Engine(), nil), channeltest.TwilioOptions{Receipts: []string{}, WindowLater: later})
				const from = "whatsapp:+447700900401"
				o.receive(channels.Message{Channel: channels.WhatsApp, Account: channeltest.TwilioAccount, ID: "SM1", From: from,
					To: "whatsapp:" + channeltest.TwilioWhatsApp, Kind: channels.KindText, Text: "hi"}) // Twilio knows nothing of it: for it the window is shut
				o.eventually(2, `SELECT COUNT(*) FROM messages WHERE status = 'failed' AND reason = 'window_shut' AND code = '63016'`)
				o.conversation(func(tx *database.Tx, c *inbox.Conversation) error {
					return o.in.Write(o.ctx, tx, c, inbox.Update, inbox.Words{Text: "in the window", Cause: "a",
						Template: &inbox.Template{Key: "case_update", Values: lines("C7K-4M95", "fixed")}})
				})
				o.reads(from, "News of your case C7K-4M95: fixed.")
				o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'sent' AND body = 'in the window'`)
				o.eventually(0, `SELECT COUNT(*) FROM messages WHERE status IN ('queued', 'sending')`)
				if n := o.asked(from); n != 4 {
					t.Errorf("asked %d times, want 4: the answer, the greeting, the news, its template", n)
				}
			})
		}
	})
}

// A sender told to slow down by callback waits, and what it did not bring goes again behind the pause: it is the sender's fault, not the
// resident's.
func TestThrottledByCallback(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := wire(t, db, channeltest.TwilioOptions{Receipts: []string{}})
		const from, other = "sms:+447700900501", "sms:+447700900502"
		o.greets(from)
		o.greets(other)
		o.write(from, inbox.Update, "news")
		o.reads(from, "news")
		o.brought(from, "failed", 30001)
		o.is("news", "failed throttled")
		o.is("news", "queued ")
		o.eventually(1, `SELECT COUNT(*) FROM senders WHERE why = 'throttled' AND code = '30001'`) // the other nodes know
		before := o.asked(other)
		o.says(other, "hello")
		o.is("you said hello", "queued ")
		if err := o.h.out.lookOnce(o.ctx); err != nil {
			t.Fatal(err)
		}
		if o.asked(other) != before {
			t.Error("the sender did not wait")
		}
	})
}

// A wrong setting holds the sender: one message finds it, the others wait without a call, nothing fails, and all goes once it is mended.
func TestAWrongSettingHoldsTheSender(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := wire(t, db, channeltest.TwilioOptions{Receipts: []string{}})
		const first, second, whats = "sms:+447700900601", "sms:+447700900602", "whatsapp:+447700900603"
		for _, from := range []string{first, second, whats} {
			o.greets(from)
		}
		o.fake.Script(channeltest.Fault{To: first, Status: 401, Code: 20003})
		o.says(first, "one")
		o.eventually(1, `SELECT COUNT(*) FROM senders WHERE channel = 'sms' AND why = 'configuration' AND code = '20003'`)
		for range 5 {
			o.says(second, "two")
		}
		o.says(whats, "three")
		o.reads(whats, "you said three") // another sender is not held
		o.eventually(6, `SELECT COUNT(*) FROM messages WHERE status = 'queued'`)
		if n := o.asked(second); n != 2 {
			t.Errorf("the held sender was asked %d times, want 2 before", n)
		}
		g := o.h.out.ways[channels.SMS].of(channels.MakeAddress(channels.SMS, channeltest.TwilioSMS))
		g.mu.Lock()
		g.shut = time.Now() // a minute is over
		g.mu.Unlock()
		o.exec(`DELETE FROM senders`)
		o.exec(`UPDATE messages SET due_at = $1 WHERE status = 'queued'`, time.Now().UTC().Add(-time.Second))
		o.reads(second, "you said two", "you said two", "you said two", "you said two", "you said two")
		o.reads(first, "you said one")
	})
}

// What a provider took and said so in no way we hear is heard of by its callback, exactly, and nothing is sent twice.
func TestTheCallbackEndsTheDoubt(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := wire(t, db, channeltest.TwilioOptions{})
		const page = "<html>Bad Gateway</html>"
		for i, f := range []channeltest.Fault{
			{Accept: true, Drop: true}, {Accept: true, Status: 500}, {Accept: true, Status: 200, Body: page}, {Accept: true, Status: 302, Body: page},
			{Accept: true, Status: 201, Body: `{"sid": "XX"}`},
		} {
			from := fmt.Sprintf("sms:+44770090070%d", i)
			o.greets(from)
			f.To = from
			o.fake.Script(f)
			o.says(from, "hello")
			o.says(from, "and") // waits behind it
			o.reads(from, "you said hello", "you said and")
			o.eventually(2*(i+1), `SELECT COUNT(*) FROM messages WHERE status = 'delivered' AND body IN ('you said hello', 'you said and')`)
			if n := o.count(`SELECT COUNT(*) FROM attempts WHERE n > 1`); n != 0 {
				t.Errorf("%+v: %d sends were made again", f, n)
			}
		}
	})
}

// Without a callback Twilio's list tells: the SID is adopted, and nothing is sent twice.
func TestTheListEndsTheDoubt(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := wire(t, db, channeltest.TwilioOptions{Receipts: []string{}})
		const from = "sms:+447700900801"
		o.greets(from)
		o.fake.Script(channeltest.Fault{To: from, Accept: true, Drop: true})
		o.says(from, "hello")
		o.says(from, "hello") // the same words once more: the list has two of them in the end
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'sending' AND attempt = 1`)
		o.eventually(1, `SELECT COUNT(*) FROM attempts WHERE result = 'uncertain'`)
		o.exec(`UPDATE messages SET due_at = $1 WHERE status = 'sending'`, time.Now().UTC().Add(-time.Second))
		o.reads(from, "you said hello", "you said hello")
		o.eventually(2, `SELECT COUNT(*) FROM messages WHERE status = 'sent' AND body = 'you said hello'`)
		if n := o.count(`SELECT COUNT(DISTINCT handle) FROM messages WHERE status = 'sent' AND body = 'you said hello'`); n != 2 {
			t.Errorf("%d handles for two messages", n)
		}
		if n := o.asked(from); n != 4 {
			t.Errorf("asked %d times, want 4", n)
		}
	})
}

func lines(texts ...string) (all []phrase.Line) {
	for _, s := range texts {
		all = append(all, phrase.Line{Text: s})
	}
	return all
}
