package twilio

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"concierge/channels"
	"concierge/internal/failpoint"

	"github.com/twilio/twilio-go/client"
)

// maxBody is far above any webhook of Twilio's (a text of 1,600, ten media, some forty fields).
const maxBody = 64 << 10

// Webhook takes what residents write: POST /webhooks/twilio. It answers 2xx only when the receiver has it on disk.
func (t *Twilio) Webhook() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" { // bodySHA256 there would mean that no field is signed
			http.NotFound(w, r)
			return
		}
		f, raw, status := t.open(w, r, t.settings.PublicURL+Route, t.settings.PublicURL+Route+Overrides)
		if status != 0 {
			w.WriteHeader(status)
			return
		}
		if code := code(f.get("ErrorCode")); code != "" { // by the fallback URL: our first answer did not please
			t.log.WarnContext(r.Context(), "twilio: sent again after an error", "code", code)
		}
		m, ok := parse(f, t.settings.Now().UTC())
		var err error
		if ok {
			err = t.receiver.Receive(r.Context(), m)
		} else {
			err = t.receiver.Quarantine(r.Context(), kindOf(f.get("From")), f.get("MessageSid"), raw)
		}
		if err != nil {
			t.unstored(w, err)
			return
		}
		stored(w)
	})
}

// stored answers with nothing: TwiML replies are neither retried nor tracked, and text/plain would be sent to the resident.
func stored(w http.ResponseWriter) {
	failpoint.Hit("answer: before 2xx")
	w.Header().Set("Content-Type", "text/xml")
	_, _ = io.WriteString(w, "<Response/>")
}

// StatusWebhook takes receipts: POST /webhooks/twilio/status?m=<message>&a=<attempt>. The query is signed byte for byte.
func (t *Twilio) StatusWebhook() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u := t.settings.PublicURL + StatusRoute
		q := r.URL.Query()
		if q.Has("bodySHA256") {
			http.NotFound(w, r)
			return
		}
		if r.URL.RawQuery != "" {
			u += "?" + r.URL.RawQuery
		}
		f, _, status := t.open(w, r, u)
		if status != 0 {
			w.WriteHeader(status)
			return
		}
		receipt, ok := t.receipt(f)
		if ok {
			receipt.Message = q.Get("m")
			receipt.Attempt, _ = strconv.Atoi(q.Get("a"))
			if err := t.receiver.Receipt(r.Context(), receipt); err != nil {
				t.unstored(w, err)
				return
			}
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// open bounds, splits and authenticates a request, in this order; status is 0 when it is Twilio's and ours.
func (t *Twilio) open(w http.ResponseWriter, r *http.Request, urls ...string) (f form, raw []byte, status int) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, nil, http.StatusMethodNotAllowed
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			return nil, nil, http.StatusRequestEntityTooLarge
		}
		return nil, nil, http.StatusBadRequest
	}
	if typ, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || typ != "application/x-www-form-urlencoded" {
		return nil, nil, http.StatusUnsupportedMediaType
	}
	f, ok := splitForm(string(raw))
	if !ok || !t.signed(urls, f, r.Header.Get("X-Twilio-Signature")) {
		t.log.WarnContext(r.Context(), "twilio: signature refused", "checked", t.settings.PublicURL+r.URL.Path)
		return nil, nil, http.StatusForbidden
	}
	if f.get("AccountSid") != t.account {
		t.log.WarnContext(r.Context(), "twilio: another account's request refused")
		return nil, nil, http.StatusForbidden
	}
	return f, raw, 0
}

// signed tries each token, since while rotating either may have signed, and each form the URL may have been signed in.
func (t *Twilio) signed(urls []string, f form, signature string) bool {
	if signature == "" {
		return false
	}
	// The validator writes keys and values one behind the other, which it need not do anew for each token: they are one value here.
	params := map[string]string{"": f.signed()}
	for _, u := range urls {
		for _, token := range t.settings.AuthTokens {
			rv := client.NewRequestValidator(token)
			if rv.Validate(u, params, signature) {
				return true
			}
		}
	}
	return false
}

// receipt reads a status callback; ok is false for a status or an id nobody has told us of, which is counted.
func (t *Twilio) receipt(f form) (channels.Receipt, bool) {
	status, ok := statuses(f.first("MessageStatus", "SmsStatus"))
	h := handle(f.first("MessageSid", "SmsSid"))
	to, _ := address(f.get("To"))
	if !ok || h == "" {
		t.unknown.Add(1)
		return channels.Receipt{}, false
	}
	r := channels.Receipt{Channel: to.Kind(), Handle: h, Status: status}
	if r.Channel == "" {
		r.Channel = channels.SMS
	}
	if status == channels.Failed {
		r.Code = code(f.get("ErrorCode"))
		n, _ := strconv.Atoi(r.Code)
		class := classOf(n)
		if r.Reason = string(class); class == channels.Throttled {
			r.After = pause(n)
		}
	}
	return r, true
}

func statuses(s string) (channels.Status, bool) {
	switch s {
	case "queued", "accepted", "scheduled":
		return channels.Queued, true
	case "sending":
		return channels.Sending, true
	case "sent":
		return channels.Sent, true
	case "delivered":
		return channels.Delivered, true
	case "read":
		return channels.Read, true
	case "undelivered", "failed", "canceled":
		return channels.Failed, true
	}
	return "", false
}

// code is an error code of digits, or nothing.
func code(s string) string {
	if n, err := strconv.Atoi(s); err != nil || n <= 0 {
		return ""
	}
	return s
}

func (t *Twilio) unstored(w http.ResponseWriter, err error) {
	if !errors.Is(err, context.Canceled) {
		t.log.Error("twilio: not stored", "err", err)
	}
	w.Header().Set("Retry-After", "30")
	w.WriteHeader(http.StatusServiceUnavailable)
}
