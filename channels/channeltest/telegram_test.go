package channeltest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// ask calls a method of the fake with JSON.
func ask(t *testing.T, f *Telegram, method string, fields map[string]any) (int, map[string]any) {
	t.Helper()
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(f.URL()+"/bot"+TelegramToken+"/"+method, "application/json", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var v map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, v
}

type m = map[string]any

// TestTelegramRefuses shows that the fake is as strict as it promises.
func TestTelegramRefuses(t *testing.T) {
	f := NewTelegram(TelegramOptions{})
	defer f.Close()
	ctx, stop := context.WithCancel(context.Background())
	stop()
	f.Say(ctx, 1, "/start") // nobody polls; but they wrote
	f.Block(ctx, 3, true)
	button := func(more m) m {
		b := m{"text": "Yes", "callback_data": "7:a=1"}
		for k, v := range more {
			b[k] = v
		}
		return m{"inline_keyboard": []any{[]any{b}}}
	}
	for _, c := range []struct {
		name, method string
		fields       m
		status       int
		broken       bool
	}{
		{"a plain text", "sendMessage", m{"chat_id": 1, "text": "Hello"}, 200, false},
		{"an unknown field", "sendMessage", m{"chat_id": 1, "text": "Hello", "bold": true}, 400, true},
		{"a parse mode", "sendMessage", m{"chat_id": 1, "text": "Hello", "parse_mode": "HTML"}, 400, true},
		{"an unknown method", "sendMessages", m{"chat_id": 1, "text": "Hello"}, 404, true},
		{"no text", "sendMessage", m{"chat_id": 1, "text": " "}, 400, false},
		{"4,097 units", "sendMessage", m{"chat_id": 1, "text": strings.Repeat("a", 4097)}, 400, false},
		{"somebody who never wrote", "sendMessage", m{"chat_id": 2, "text": "Hello"}, 403, false},
		{"somebody who blocked us", "sendMessage", m{"chat_id": 3, "text": "Hello"}, 403, false},
		{"a button", "sendMessage", m{"chat_id": 1, "text": "a", "reply_markup": button(nil)}, 200, false},
		{"a button with two actions", "sendMessage", m{"chat_id": 1, "text": "a", "reply_markup": button(m{"url": "https://x.example"})}, 400, true},
		{"a button with an empty action more", "sendMessage", m{"chat_id": 1, "text": "a", "reply_markup": button(m{"copy_text": m{"text": ""}})}, 400, true},
		{"65 bytes", "sendMessage", m{"chat_id": 1, "text": "a", "reply_markup": button(m{"callback_data": strings.Repeat("a", 65)})}, 400, true},
		{"a null markup", "sendMessage", m{"chat_id": 1, "text": "a", "reply_markup": nil}, 400, true},
		{"a pin", "sendMessage", m{"chat_id": 1, "text": "a", "reply_markup": m{"keyboard": []any{[]any{m{"text": "Share", "request_location": true}}}}}, 200, false},
		{"two kinds of markup", "sendMessage", m{"chat_id": 1, "text": "a", "reply_markup": m{"remove_keyboard": true, "inline_keyboard": []any{}}}, 400, true},
		{"an unknown query", "answerCallbackQuery", m{"callback_query_id": "x"}, 400, false},
	} {
		before := f.Ledger.Count(Broken)
		status, body := ask(t, f, c.method, c.fields)
		if status != c.status || (f.Ledger.Count(Broken) > before) != c.broken {
			t.Errorf("%s: %d %v, broken %v", c.name, status, body["description"], f.Ledger.Count(Broken) > before)
		}
	}
	if resp, err := http.Get(f.URL() + "/bot123:x/getMe"); err != nil || resp.StatusCode != 401 {
		t.Errorf("another's token: %v %v", resp, err)
	} else {
		resp.Body.Close()
	}
}

func TestTelegramPace(t *testing.T) {
	f := NewTelegram(TelegramOptions{})
	defer f.Close()
	ctx, stop := context.WithCancel(context.Background())
	stop()
	f.Say(ctx, 1, "hi")
	for i := range 25 {
		status, v := ask(t, f, "sendMessage", m{"chat_id": 1, "text": "x"})
		if status == 429 {
			if p, ok := v["parameters"].(m); !ok || p["retry_after"] == nil || i < 20 {
				t.Errorf("after %d: %v", i, v)
			}
			return
		}
	}
	t.Error("25 messages in one breath passed")
}

// TestTelegramBlocks: an update not taken is sent again and holds back its chat, and no other.
func TestTelegramBlocks(t *testing.T) {
	var mu sync.Mutex
	var got []string
	fails := 2
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var u struct {
			Message struct {
				Text string
				Chat struct{ ID int64 }
			}
		}
		_ = json.NewDecoder(r.Body).Decode(&u)
		mu.Lock()
		defer mu.Unlock()
		if r.Header.Get("X-Telegram-Bot-Api-Secret-Token") != TelegramSecret {
			w.WriteHeader(401)
			return
		}
		if u.Message.Chat.ID == 1 && fails > 0 {
			fails--
			w.WriteHeader(500)
			return
		}
		got = append(got, u.Message.Text)
	}))
	defer app.Close()
	f := NewTelegram(TelegramOptions{PublicURL: app.URL, RetryPause: 100 * time.Millisecond})
	defer f.Close()
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	done := make(chan int, 2)
	go func() { done <- f.Say(ctx, 1, "one") }()
	if _, err := f.Ledger.WaitFor(ctx, func(e Entry) bool { return e.Status == 500 }); err != nil {
		t.Fatal(err)
	}
	go func() { done <- f.Say(ctx, 1, "two") }()
	if s := f.Say(ctx, 2, "another"); s != 200 {
		t.Error(s)
	}
	if a, b := <-done, <-done; a != 200 || b != 200 {
		t.Error(a, b)
	}
	mu.Lock()
	defer mu.Unlock()
	if s := strings.Join(got, ","); s != "another,one,two" {
		t.Errorf("taken: %s", s)
	}
}
