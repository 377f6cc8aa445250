package channeltest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"concierge/channels"
)

// update waits for its turn in a chat's queue.
type update struct {
	id   int64
	kind string
	raw  []byte
	text string
	done chan int // takes the 2xx
	last int      // the last status seen
}

// Update sends an update of a private chat: fields is the update without its id ({"message": {…}}). Updates of a chat go in order;
// one that is not answered with 2xx is sent again and blocks those behind it. It returns the 2xx, or when ctx ends first the last
// status seen (0: none).
func (t *Telegram) Update(ctx context.Context, chat int64, fields map[string]any) int {
	u := t.enqueue(chat, fields)
	if u == nil {
		return 0
	}
	select {
	case s := <-u.done:
		return s
	case <-ctx.Done():
	case <-t.ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return u.last
}

// enqueue numbers an update and gives it to the webhook's pump or to getUpdates; nil when it is of a kind nobody asked for.
func (t *Telegram) enqueue(id int64, fields map[string]any) *update {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.updates++
	u := &update{id: t.updates, done: make(chan int, 1)}
	whole := map[string]any{"update_id": u.id}
	for k, v := range fields {
		whole[k] = v
		if k != "update_id" {
			u.kind = k
		}
	}
	if m, ok := fields["message"].(map[string]any); ok {
		u.text, _ = m["text"].(string)
	}
	if q, ok := fields["callback_query"].(map[string]any); ok {
		if s, ok := q["id"].(string); ok {
			t.queries[s] = t.now()
		}
	}
	raw, err := json.Marshal(whole)
	if err != nil {
		panic(fmt.Sprintf("channeltest: update: %v", err))
	}
	u.raw = raw
	c := t.chat(id)
	c.wrote = true
	if len(t.hook.allowed) > 0 && !slices.Contains(t.hook.allowed, u.kind) {
		return nil
	}
	if t.hook.url == "" {
		t.waiting = append(t.waiting, *u)
		return u
	}
	c.queue = append(c.queue, u)
	if !c.pumping {
		c.pumping = true
		t.later(0, func() { t.pump(c) })
	}
	return u
}

// pump sends a chat's updates one after the other.
func (t *Telegram) pump(c *chat) {
	pause := t.o.RetryPause
	for {
		t.mu.Lock()
		if len(c.queue) == 0 || t.hook.url == "" {
			c.pumping = false
			t.mu.Unlock()
			return
		}
		u, hook := c.queue[0], t.hook
		t.mu.Unlock()
		if hook.closed {
			if !t.wait(t.o.RetryPause) {
				return
			}
			continue
		}
		status, after := t.deliver(hook, u)
		t.Ledger.add(Entry{
			Channel: channels.Telegram, What: Wrote, Call: u.kind, From: "telegram:" + strconv.FormatInt(c.id, 10), Text: u.text,
			ID: strconv.FormatInt(u.id, 10), Status: status,
		})
		t.mu.Lock()
		u.last = status
		if status >= 200 && status < 300 {
			c.queue = c.queue[1:]
			t.mu.Unlock()
			u.done <- status
			pause = t.o.RetryPause
			continue
		}
		t.hook.last = "Wrong response from the webhook: " + strconv.Itoa(status)
		if status == http.StatusGone {
			t.hook.closed = true
		}
		t.mu.Unlock()
		if status == http.StatusGone {
			t.broken("webhook", "", "a 410: after 23 hours of these Telegram closes the webhook")
		}
		rest := max(pause, after)
		if t.o.MostPause > 0 {
			rest = min(rest, t.o.MostPause)
		}
		if !t.wait(rest) {
			return
		}
		pause = min(2*pause, time.Minute)
	}
}

// deliver posts an update, in as many copies as asked; the status is the worst of them.
func (t *Telegram) deliver(hook webhook, u *update) (status int, after time.Duration) {
	type result struct {
		status int
		after  time.Duration
	}
	copies := max(t.o.Copies, 1)
	got := make(chan result, copies)
	for range copies {
		go func() {
			ctx, stop := context.WithTimeout(t.ctx, time.Minute)
			defer stop()
			s, h := t.post(ctx, hook.url, hook.secret, u.raw)
			n, _ := strconv.Atoi(h.Get("Retry-After"))
			got <- result{s, time.Duration(min(n, 3600)) * time.Second}
		}()
	}
	for i := range copies {
		r := <-got
		if i == 0 || r.status == 0 || r.status > status {
			status = r.status
		}
		after = max(after, r.after)
	}
	return status, after
}

// Raw numbers an update and gives it as Telegram would post it, for Post.
func (t *Telegram) Raw(fields map[string]any) []byte {
	t.mu.Lock()
	t.updates++
	whole := map[string]any{"update_id": t.updates}
	t.mu.Unlock()
	maps.Copy(whole, fields)
	raw, err := json.Marshal(whole)
	if err != nil {
		panic(fmt.Sprintf("channeltest: update: %v", err))
	}
	return raw
}

// Post sends a raw body to the webhook once, with any secret ("" no header): for what nobody should send. Its HTTP status.
func (t *Telegram) Post(ctx context.Context, secret string, raw []byte) int {
	t.mu.Lock()
	u := t.hook.url
	t.mu.Unlock()
	s, _ := t.post(ctx, u, secret, raw)
	return s
}

func (t *Telegram) post(ctx context.Context, public, secret string, raw []byte) (int, http.Header) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at(public, t.o.Deliver), bytes.NewReader(raw))
	if err != nil {
		return 0, nil
	}
	r.Header.Set("Content-Type", "application/json")
	if secret != "" {
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	status, head, body, err := t.do(r)
	if err != nil {
		return 0, nil
	}
	if status < 300 && bytes.Contains(body, []byte(`"method"`)) {
		t.broken("webhook", "", "a method call in the webhook's answer: its outcome is never known")
	}
	return status, head
}

// poll is getUpdates.
func (t *Telegram) poll(r *http.Request, f map[string]string) (any, *refusal) {
	offset, _ := strconv.ParseInt(f["offset"], 10, 64)
	limit, err := strconv.Atoi(f["limit"])
	if err != nil {
		limit = 100
	}
	seconds, _ := strconv.Atoi(f["timeout"])
	t.mu.Lock()
	if t.hook.url != "" || t.polling {
		t.mu.Unlock()
		return nil, &refusal{409, "Conflict: terminated by other getUpdates request or a webhook", 0}
	}
	t.polling = true
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		t.polling = false
		t.mu.Unlock()
	}()
	for end := time.Now().Add(time.Duration(seconds) * time.Second); ; {
		t.mu.Lock()
		for len(t.waiting) > 0 && t.waiting[0].id < offset {
			t.waiting[0].done <- http.StatusOK
			t.waiting = t.waiting[1:]
		}
		out := []json.RawMessage{}
		for _, u := range t.waiting[:min(limit, len(t.waiting))] {
			out = append(out, u.raw)
		}
		t.mu.Unlock()
		if len(out) > 0 || time.Now().After(end) {
			return out, nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-r.Context().Done():
			return out, nil
		case <-t.ctx.Done():
			return out, nil
		}
	}
}

// chat finds or makes a chat. The caller holds the lock.
func (t *Telegram) chat(id int64) *chat {
	c := t.chats[id]
	if c == nil {
		c = &chat{id: id, inline: map[int]bool{}, pace: bucket{rate: 1, most: 20}}
		t.chats[id] = c
	}
	return c
}
