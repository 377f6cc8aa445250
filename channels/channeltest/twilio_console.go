package channeltest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// TwilioNumber is one of the account's numbers as the console holds it.
type TwilioNumber struct {
	SID, Phone             string
	SMS                    bool
	SMSURL, SMSFallbackURL string
	SMSApplication         string // takes its messages instead of the addresses
}

// TwilioService is a Messaging Service as the console holds it.
type TwilioService struct {
	SID, Name                  string
	Inbound, Fallback, Status  string
	SmartEncoding, OwnWebhooks bool // OwnWebhooks: each number's own address counts
}

// console is what an operator sets beside sending: the account, its numbers and Messaging Services, and contents (twilio_content.go).
type console struct {
	mu       sync.Mutex
	status   string
	numbers  []*TwilioNumber
	services []*TwilioService
	contents []*madeContent
}

func (t *Twilio) console(mux *http.ServeMux) {
	t.kept.status = "active"
	for _, s := range t.o.Senders {
		if !strings.HasPrefix(s, "whatsapp:") && strings.HasPrefix(s, "+") {
			t.kept.numbers = append(t.kept.numbers, &TwilioNumber{SID: t.newSID("PN"), Phone: s, SMS: true})
		}
	}
	account := "/2010-04-01/Accounts/" + t.o.Account
	mux.HandleFunc("GET "+account+".json", t.authentic(t.account))
	mux.HandleFunc("GET "+account+"/IncomingPhoneNumbers.json", t.authentic(t.numbers))
	mux.HandleFunc("POST "+account+"/IncomingPhoneNumbers/{name}", t.authentic(t.setNumber))
	mux.HandleFunc("GET /v1/Services/{sid}", t.authentic(t.service))
	mux.HandleFunc("POST /v1/Content", t.authentic(t.makeContent))
	mux.HandleFunc("GET /v1/ContentAndApprovals", t.authentic(t.listContents))
	mux.HandleFunc("POST /v1/Content/{sid}/ApprovalRequests/whatsapp", t.authentic(t.submitContent))
}

// Console changes what the console holds of our number and of the account's status ("active", "suspended"); nil leaves it.
func (t *Twilio) Console(number func(*TwilioNumber), status string) {
	t.kept.mu.Lock()
	defer t.kept.mu.Unlock()
	if number != nil {
		number(t.kept.numbers[0])
	}
	if status != "" {
		t.kept.status = status
	}
}

// AddService adds a Messaging Service.
func (t *Twilio) AddService(s TwilioService) {
	t.kept.mu.Lock()
	defer t.kept.mu.Unlock()
	t.kept.services = append(t.kept.services, &s)
}

func (t *Twilio) account(w http.ResponseWriter, r *http.Request) {
	t.Ledger.add(Entry{What: Asked, Call: "FetchAccount"})
	t.kept.mu.Lock()
	defer t.kept.mu.Unlock()
	w.Header().Set("Date", t.now().UTC().Format(http.TimeFormat))
	answer(w, http.StatusOK, map[string]any{
		"sid": t.o.Account, "friendly_name": "A council", "status": t.kept.status, "type": "Full", "auth_token": "never to be shown",
	})
}

func (t *Twilio) numbers(w http.ResponseWriter, r *http.Request) {
	t.Ledger.add(Entry{What: Asked, Call: "ListIncomingPhoneNumber"})
	q := r.URL.Query()
	for k, vs := range q {
		if k != "PhoneNumber" && k != "PageSize" && k != "Page" && k != "PageToken" || len(vs) > 1 {
			t.broken(r, "", "unknown or repeated parameter of the numbers: "+k)
		}
	}
	t.kept.mu.Lock()
	defer t.kept.mu.Unlock()
	list := []any{}
	for _, n := range t.kept.numbers {
		if strings.Contains(n.Phone, q.Get("PhoneNumber")) { // part of a number finds it too
			list = append(list, t.number(n))
		}
	}
	answer(w, http.StatusOK, map[string]any{"incoming_phone_numbers": list, "page": 0, "page_size": 50, "uri": r.URL.RequestURI(), "next_page_uri": nil})
}

func (t *Twilio) number(n *TwilioNumber) map[string]any {
	return map[string]any{
		"sid": n.SID, "account_sid": t.o.Account, "phone_number": n.Phone, "capabilities": map[string]bool{"sms": n.SMS, "voice": true, "mms": false},
		"sms_url": n.SMSURL, "sms_method": "POST", "sms_fallback_url": n.SMSFallbackURL, "sms_fallback_method": "POST",
		"sms_application_sid": n.SMSApplication,
	}
}

// setNumber is POST IncomingPhoneNumbers/{SID}.json: addresses must be whole ones.
func (t *Twilio) setNumber(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		t.refuse(w, r, nil, http.StatusBadRequest, 20001, "bad form")
		return
	}
	t.Ledger.add(Entry{What: Asked, Call: "UpdateIncomingPhoneNumber", Fields: flat(r.PostForm)})
	t.kept.mu.Lock()
	defer t.kept.mu.Unlock()
	i := slices.IndexFunc(t.kept.numbers, func(n *TwilioNumber) bool { return n.SID+".json" == r.PathValue("name") })
	if i < 0 {
		t.refuse(w, r, nil, http.StatusNotFound, 20404, "not found")
		return
	}
	n := *t.kept.numbers[i]
	for k, vs := range r.PostForm {
		v, into := vs[0], (*string)(nil)
		switch k {
		case "SmsUrl":
			into = &n.SMSURL
		case "SmsFallbackUrl":
			into = &n.SMSFallbackURL
		case "SmsMethod", "SmsFallbackMethod":
			if v != http.MethodPost {
				t.broken(r, "", k+" "+v+": our webhooks take POST")
			}
			continue
		}
		u, err := url.Parse(v)
		if into == nil || len(vs) > 1 {
			t.broken(r, "", "unknown or repeated parameter of a number: "+k)
			t.refuse(w, r, nil, http.StatusBadRequest, 20001, "unknown parameter")
			return
		}
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			t.refuse(w, r, nil, http.StatusBadRequest, 21502, "not a valid URL")
			return
		}
		*into = v
	}
	*t.kept.numbers[i] = n
	answer(w, http.StatusOK, t.number(&n))
}

func (t *Twilio) service(w http.ResponseWriter, r *http.Request) {
	t.Ledger.add(Entry{What: Asked, Call: "FetchService"})
	t.kept.mu.Lock()
	defer t.kept.mu.Unlock()
	for _, s := range t.kept.services {
		if s.SID == r.PathValue("sid") {
			answer(w, http.StatusOK, map[string]any{
				"sid": s.SID, "account_sid": t.o.Account, "friendly_name": s.Name, "inbound_request_url": s.Inbound, "fallback_url": s.Fallback,
				"status_callback": s.Status, "smart_encoding": s.SmartEncoding, "use_inbound_webhook_on_number": s.OwnWebhooks, "validity_period": 36000,
			})
			return
		}
	}
	t.refuse(w, r, nil, http.StatusNotFound, 20404, "not found")
}

// strictly reads one JSON object with only these keys; what is wrong is written down as broken and answered.
func (t *Twilio) strictly(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil || r.Header.Get("Content-Type") != "application/json" {
		t.broken(r, "", "no JSON object as Twilio knows it")
		t.refuse(w, r, nil, http.StatusBadRequest, 20001, "bad JSON")
		return false
	}
	return true
}
