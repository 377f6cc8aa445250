package channeltest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"concierge/channels"
)

// methods are those we have a use for, and each one's fields. parse_mode and entities are left out: we send plain text.
var methods = map[string]string{
	"getMe":                  " ",
	"sendMessage":            " chat_id text link_preview_options reply_markup reply_parameters disable_notification ",
	"sendPhoto":              " chat_id photo caption reply_markup disable_notification ",
	"editMessageReplyMarkup": " chat_id message_id reply_markup ",
	"answerCallbackQuery":    " callback_query_id text show_alert cache_time ",
	"getFile":                " file_id ",
	"setWebhook":             " url secret_token allowed_updates max_connections drop_pending_updates ",
	"deleteWebhook":          " drop_pending_updates ",
	"getWebhookInfo":         " ",
	"setMyCommands":          " commands scope language_code ",
	"getUpdates":             " offset limit timeout allowed_updates ",
}

// run does what a method asks. e is what the ledger will hold.
func (t *Telegram) run(r *http.Request, method string, f map[string]string, e *Entry) (any, *refusal) {
	switch method {
	case "getMe":
		return map[string]any{"id": t.bot, "is_bot": true, "first_name": "Concierge", "username": "concierge_test_bot"}, nil
	case "sendMessage", "sendPhoto":
		return t.send(method, f, e)
	case "editMessageReplyMarkup":
		return t.edit(f, e)
	case "answerCallbackQuery":
		return t.answered(f, e)
	case "getFile":
		return t.file(f)
	case "getUpdates":
		return t.poll(r, f)
	case "setMyCommands":
		t.mu.Lock()
		defer t.mu.Unlock()
		t.commands[f["language_code"]] = json.RawMessage(f["commands"])
		return true, nil
	}
	return t.manage(method, f)
}

// send is sendMessage and sendPhoto.
func (t *Telegram) send(method string, f map[string]string, e *Entry) (any, *refusal) {
	text := f["text"]
	most := 4096
	if method == "sendPhoto" {
		text, most = f["caption"], 1024
		if f["photo"] == "" {
			return nil, &refusal{400, "Bad Request: there is no photo in the request", 0}
		}
	}
	if method == "sendMessage" && strings.TrimSpace(text) == "" {
		return nil, &refusal{400, "Bad Request: message text is empty", 0}
	}
	if len(utf16.Encode([]rune(text))) > most {
		return nil, &refusal{400, "Bad Request: message is too long", 0}
	}
	e.Text = text
	inline, why := e.markup(f)
	if why != "" {
		t.broken(method, e.To, why)
		return nil, &refusal{400, "Bad Request: " + why, 0}
	}
	id, err := strconv.ParseInt(f["chat_id"], 10, 64)
	if err != nil {
		t.broken(method, e.To, "chat_id is no number")
		return nil, &refusal{400, "Bad Request: chat not found", 0}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.chat(id)
	switch {
	case c.blocked:
		return nil, &refusal{403, "Forbidden: bot was blocked by the user", 0}
	case !c.wrote && !t.o.Lift:
		return nil, &refusal{403, "Forbidden: bot can't initiate conversation with a user", 0}
	}
	if !t.o.Lift {
		now := t.now()
		if wait := max(c.pace.take(now), t.pace.take(now)); wait > 0 {
			return nil, &refusal{429, "Too Many Requests: retry after " + strconv.Itoa(wait), wait}
		}
	}
	c.last++
	if inline {
		c.inline[c.last] = true
	}
	e.What, e.ID, e.Status = Accepted, f["chat_id"]+":"+strconv.Itoa(c.last), http.StatusOK
	t.Ledger.add(*e)
	return map[string]any{
		"message_id": c.last, "date": t.now().Unix(), "chat": map[string]any{"id": id, "type": "private"}, "text": text,
		"from": map[string]any{"id": t.bot, "is_bot": true, "first_name": "Concierge"},
	}, nil
}

// edit is editMessageReplyMarkup: buttons taken away.
func (t *Telegram) edit(f map[string]string, e *Entry) (any, *refusal) {
	probe := *e
	inline, why := probe.markup(f)
	id, err := strconv.ParseInt(f["chat_id"], 10, 64)
	message, err2 := strconv.Atoi(f["message_id"])
	if why != "" || err != nil || err2 != nil {
		t.broken(e.Call, e.To, "a markup, chat or message that is none "+why)
		return nil, &refusal{400, "Bad Request: " + why, 0}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.chat(id)
	switch {
	case c.blocked:
		return nil, &refusal{403, "Forbidden: bot was blocked by the user", 0}
	case message > c.last || message < 1:
		return nil, &refusal{400, "Bad Request: message to edit not found", 0}
	case c.inline[message] == inline:
		return nil, &refusal{400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same", 0}
	}
	delete(c.inline, message)
	return map[string]any{"message_id": message, "date": t.now().Unix(), "chat": map[string]any{"id": id, "type": "private"}}, nil
}

// Buttons tells whether a message's inline buttons still stand.
func (t *Telegram) Buttons(chat int64, message int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.chat(chat).inline[message]
}

// answered is answerCallbackQuery.
func (t *Telegram) answered(f map[string]string, e *Entry) (any, *refusal) {
	id := f["callback_query_id"]
	t.mu.Lock()
	at, ok := t.queries[id]
	delete(t.queries, id)
	t.mu.Unlock()
	if !ok || t.now().Sub(at) > 30*time.Second {
		return nil, &refusal{400, "Bad Request: query is too old and response timeout expired or query ID is invalid", 0}
	}
	e.What, e.ID, e.Status = Answered, id, http.StatusOK
	t.Ledger.add(*e)
	return true, nil
}

func (t *Telegram) file(f map[string]string) (any, *refusal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	got, ok := t.files[f["file_id"]]
	if !ok {
		return nil, &refusal{400, "Bad Request: wrong file_id or the file is temporarily unavailable", 0}
	}
	if len(got.bytes) > 20<<20 {
		return nil, &refusal{400, "Bad Request: file is too big", 0}
	}
	return map[string]any{
		"file_id": f["file_id"], "file_unique_id": "u" + f["file_id"], "file_size": len(got.bytes), "file_path": "photos/" + f["file_id"],
	}, nil
}

func (t *Telegram) download(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.PathValue("path"), "photos/")
	fault := t.next("download", "", false)
	if fault.before(w, r) || fault.instead(w, r) {
		return
	}
	t.mu.Lock()
	got, ok := t.files[id]
	t.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	t.Ledger.add(Entry{Channel: channels.Telegram, What: Fetched, Call: "download", ID: id, Status: http.StatusOK})
	_, _ = w.Write(got.bytes)
}

// manage is setWebhook and its like.
func (t *Telegram) manage(method string, f map[string]string) (any, *refusal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch method {
	case "setWebhook":
		t.hook = webhook{url: f["url"], secret: f["secret_token"]}
		_ = json.Unmarshal([]byte(f["allowed_updates"]), &t.hook.allowed)
		return true, nil
	case "deleteWebhook":
		t.hook = webhook{}
		return true, nil
	}
	n := len(t.waiting)
	for _, c := range t.chats {
		n += len(c.queue)
	}
	info := map[string]any{"url": t.hook.url, "has_custom_certificate": false, "pending_update_count": n}
	if t.hook.last != "" {
		info["last_error_message"], info["last_error_date"] = t.hook.last, t.now().Unix()
	}
	if len(t.hook.allowed) > 0 {
		info["allowed_updates"] = slices.Clone(t.hook.allowed)
	}
	return info, nil
}

// Commands are what setMyCommands set for a language ("" the default), as JSON.
func (t *Telegram) Commands(language string) json.RawMessage {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.commands[language]
}
