package channeltest

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	mrand "math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"concierge/channels"
)

// The account, token and senders of a Twilio made without options.
const (
	TwilioAccount  = "AC00000000000000000000000000000001"
	TwilioToken    = "0123456789abcdef0123456789abcdef"
	TwilioSMS      = "+447700900100"
	TwilioWhatsApp = "+447700900200"
)

// TwilioOptions say which account the fake is and how kind it may be.
type TwilioOptions struct {
	Account, Token string   // "" TwilioAccount, TwilioToken
	Senders        []string // our numbers, "whatsapp:" before WhatsApp's; nil: TwilioSMS and whatsapp:TwilioWhatsApp
	Ledger         *Ledger  // nil: its own
	Contents       map[string]Content

	// PublicURL is what the console holds and what is signed ("https://concierge.example"); Deliver, asked before each post, says
	// where that is really served ("" there). FallbackURL is called once when the webhook fails; "" none.
	PublicURL, FallbackURL string
	Deliver                func() string

	Receipts []string      // the statuses called back after a send, in order; nil: sent, delivered; empty: none
	Pause    time.Duration // between them
	Early    bool          // the first one comes before the call returns

	Lift            bool          // neither windows nor opt-outs nor limits on calls at once
	WindowLater     bool          // 63016 by callback after a 201, not at once
	AdvancedOptOut  bool          // OptOutType on inbound STOP, START, HELP
	ListLag         time.Duration // how long a message takes to show in the list
	Seed            uint64        // of faults with a chance
	Now             func() time.Time
	Fail            func(format string, args ...any) // told of every Broken entry (t.Errorf); nil: the ledger alone
	MostCallsAtOnce int                              // more are 429, 20429; 0: 100
}

// Twilio is a fake of the Messages resource, its list, media and webhooks, and of what an operator sets: numbers, Messaging Services,
// contents.
type Twilio struct {
	*server
	faults
	Ledger *Ledger
	o      TwilioOptions
	ours   map[string]bool
	ids    atomic.Uint64
	now    func() time.Time
	inHand atomic.Int64
	kept   console

	mu      sync.Mutex
	list    []*message            // all messages, both ways, in the order made
	by      map[string][]*message // by To, and by From
	sid     map[string]*message
	files   map[string]file      // media SID to content
	opened  map[string]time.Time // "sender|person": their last inbound on WhatsApp
	stopped map[string]bool      // "sender|person": STOP by SMS
}

type file struct {
	typ   string
	bytes []byte
}

// message is a Message resource.
type message struct {
	sid, from, to, body, status, direction, service string
	media                                           []string
	made                                            time.Time
	code                                            int
}

// NewTwilio starts a fake; the caller closes it.
func NewTwilio(o TwilioOptions) *Twilio {
	if o.Account == "" {
		o.Account = TwilioAccount
	}
	if o.Token == "" {
		o.Token = TwilioToken
	}
	if o.Senders == nil {
		o.Senders = []string{TwilioSMS, "whatsapp:" + TwilioWhatsApp}
	}
	if o.Receipts == nil {
		o.Receipts = []string{"sent", "delivered"}
	}
	if o.Ledger == nil {
		o.Ledger = NewLedger(nil)
	}
	if o.MostCallsAtOnce == 0 {
		o.MostCallsAtOnce = 100
	}
	t := &Twilio{
		o: o, Ledger: o.Ledger, ours: map[string]bool{}, now: o.Now, by: map[string][]*message{}, sid: map[string]*message{},
		files: map[string]file{}, opened: map[string]time.Time{}, stopped: map[string]bool{},
		faults: faults{rand: mrand.New(mrand.NewPCG(o.Seed, 7))}, //nolint:gosec // faults repeat from their seed
	}
	if t.now == nil {
		t.now = time.Now
	}
	for _, s := range o.Senders {
		t.ours[s] = true
	}
	account := "/2010-04-01/Accounts/" + o.Account
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+account+"/Messages.json", t.authentic(t.create))
	mux.HandleFunc("GET "+account+"/Messages.json", t.authentic(t.page))
	mux.HandleFunc("GET "+account+"/Messages/{name}", t.authentic(t.one))
	mux.HandleFunc("POST "+account+"/Messages/{name}", t.authentic(t.redact))
	mux.HandleFunc("GET "+account+"/Messages/{sid}/Media.json", t.authentic(t.medias))
	mux.HandleFunc("GET "+account+"/Messages/{sid}/Media/{media}", t.authentic(t.media))
	mux.HandleFunc("GET /storage/{media}", t.storage)
	t.console(mux)
	mux.HandleFunc("/", t.nothing)
	t.server = listen(mux)
	return t
}

// authentic lets only this account's calls through, and few of them at once.
func (t *Twilio) authentic(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, h := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
			if r.Header.Get(h) != "" {
				t.broken(r, "", h+" is no header of Twilio's, and Go repeats a POST that has it")
			}
		}
		user, pass, ok := r.BasicAuth()
		if !ok || user != t.o.Account || subtle.ConstantTimeCompare([]byte(pass), []byte(t.o.Token)) != 1 {
			t.refuse(w, r, nil, http.StatusUnauthorized, 20003, "Authenticate")
			return
		}
		defer t.inHand.Add(-1)
		if n := t.inHand.Add(1); !t.o.Lift && n > int64(t.o.MostCallsAtOnce) {
			t.refuse(w, r, nil, http.StatusTooManyRequests, 20429, "Too Many Requests")
			return
		}
		next(w, r)
	}
}

func (t *Twilio) nothing(w http.ResponseWriter, r *http.Request) {
	t.broken(r, "", "Twilio has no "+r.Method+" "+r.URL.Path)
	t.refuse(w, r, nil, http.StatusNotFound, 20404, "The requested resource was not found")
}

// broken writes down a call no provider would take.
func (t *Twilio) broken(r *http.Request, to, why string) {
	t.Ledger.add(Entry{What: Broken, Call: r.Method, To: to, Why: why})
	if t.o.Fail != nil {
		t.o.Fail("twilio: %s", why)
	}
}

// refuse answers as Twilio's API does when it does not take a call.
func (t *Twilio) refuse(w http.ResponseWriter, r *http.Request, e *Entry, status, code int, text string) {
	if e == nil {
		e = &Entry{Call: r.Method}
	}
	e.What, e.Status, e.Code = Refused, status, strconv.Itoa(code)
	t.Ledger.add(*e)
	answer(w, status, map[string]any{
		"code": code, "message": text, "more_info": "https://www.twilio.com/docs/errors/" + strconv.Itoa(code), "status": status,
	})
}

func answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("channeltest: answer: %v", err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// newSID makes a provider's id: a prefix, a number that no two share, and a tail that cannot be guessed.
func (t *Twilio) newSID(prefix string) string {
	var tail [8]byte
	_, _ = rand.Read(tail[:])
	return fmt.Sprintf("%s%016x%s", prefix, t.ids.Add(1), hex.EncodeToString(tail[:]))
}

// address is a Twilio address as ours: "sms:+44…", "whatsapp:+44…".
func address(v string) string {
	if v == "" || strings.HasPrefix(v, "whatsapp:") {
		return v
	}
	return "sms:" + v
}

func kindOf(v string) channels.Name {
	if strings.HasPrefix(v, "whatsapp:") {
		return channels.WhatsApp
	}
	return channels.SMS
}
