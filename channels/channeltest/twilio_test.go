package channeltest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// send posts a message to the fake as a raw form.
func send(t *testing.T, f *Twilio, fields url.Values) (status int, body map[string]any) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, f.URL()+"/2010-04-01/Accounts/"+TwilioAccount+"/Messages.json", strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(TwilioAccount, TwilioToken)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

const (
	resident = "+447700900123"
	whatsapp = "whatsapp:" + resident
)

func sms(more ...string) url.Values { return fields(resident, TwilioSMS, more...) }

func wa(more ...string) url.Values { return fields(whatsapp, "whatsapp:"+TwilioWhatsApp, more...) }

func fields(to, from string, more ...string) url.Values {
	f := url.Values{"To": {to}, "From": {from}}
	for i := 0; i < len(more); i += 2 {
		f.Add(more[i], more[i+1])
	}
	return f
}

// TestTwilioRefuses shows that the fake is as strict as it promises: it can fail what is wrong.
func TestTwilioRefuses(t *testing.T) {
	names, contents := SessionContents()
	f := NewTwilio(TwilioOptions{Contents: contents, Receipts: []string{}})
	defer f.Close()
	f.Inbound(context.Background(), Inbound{From: whatsapp, Body: "hello"})
	for _, c := range []struct {
		name   string
		form   url.Values
		code   float64
		broken bool
	}{
		{"a plain text", sms("Body", "Hello"), 0, false},
		{"an unknown parameter", sms("Body", "Hello", "Bodyy", "x"), 20001, true},
		{"a repeated parameter", sms("Body", "Hello", "Body", "x"), 20001, true},
		{"no text", sms(), 21602, false},
		{"1,601 signs", sms("Body", strings.Repeat("a", 1601)), 21617, false},
		{"a picture by SMS", sms("MediaUrl", "https://x.example/a.jpg"), 21612, true},
		{"no phone number", fields("12", TwilioSMS, "Body", "x"), 21211, false},
		{"another's number as sender", fields(resident, "+447700900999", "Body", "x"), 21606, false},
		{"no sender", url.Values{"To": {resident}, "Body": {"x"}}, 21603, false},
		{"WhatsApp from an SMS number", fields(whatsapp, TwilioSMS, "Body", "x"), 63007, false},
		{"five hours of validity", sms("Body", "x", "ValidityPeriod", "18000"), 21660, true},
		{"inside the window", wa("Body", "Hello"), 0, false},
		{"outside the window", fields("whatsapp:+447700900124", "whatsapp:"+TwilioWhatsApp, "Body", "x"), 63016, false},
		{"body beside content", wa("Body", "x", "ContentSid", names["reply_1"]), 21619, true},
		{"content", wa("ContentSid", names["reply_1"], "ContentVariables", `{"1":"Deep?","2":"Yes","3":"7:deep=yes"}`), 0, false},
		{"content with a variable missing", wa("ContentSid", names["reply_1"], "ContentVariables", `{"1":"Deep?","2":"Yes"}`), 21656, true},
		{"content with a variable too many", wa("ContentSid", names["reply_1"], "ContentVariables", `{"1":"a","2":"b","3":"c","4":"d"}`), 21656, true},
		{"content with a line break", wa("ContentSid", names["reply_1"], "ContentVariables", `{"1":"a\nb","2":"b","3":"c"}`), 21656, true},
		{"a label of 21", wa("ContentSid", names["reply_1"], "ContentVariables", `{"1":"a","2":"`+strings.Repeat("b", 21)+`","3":"c"}`), 21656, true},
		{"twin labels", wa("ContentSid", names["reply_2"], "ContentVariables", `{"1":"a","2":"b","3":"c","4":"b","5":"d"}`), 21656, true},
	} {
		before := f.Ledger.Count(Broken)
		status, body := send(t, f, c.form)
		code, _ := body["code"].(float64)
		if code != c.code || (c.code == 0) != (status == http.StatusCreated) {
			t.Errorf("%s: status %d code %v, want code %v", c.name, status, code, c.code)
		}
		if got := f.Ledger.Count(Broken) > before; got != c.broken {
			t.Errorf("%s: broken %v, want %v", c.name, got, c.broken)
		}
	}
	accepted := f.Ledger.Accepted("whatsapp:" + resident)
	if n := len(accepted); n != 2 || accepted[1].Text != "Deep?" || accepted[1].Choices[0].Data != "7:deep=yes" {
		t.Errorf("the resident reads %+v", accepted)
	}
}

func TestTwilioMindsSTOP(t *testing.T) {
	f := NewTwilio(TwilioOptions{Receipts: []string{}})
	defer f.Close()
	ctx := context.Background()
	for _, c := range []struct {
		says string
		code float64
	}{{"stop ", 21610}, {"please", 21610}, {"START", 0}} {
		f.Inbound(ctx, Inbound{From: resident, Body: c.says})
		if _, body := send(t, f, sms("Body", "Hello")); c.code == 0 != (body["code"] == nil) {
			t.Errorf("after %q: %v", c.says, body["code"])
		}
	}
}

// TestTwilioWebhook: signed, once, and not again on 500; again only when nobody is there.
func TestTwilioWebhook(t *testing.T) {
	var calls []string
	status := http.StatusOK
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(b))
		sound := r.Header.Get("X-Twilio-Signature") == Sign(TwilioToken, "https://concierge.example"+r.URL.RequestURI(), form)
		calls = append(calls, r.URL.Path+map[bool]string{true: " sound", false: " forged"}[sound])
		w.WriteHeader(status)
	}))
	defer app.Close()
	f := NewTwilio(TwilioOptions{PublicURL: "https://concierge.example", Deliver: func() string { return app.URL }, Receipts: []string{"sent"}, Early: true})
	defer f.Close()
	ctx := context.Background()
	if got := f.Inbound(ctx, Inbound{From: resident, Body: "a; b&c"}); got != 200 {
		t.Errorf("status %d", got)
	}
	status = 500
	if got := f.Inbound(ctx, Inbound{From: resident, Body: "lost"}); got != 500 {
		t.Errorf("status %d", got)
	}
	if got := f.Inbound(ctx, Inbound{From: resident, Body: "forged", Token: "other"}); got != 500 {
		t.Errorf("status %d", got)
	}
	status = 204
	if s, body := send(t, f, sms("Body", "Hello", "StatusCallback", "https://concierge.example/webhooks/twilio/status?m=1&a=2")); s != 201 {
		t.Errorf("send: %v", body)
	}
	want := "/webhooks/twilio sound, /webhooks/twilio sound, /webhooks/twilio forged, /webhooks/twilio/status sound"
	if got := strings.Join(calls, ", "); got != want {
		t.Errorf("calls %s\nwant  %s", got, want)
	}
	app.Close()
	if got := f.Inbound(ctx, Inbound{From: resident, Body: "nobody there"}); got != 0 {
		t.Errorf("nobody there: status %d", got)
	}
}

func TestTwilioFaults(t *testing.T) {
	f := NewTwilio(TwilioOptions{Receipts: []string{}})
	defer f.Close()
	f.Script(Fault{Accept: true, Drop: true})
	f.Script(Fault{Status: 429, Code: 20429, RetryAfter: 7 * time.Second})
	r, _ := http.NewRequest(http.MethodPost, f.URL()+"/2010-04-01/Accounts/"+TwilioAccount+"/Messages.json", strings.NewReader(sms("Body", "dropped").Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(TwilioAccount, TwilioToken)
	if resp, err := http.DefaultClient.Do(r); err == nil {
		resp.Body.Close()
		t.Error("a dropped call has an answer")
	}
	if s, _ := send(t, f, sms("Body", "throttled")); s != 429 {
		t.Errorf("status %d", s)
	}
	if s, _ := send(t, f, sms("Body", "well")); s != 201 {
		t.Errorf("status %d", s)
	}
	if got := strings.Join(f.Ledger.Texts("sms:"+resident), ","); got != "dropped,well" {
		t.Errorf("accepted %q", got)
	}
}

func BenchmarkTwilioSend(b *testing.B) {
	f := NewTwilio(TwilioOptions{Receipts: []string{}, Lift: true})
	defer f.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	form := sms("Body", "Hello").Encode()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, _ := http.NewRequest(http.MethodPost, f.URL()+"/2010-04-01/Accounts/"+TwilioAccount+"/Messages.json", strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.SetBasicAuth(TwilioAccount, TwilioToken)
			resp, err := client.Do(r)
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
