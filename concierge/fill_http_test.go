package concierge

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/channels/twilio"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// By real HTTP, with a provider as strict as Twilio: a pin is lost on its way, its message found in the list, and its webhook comes after
// all, signed, five times at once. The resident is asked once and answered once.
func TestALostWebhookComesAfterAll(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		o.h.SetEngine(script(asksPlace))
		mux := http.NewServeMux()
		server := httptest.NewServer(mux)
		defer server.Close()
		var ago atomic.Int64
		fake := channeltest.NewTwilio(channeltest.TwilioOptions{PublicURL: server.URL, Deliver: func() string { return server.URL }, Fail: t.Errorf,
			Now: func() time.Time { return time.Now().Add(-time.Duration(ago.Load())) }})
		defer fake.Close()
		way, err := twilio.New(twilio.Settings{AccountSID: channeltest.TwilioAccount, AuthTokens: []string{channeltest.TwilioToken},
			SMSFrom: channeltest.TwilioSMS, WhatsAppFrom: channeltest.TwilioWhatsApp, PublicURL: server.URL, APIURL: fake.URL()},
			o.h, http.DefaultTransport, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		mux.Handle(twilio.Route, way.Webhook())
		mux.Handle(twilio.StatusRoute, way.StatusWebhook())
		o.h.s.Channels = map[channels.Name]channels.Channel{channels.SMS: way.SMS(), channels.WhatsApp: way.WhatsApp()}
		o.start()
		defer o.stop()
		o.eventually(1, `SELECT COUNT(*) FROM marks`)
		o.exec(`UPDATE marks SET at = $1`, time.Now().UTC().Add(-time.Hour))

		if status := fake.Inbound(o.ctx, channeltest.Inbound{From: mobile, Body: "a hole"}); status != http.StatusOK {
			t.Fatalf("the webhook answers %d", status)
		}
		pin := channeltest.Inbound{From: mobile, Lat: "52.4000", Lon: "-1.8000"}
		ago.Store(int64(5 * time.Minute))
		pin.SID = fake.Lost(pin)
		ago.Store(0)
		o.sweep()
		o.eventually(2, `SELECT COUNT(*) FROM messages WHERE inbound AND taken = 'taken'`)
		pin.Copies = 5
		if status := fake.Inbound(o.ctx, pin); status != http.StatusOK {
			t.Fatalf("the true copy is answered %d", status)
		}
		o.takeAll()
		for deadline := time.Now().Add(10 * time.Second); len(fake.Ledger.Texts(mobile)) < 3 && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
		}
		if got := fake.Ledger.Texts(mobile); len(got) != 3 || got[0] != "where?" || got[2] != "at 52.4, how large?" {
			t.Errorf("the resident reads %q", got)
		}
	})
}
