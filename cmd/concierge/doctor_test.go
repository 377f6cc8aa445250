package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"concierge/channels/channeltest"
	"concierge/channels/telegram"
	"concierge/channels/twilio"
	"concierge/internal/config"
)

// providers are strict fakes of both, and the environment that leads to them.
func providers(t *testing.T) (*channeltest.Twilio, *channeltest.Telegram, map[string]string) {
	t.Helper()
	tw := channeltest.NewTwilio(channeltest.TwilioOptions{Fail: t.Errorf})
	t.Cleanup(tw.Close)
	tg := channeltest.NewTelegram(channeltest.TelegramOptions{Fail: t.Errorf})
	t.Cleanup(tg.Close)
	return tw, tg, map[string]string{
		"CONCIERGE_TWILIO_API_URL": tw.URL(), "CONCIERGE_TWILIO_ACCOUNT_SID": channeltest.TwilioAccount,
		"CONCIERGE_TWILIO_AUTH_TOKEN": channeltest.TwilioToken, "CONCIERGE_TWILIO_SMS_FROM": channeltest.TwilioSMS,
		"CONCIERGE_TELEGRAM_API_URL": tg.URL(), "CONCIERGE_TELEGRAM_TOKEN": channeltest.TelegramToken,
		"CONCIERGE_TELEGRAM_SECRET": channeltest.TelegramSecret, "CONCIERGE_PUBLIC_URL": "https://concierge.example",
	}
}

func holdsAll(t *testing.T, what, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s: no %q in\n%s", what, w, got)
		}
	}
}

// TestDoctorLooksThenWrites: a dry run changes nothing and fails; --write sets what can be set; then all is well.
func TestDoctorLooksThenWrites(t *testing.T) {
	tw, tg, env := providers(t)
	got, err := said(t, env, "doctor")
	if err == nil {
		t.Error("nothing was wrong before anything was set")
	}
	holdsAll(t, "dry", got, "is ours and can text", `WRONG  its texts go to ""`, "WRONG  no webhook is set", "doctor: 2 wrong")
	for _, e := range append(tw.Ledger.Entries(0), tg.Ledger.Entries(0)...) {
		if e.Call == "UpdateIncomingPhoneNumber" || strings.HasPrefix(e.Call, "set") {
			t.Errorf("a dry run called %s", e.Call)
		}
	}
	if got, err = said(t, env, "doctor", "--write"); err != nil {
		t.Errorf("%v\n%s", err, got)
	}
	holdsAll(t, "write", got, "ok     its texts go to https://concierge.example/webhooks/twilio#rc=3&rp=ct,rt,5xx",
		"ok     the webhook is https://concierge.example/webhooks/telegram", "the menu behind / is set in en, ur, pl", "all well")
	languages := map[string]string{}
	for _, e := range tg.Ledger.Entries(0) {
		if e.Call != "setMyCommands" || e.What != channeltest.Asked {
			continue
		}
		var commands []struct{ Command, Description string }
		if err := json.Unmarshal([]byte(e.Fields["commands"]), &commands); err != nil || len(commands) < 5 || commands[0].Command != "menu" {
			t.Errorf("%v: %s", err, e.Fields["commands"])
			continue
		}
		languages[e.Fields["language_code"]] = commands[0].Description
	}
	if len(languages) != 3 || languages[""] == languages["pl"] || languages["ur"] == "" {
		t.Errorf("menus: %v", languages)
	}
	if got, err = said(t, env, "doctor"); err != nil {
		t.Errorf("after writing: %v\n%s", err, got)
	}
}

// TestDoctorFindsWhatIsWrong: one fault at a time, each told in its own line.
func TestDoctorFindsWhatIsWrong(t *testing.T) {
	const service = "MG00000000000000000000000000000001"
	for _, c := range []struct {
		name  string
		env   map[string]string
		fault func(*channeltest.Twilio, *channeltest.Telegram)
		want  string
	}{
		{"a wrong Twilio token", map[string]string{"CONCIERGE_TWILIO_AUTH_TOKEN": "ffffffffffffffffffffffffffffffff"}, nil, "do not belong together"},
		{"another's number", map[string]string{"CONCIERGE_TWILIO_SMS_FROM": "+447700900999"}, nil, "+447700900999 is not a number of this account"},
		{"a number that cannot text", nil, func(tw *channeltest.Twilio, _ *channeltest.Telegram) {
			tw.Console(func(n *channeltest.TwilioNumber) { n.SMS = false }, "")
		}, "cannot text"},
		{"an application that takes the texts", nil, func(tw *channeltest.Twilio, _ *channeltest.Telegram) {
			tw.Console(func(n *channeltest.TwilioNumber) { n.SMSApplication = "AP1" }, "")
		}, "an application (AP1)"},
		{"an account that is suspended", nil, func(tw *channeltest.Twilio, _ *channeltest.Telegram) { tw.Console(nil, "suspended") }, "the account is suspended"},
		{"smart encoding", map[string]string{"CONCIERGE_TWILIO_MESSAGING_SERVICE_SID": service}, func(tw *channeltest.Twilio, _ *channeltest.Telegram) {
			tw.AddService(channeltest.TwilioService{SID: service, Name: "Texts", SmartEncoding: true, OwnWebhooks: true})
		}, "smart encoding of the Messaging Service"},
		{"a wrong Telegram token", map[string]string{"CONCIERGE_TELEGRAM_TOKEN": "7000000001:AAanotherTokenForTestsOnly0000000000"}, nil, "telegram: getMe"},
		{"an address nobody can reach", map[string]string{"CONCIERGE_PUBLIC_URL": "http://localhost:8080"}, nil, "no provider can reach this machine"},
		{"an open address", map[string]string{"CONCIERGE_PUBLIC_URL": "http://concierge.example"}, nil, "texts must not travel open"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tw, tg, env := providers(t)
			for k, v := range c.env {
				env[k] = v
			}
			if c.fault != nil {
				c.fault(tw, tg)
			}
			got, err := said(t, env, "doctor", "--write")
			if n := strings.Count(got, "WRONG"); err == nil || n != 1 {
				t.Errorf("%d wrong, %v", n, err)
			}
			holdsAll(t, c.name, got, "WRONG", c.want)
			for _, secret := range []string{env["CONCIERGE_TWILIO_AUTH_TOKEN"], env["CONCIERGE_TELEGRAM_TOKEN"], env["CONCIERGE_TELEGRAM_SECRET"]} {
				if strings.Contains(got, secret) {
					t.Error("a secret is printed")
				}
			}
		})
	}
}

// TestDoctorAsksItself: the signed request passes where serve has our token, and is told when it has another.
func TestDoctorAsksItself(t *testing.T) {
	_, _, env := providers(t)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	s := twilio.Settings{AccountSID: channeltest.TwilioAccount, AuthTokens: []string{channeltest.TwilioToken}, SMSFrom: channeltest.TwilioSMS, PublicURL: server.URL}
	tw, err := twilio.New(s, &channeltest.Receiver{}, nil, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle(twilio.Route, tw.Webhook())
	mux.Handle(twilio.StatusRoute, tw.StatusWebhook())
	mux.HandleFunc(telegram.Route, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	env["CONCIERGE_PUBLIC_URL"] = server.URL
	got, _ := said(t, env, "doctor", "--write", "--self")
	holdsAll(t, "self", got, "a signed request to our public URL came through", "a forged text to /webhooks/twilio is refused",
		"a forged update to /webhooks/telegram is refused", "doctor: 1 wrong") // this machine's own address
	s.AuthTokens = []string{"ffffffffffffffffffffffffffffffff"}
	if tw, err = twilio.New(s, &channeltest.Receiver{}, nil, slog.New(slog.NewTextHandler(t.Output(), nil))); err != nil {
		t.Fatal(err)
	}
	other := http.NewServeMux()
	other.Handle(twilio.StatusRoute, tw.StatusWebhook())
	server.Config.Handler = other
	got, _ = said(t, env, "doctor", "--self")
	holdsAll(t, "another token", got, "our own signed request was refused", "was answered 404, not 403")
}

// TestWhatsAppTemplates: listed as missing, made and submitted once, approved by WhatsApp, and told when turned down.
func TestWhatsAppTemplates(t *testing.T) {
	tw, _, env := providers(t)
	env["CONCIERGE_TWILIO_WHATSAPP_FROM"] = channeltest.TwilioWhatsApp
	got, err := said(t, env, "whatsapp", "templates")
	if err != nil || strings.Count(got, "missing") != 6+13 {
		t.Fatalf("%v\n%s", err, got)
	}
	if got, err = said(t, env, "whatsapp", "templates", "--submit"); err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	if !regexp.MustCompile(`(?s)  whatsapp_templates:\n    case_fixed:\n      en: HX[0-9a-f]{32} # not approved yet\n.*  whatsapp_session:\n    reply_1: HX`).MatchString(got) {
		t.Errorf("no lines for council.yaml:\n%s", got)
	}
	decided := 0
	for _, e := range tw.Ledger.Entries(0) {
		switch {
		case e.Call != "CreateApprovalCreate":
		case strings.HasPrefix(e.Text, "concierge_case_update_pl_"):
			tw.Decide(e.Text, "rejected", "It reads like promotion.")
			decided++
		case tw.Decide(e.Text, "approved", ""):
			decided++
		}
	}
	if decided != 6 {
		t.Errorf("%d submitted", decided)
	}
	got, err = said(t, env, "whatsapp", "templates", "--submit") // again: nothing is made twice, the fake would say so
	if err == nil || strings.Count(got, "  approved  ") != 5 {
		t.Errorf("%v\n%s", err, got)
	}
	holdsAll(t, "rejected", got, "It reads like promotion.")
}

// TestShippedTemplatesPass: what we ship, in every language, is what WhatsApp takes.
func TestShippedTemplatesPass(t *testing.T) {
	talk, err := (&house{ctx: context.Background(), settings: &config.Settings{}}).talk()
	if err != nil {
		t.Fatal(err)
	}
	talk.offered = talk.words.Tags()
	n := 0
	for _, k := range talk.contents() {
		if k.tag == "" {
			continue
		}
		n++
		if len(k.refusals) > 0 {
			t.Errorf("%s.%s: %v\n%s", k.key, k.tag, k.refusals, k.words.Body)
		}
	}
	if n < 18 {
		t.Errorf("%d templates", n)
	}
}
