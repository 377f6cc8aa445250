package channeltest

import (
	"encoding/json"
	mrand "math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"concierge/channels"
)

// The bot of a Telegram made without options.
const (
	TelegramToken  = "7000000001:AAf4keTokenForTestsOnly000000000000"
	TelegramSecret = "secret_for_tests_only_0123456789_abcdef"
)

// TelegramOptions say which bot the fake holds and how kind it may be.
type TelegramOptions struct {
	Token, Secret string // "" TelegramToken, TelegramSecret
	Ledger        *Ledger

	// PublicURL: updates go to PublicURL + "/webhooks/telegram" (as if setWebhook had been called), where Deliver says. "" they
	// wait for getUpdates or setWebhook.
	PublicURL string
	Deliver   func() string

	RetryPause time.Duration // after a first non-2xx, doubling to 60 s; 0: 1 s
	MostPause  time.Duration // a shorter end to any pause, also one our Retry-After asks for, in tests; 0: none
	Copies     int           // every update so often, at once; 0 is 1
	Lift       bool          // no 429 for pace; chats need not have written first
	Seed       uint64
	Now        func() time.Time
	Fail       func(format string, args ...any)
}

// Telegram is a fake of the Bot API and of the sender of updates.
type Telegram struct {
	*server
	faults
	Ledger *Ledger
	o      TelegramOptions
	bot    int64
	now    func() time.Time

	mu       sync.Mutex
	hook     webhook
	chats    map[int64]*chat
	files    map[string]file
	queries  map[string]time.Time // callback queries nobody answered yet
	updates  int64
	waiting  []update // for getUpdates
	polling  bool
	pace     bucket
	commands map[string]json.RawMessage
}

// webhook is what setWebhook keeps.
type webhook struct {
	url, secret string
	allowed     []string
	last        string // the last failure
	closed      bool   // a 410 ends it until it is set anew
}

// chat is one private chat.
type chat struct {
	id       int64
	language string
	wrote    bool
	blocked  bool
	last     int          // message_id
	inline   map[int]bool // our messages whose buttons still stand
	queue    []*update
	pumping  bool
	pace     bucket
}

// NewTelegram starts a fake; the caller closes it.
func NewTelegram(o TelegramOptions) *Telegram {
	if o.Token == "" {
		o.Token = TelegramToken
	}
	if o.Secret == "" {
		o.Secret = TelegramSecret
	}
	if o.Ledger == nil {
		o.Ledger = NewLedger(nil)
	}
	if o.RetryPause == 0 {
		o.RetryPause = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	id, _, _ := strings.Cut(o.Token, ":")
	bot, _ := strconv.ParseInt(id, 10, 64)
	t := &Telegram{
		o: o, Ledger: o.Ledger, bot: bot, now: o.Now, chats: map[int64]*chat{}, files: map[string]file{}, queries: map[string]time.Time{},
		updates: 800_000_000, pace: bucket{rate: 30, most: 30}, commands: map[string]json.RawMessage{},
		faults: faults{rand: mrand.New(mrand.NewPCG(o.Seed, 11))}, //nolint:gosec // faults repeat from their seed
	}
	if o.PublicURL != "" {
		t.hook = webhook{url: o.PublicURL + "/webhooks/telegram", secret: o.Secret}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/file/bot"+o.Token+"/{path...}", t.download)
	mux.HandleFunc("/bot"+o.Token+"/{method}", t.call)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.refuse(w, &Entry{}, http.StatusUnauthorized, "Unauthorized", 0)
	})
	t.server = listen(mux)
	t.later(0, t.watch)
	return t
}

// watch writes down each pressed button that was not answered within 30 seconds.
func (t *Telegram) watch() {
	for t.wait(time.Second) {
		t.mu.Lock()
		var late []string
		for id, at := range t.queries {
			if t.now().Sub(at) > 30*time.Second {
				late = append(late, id)
				delete(t.queries, id)
			}
		}
		t.mu.Unlock()
		for _, id := range late {
			t.broken("answerCallbackQuery", "", "a pressed button spun for 30 seconds: query "+id)
		}
	}
}

// Unanswered counts pressed buttons that still spin.
func (t *Telegram) Unanswered() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.queries)
}

// call is one method of the Bot API.
func (t *Telegram) call(w http.ResponseWriter, r *http.Request) {
	method := r.PathValue("method")
	fields, err := params(r)
	e := &Entry{Channel: channels.Telegram, What: Asked, Call: method, Text: fields["text"], Fields: fields}
	if fields["chat_id"] != "" {
		e.To = "telegram:" + fields["chat_id"]
	}
	asked := *e
	t.Ledger.add(asked)
	if err != nil {
		t.broken(method, e.To, err.Error())
		t.refuse(w, e, http.StatusBadRequest, "Bad Request: "+err.Error(), 0)
		return
	}
	allowed, ok := methods[method]
	if !ok {
		t.broken(method, e.To, "no such method")
		t.refuse(w, e, http.StatusNotFound, "Not Found", 0)
		return
	}
	for k := range fields {
		if !strings.Contains(allowed, " "+k+" ") {
			t.broken(method, e.To, "unknown field "+k)
			t.refuse(w, e, http.StatusBadRequest, "Bad Request: unknown field "+k, 0)
			return
		}
	}
	fault := t.next(method, e.To, strings.HasPrefix(method, "send"))
	if fault.before(w, r) {
		return
	}
	if fault != nil && fault.Status >= 300 && !fault.Accept {
		t.scripted(w, e, fault)
		return
	}
	result, refusal := t.run(r, method, fields, e)
	if refusal != nil {
		t.refuse(w, e, refusal.status, refusal.text, refusal.after)
		return
	}
	if fault.instead(w, r) {
		return
	}
	if fault != nil && fault.Status >= 300 {
		t.scripted(w, nil, fault)
		return
	}
	answer(w, http.StatusOK, map[string]any{"ok": true, "result": result})
}

// refusal is why the Bot API does not take a call.
type refusal struct {
	status int
	text   string
	after  int
}

func (t *Telegram) scripted(w http.ResponseWriter, e *Entry, f *Fault) {
	text := f.Text
	if text == "" {
		text = http.StatusText(f.Status)
	}
	if e == nil {
		e = &Entry{Channel: channels.Telegram}
	}
	t.refuse(w, e, f.Status, text, int(f.RetryAfter/time.Second))
}

func (t *Telegram) refuse(w http.ResponseWriter, e *Entry, status int, text string, after int) {
	e.What, e.Status, e.Code = Refused, status, text
	t.Ledger.add(*e)
	v := map[string]any{"ok": false, "error_code": status, "description": text}
	if after > 0 {
		v["parameters"] = map[string]int{"retry_after": after}
	}
	answer(w, status, v)
}

func (t *Telegram) broken(call, to, why string) {
	t.Ledger.add(Entry{Channel: channels.Telegram, What: Broken, Call: call, To: to, Why: why})
	if t.o.Fail != nil {
		t.o.Fail("telegram: %s: %s", call, why)
	}
}
