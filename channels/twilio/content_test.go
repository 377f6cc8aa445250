package twilio

import (
	"errors"
	"strings"
	"testing"

	"concierge/channels"
	"concierge/channels/channeltest"
)

func TestRefusalsOfATemplate(t *testing.T) {
	const fine = "News about {{1}}: {{2}} is what the team wrote today. Reply to this message."
	for _, c := range []struct {
		name, body string
		samples    int
		why        string
	}{
		{"a good one", fine, 2, ""},
		{"without variables", "We are back.", 0, ""},
		{"first", "{{1}} is the number of your report with us.", 1, "stands first"},
		{"first behind a bracket", "({{1}}) is the number of your report with us.", 1, "stands first"},
		{"last", "The number of your report with us is {{1}}", 1, "stands last"},
		{"last but for a stop", "The number of your report with us is {{1}}.", 1, "stands last"},
		{"last, in Urdu, but for a stop", "آپ کی رپورٹ کا نمبر یہ ہے {{1}}۔", 1, "stands last"},
		{"side by side", "News about {{1}} {{2}} is what the team wrote today.", 2, "nothing stands between {{1}} and {{2}}"},
		{"a number left out", strings.Replace(fine, "{{2}}", "{{3}}", 1), 2, "not 1 to 2"},
		{"four words for two", "News {{1}}: {{2}} it is so.", 2, "4 words beside 2 variables: at least 5"},
		{"1,025 signs", fine + strings.Repeat("x", 1025-len(fine)), 2, "1025 signs"},
		{"1,024 signs", fine + strings.Repeat("x", 1024-len(fine)), 2, ""},
		{"a sample too few", fine, 1, "1 samples for 2"},
	} {
		got := strings.Join(Content{Body: c.body, Samples: make([]string, c.samples)}.Refusals(), "; ")
		if (c.why == "") != (got == "") || !strings.Contains(got, c.why) {
			t.Errorf("%s: %q, want %q", c.name, got, c.why)
		}
	}
	long := Content{Body: "Is it fixed?", Choices: []channels.Choice{{Label: "Yes, it is fixed now, thanks"}}}
	if got := long.Refusals(); len(got) != 1 || !strings.Contains(got[0], "button") {
		t.Errorf("a long button: %q", got)
	}
}

// TestContentsRoundTrip makes a template and every session frame, submits the template, reads all back over several pages, and hears of
// approval and of changed words.
func TestContentsRoundTrip(t *testing.T) {
	r := newRig(t, channeltest.TwilioOptions{}, nil)
	news := Content{Name: "case_update_ur-Latn", Language: "ur-Latn", Samples: []string{"C7K-4M95", "It is planned."},
		Body: "News about {{1}}: {{2}} is what the team wrote today. Reply to this message."}
	sid, err := r.CreateContent(r.ctx, news)
	if err != nil {
		t.Fatal(err)
	}
	frames := map[string]string{}
	for _, c := range Session() {
		if frames[c.Name], err = r.CreateContent(r.ctx, c); err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
	}
	if len(frames) != 13 {
		t.Fatalf("%d frames", len(frames))
	}
	if state, err := r.Submit(r.ctx, sid, news); err != nil || state != "received" {
		t.Fatalf("%q, %v", state, err)
	}
	if !r.fake.Decide(news.FullName(), "approved", "") {
		t.Fatal("nothing was submitted under its name")
	}
	all, err := r.Contents(r.ctx)
	if err != nil || len(all) != 14 {
		t.Fatalf("%d contents, %v", len(all), err)
	}
	if all[0] != (Standing{SID: sid, Name: news.FullName(), State: "approved"}) || all[1].State != "unsubmitted" {
		t.Errorf("%+v", all[:2])
	}
	other := news
	other.Body = strings.Replace(news.Body, "today", "just now", 1)
	if same, changed := other.Is(all[0].Name); same || !changed {
		t.Errorf("other words: same %v, changed %v", same, changed)
	}
	if same, changed := news.Is(all[0].Name); !same || changed {
		t.Errorf("the same words: same %v, changed %v", same, changed)
	}
	// What was made can be sent: the template outside the window, the frame inside.
	r.settings.SessionContents, r.settings.Templates = frames, map[string]map[string]string{"case_update": {"en": sid}}
	wa := r.WhatsApp()
	if _, err := wa.Send(r.ctx, text(channels.WhatsApp, "", func(o *channels.Outgoing) {
		o.Shut, o.Template = true, &channels.Template{Key: "case_update", Tag: "en", Values: []string{"C7K-4M95", "fixed"}}
	})); err != nil {
		t.Error(err)
	}
	r.fake.Inbound(r.ctx, channeltest.Inbound{From: "whatsapp:" + person, Body: "hello"})
	for _, n := range []int{1, 3, 4, 10} {
		if _, err := wa.Send(r.ctx, text(channels.WhatsApp, "Which?", choices(n, "a hint"))); err != nil {
			t.Errorf("%d choices: %v", n, err)
		}
	}
}

// TestNumberAndService reads and sets what the console holds; a token that is none and nobody there are told apart.
func TestNumberAndService(t *testing.T) {
	const service = "MG00000000000000000000000000000001"
	r := newRig(t, channeltest.TwilioOptions{}, func(s *Settings) {
		s.MessagingServiceSID = service
		s.AuthTokens = append(s.AuthTokens, "fedcba9876543210fedcba9876543210")
	})
	r.fake.AddService(channeltest.TwilioService{SID: service, Name: "Texts", Inbound: "https://old.example/", SmartEncoding: true})
	if a, err := r.Account(r.ctx, 0); err != nil || a.Status != "active" || a.Ahead.Abs().Seconds() > 2 {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := r.Account(r.ctx, 1); !errors.Is(err, ErrToken) || strings.Contains(err.Error(), r.account) {
		t.Errorf("a wrong token: %v", err)
	}
	n, ok, err := r.Number(r.ctx)
	if err != nil || !ok || !n.SMS || n.Hooks.Incoming != "" {
		t.Fatalf("%+v %v %v", n, ok, err)
	}
	if n, err = r.Register(r.ctx, n); err != nil || n.Hooks.Incoming != public+Route+Overrides || n.Hooks.Fallback != public+Route {
		t.Errorf("%+v, %v", n, err)
	}
	s, err := r.Service(r.ctx)
	if err != nil || !s.SmartCodes || s.Name != "Texts" || s.Hooks.Incoming != "https://old.example/" {
		t.Errorf("%+v, %v", s, err)
	}
	r.settings.SMSFrom = "+4477009001" // part of a number is not the number
	if _, ok, err := r.Number(r.ctx); ok || err != nil {
		t.Errorf("another's number: %v %v", ok, err)
	}
	r.fake.Close()
	if _, err := r.Account(r.ctx, 0); !errors.Is(err, ErrUnreached) {
		t.Errorf("nobody there: %v", err)
	}
}
