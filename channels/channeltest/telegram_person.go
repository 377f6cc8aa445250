package channeltest

import (
	"context"
	"strconv"
)

// Speak sets the language_code a person's app sends.
func (t *Telegram) Speak(chat int64, language string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.chat(chat).language = language
}

// Message is a message of theirs as Telegram tells it, with fields laid over it: {"text": "hello"}. Its id is the chat's next.
func (t *Telegram) Message(chat int64, fields map[string]any) map[string]any {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.chat(chat)
	c.last++
	m := map[string]any{
		"message_id": c.last, "date": t.now().Unix(), "from": c.person(), "chat": map[string]any{"id": chat, "type": "private", "first_name": "Resident"},
	}
	for k, v := range fields {
		m[k] = v
	}
	return m
}

func (c *chat) person() map[string]any {
	p := map[string]any{"id": c.id, "is_bot": false, "first_name": "Resident"}
	if c.language != "" {
		p["language_code"] = c.language
	}
	return p
}

// Say sends a text. The result is as of Update.
func (t *Telegram) Say(ctx context.Context, chat int64, text string) int {
	return t.Update(ctx, chat, map[string]any{"message": t.Message(chat, map[string]any{"text": text})})
}

// Pin sends a position.
func (t *Telegram) Pin(ctx context.Context, chat int64, lat, lon float64) int {
	return t.Update(ctx, chat, map[string]any{"message": t.Message(chat, map[string]any{
		"location": map[string]any{"latitude": lat, "longitude": lon},
	})})
}

// Photo sends a picture in two sizes, with its caption.
func (t *Telegram) Photo(ctx context.Context, chat int64, jpeg []byte, caption string) int {
	id := t.Keep(jpeg)
	f := map[string]any{"photo": []any{
		map[string]any{"file_id": id + "s", "file_unique_id": "s" + id, "width": 90, "height": 90, "file_size": 900},
		map[string]any{"file_id": id, "file_unique_id": "u" + id, "width": 1280, "height": 1280, "file_size": len(jpeg)},
	}}
	if caption != "" {
		f["caption"] = caption
	}
	return t.Update(ctx, chat, map[string]any{"message": t.Message(chat, f)})
}

// Keep files content and gives its file_id.
func (t *Telegram) Keep(content []byte) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := "AgACfile" + strconv.Itoa(len(t.files)+1)
	t.files[id] = file{bytes: content}
	return id
}

// Press presses an inline button of a message of ours.
func (t *Telegram) Press(ctx context.Context, chat int64, message int, data string) int {
	t.mu.Lock()
	t.updates++ // a number nobody else has
	id := "q" + strconv.FormatInt(t.updates, 10)
	from := t.chat(chat).person()
	t.mu.Unlock()
	return t.Update(ctx, chat, map[string]any{"callback_query": map[string]any{
		"id": id, "from": from, "chat_instance": "1", "data": data,
		"message": map[string]any{
			"message_id": message, "date": t.now().Unix(), "chat": map[string]any{"id": chat, "type": "private"},
			"from": map[string]any{"id": t.bot, "is_bot": true, "first_name": "Concierge"},
		},
	}})
}

// Edit changes the text of a message of theirs.
func (t *Telegram) Edit(ctx context.Context, chat int64, message int, text string) int {
	m := t.Message(chat, map[string]any{"text": text, "edit_date": t.now().Unix()})
	m["message_id"] = message
	return t.Update(ctx, chat, map[string]any{"edited_message": m})
}

// Block stops the bot, or lets it write again: 403 until then.
func (t *Telegram) Block(ctx context.Context, chat int64, blocked bool) int {
	was, is := "member", "kicked"
	if !blocked {
		was, is = is, was
	}
	t.mu.Lock()
	c := t.chat(chat)
	c.blocked = blocked
	from := c.person()
	t.mu.Unlock()
	bot := map[string]any{"id": t.bot, "is_bot": true, "first_name": "Concierge"}
	return t.Update(ctx, chat, map[string]any{"my_chat_member": map[string]any{
		"chat": map[string]any{"id": chat, "type": "private"}, "from": from, "date": t.now().Unix(),
		"old_chat_member": map[string]any{"user": bot, "status": was}, "new_chat_member": map[string]any{"user": bot, "status": is},
	}})
}
