package concierge

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/channels/telegram"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// What Telegram says no to, from its answer to what is marked and what goes out next: who blocked us is written to again when they
// unblock us or write, a refused text never, and of a 429 or a wrong token the whole bot is quiet.
func TestWhatTelegramsNoMeans(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		o.h.s.Council.Channels.QuietHours.To = o.h.s.Council.Channels.QuietHours.From
		mux := http.NewServeMux()
		server := httptest.NewServer(mux)
		const public = "https://concierge.example"
		fake := channeltest.NewTelegram(channeltest.TelegramOptions{PublicURL: public, Deliver: func() string { return server.URL }, Fail: t.Errorf})
		base := &http.Transport{MaxIdleConnsPerHost: 8}
		bot, err := telegram.New(telegram.Settings{Token: channeltest.TelegramToken, Secret: channeltest.TelegramSecret, APIURL: fake.URL(),
			PublicURL: public}, o.h, base, slog.New(slog.NewTextHandler(testLog{t}, nil)))
		if err != nil {
			t.Fatal(err)
		}
		mux.Handle("/webhooks/telegram", bot.Webhook())
		o.h.s.Channels[channels.Telegram] = bot
		o.h.SetEngine(script(echo))
		o.start()
		t.Cleanup(func() {
			fake.Close()
			server.Close()
			o.stop()
			bot.Close()
			base.CloseIdleConnections()
		})
		at := func(chat int64) string { return fmt.Sprint("telegram:", chat) }
		reads := func(chat int64, want string) {
			t.Helper()
			if _, err := fake.Ledger.WaitText(o.ctx, channels.Address(at(chat)), 0, func(s string) bool { return s == want }); err != nil {
				t.Fatal(err)
			}
		}
		say := func(chat int64, words string) {
			t.Helper()
			if status := fake.Say(o.ctx, chat, words); status != http.StatusOK {
				t.Fatalf("the webhook answered %d", status)
			}
		}
		for i, f := range []channeltest.Fault{{Status: 403, Text: "Forbidden: bot was blocked by the user"}, {Status: 400, Text: "Bad Request: chat not found"}} {
			chat := int64(100 + i)
			say(chat, "hi")
			reads(chat, "privacy.first")
			f.To = at(chat)
			fake.Script(f)
			o.write(at(chat), inbox.Agent, "a "+at(chat))
			o.is("a "+at(chat), "failed unreachable")
			o.write(at(chat), inbox.Update, "b "+at(chat))
			o.is("b "+at(chat), "failed unreachable")
			if i == 0 {
				fake.Block(o.ctx, chat, false)
			} else {
				say(chat, "hello")
			}
			o.eventually(0, `SELECT COUNT(*) FROM addresses WHERE unreachable_at IS NOT NULL`)
			o.write(at(chat), inbox.Update, "c")
			reads(chat, "c")
		}
		fake.Script(channeltest.Fault{To: at(100), Status: 400, Text: "Bad Request: something else"})
		o.write(at(100), inbox.Update, "refused words")
		o.is("refused words", "failed refused")
		fake.Script(channeltest.Fault{To: at(100), Status: 429, RetryAfter: 600 * time.Second})
		o.write(at(100), inbox.Update, "one")
		o.eventually(1, `SELECT COUNT(*) FROM senders WHERE channel = 'telegram' AND why = 'throttled'`)
		o.write(at(101), inbox.Update, "two")
		o.is("two", "queued ")
		if n := o.count(`SELECT COUNT(*) FROM attempts a JOIN messages m ON m.id = a.message_id WHERE m.body = 'two'`); n != 0 {
			t.Error("a bot told to wait went on")
		}
	})
}
