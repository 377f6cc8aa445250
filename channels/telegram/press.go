package telegram

import (
	"encoding/json"
	"time"

	"concierge/channels"
)

// pressed is an inline button. Its message may be absent or out of reach (date 0): then the data decides alone.
func pressed(m channels.Message, f fields) parsed {
	p := parsed{message: m, query: f.text("id")}
	from := f.object("from")
	who, ok := from.number("id")
	if !ok {
		p.unreadable = true
		return p
	}
	p.message.From, p.message.Language = address(who), hint(from)
	on := f.object("message")
	if kind := on.object("chat").text("type"); kind != "" && kind != "private" {
		p.unwanted = true // our buttons stand in private chats only
		return p
	}
	data := f.text("data")
	if channels.ValidData(data) {
		p.message.Press.Data = data
	}
	if id, ok := on.number("message_id"); ok {
		p.message.Press.On = handle(id)
	}
	p.message.Press.Label = channels.Clean(label(on, data))
	p.message.Text = p.message.Press.Label
	p.message.Kind = channels.KindPress
	p.unwanted = p.message.Press.Data == "" && p.message.Press.Label == ""
	return p
}

// label is the words on the button pressed, where the message still shows them.
func label(on fields, data string) string {
	var rows [][]json.RawMessage
	if json.Unmarshal(on.object("reply_markup")["inline_keyboard"], &rows) != nil {
		return ""
	}
	for _, row := range rows {
		for _, raw := range row {
			var b fields
			if json.Unmarshal(raw, &b) == nil && data != "" && b.text("callback_data") == data {
				return b.text("text")
			}
		}
	}
	return ""
}

// member is the bot blocked or let back in, or put into a group.
func member(m channels.Message, f fields) parsed {
	c := f.object("chat")
	chat, ok := c.number("id")
	if !ok {
		return parsed{message: m, unreadable: true}
	}
	m.From, m.Language = address(chat), hint(f.object("from"))
	if at, ok := f.number("date"); ok && at > 0 {
		m.At = time.Unix(at, 0).UTC()
	}
	status := f.object("new_chat_member").text("status")
	switch private := c.text("type") == "private"; {
	case private && status == "kicked":
		m.Kind = channels.KindBlocked
	case private && status == "member":
		m.Kind = channels.KindUnblocked
	case !private && (status == "member" || status == "administrator"):
		m.Kind, m.Language = channels.KindGroup, ""
	default:
		return parsed{message: m, unwanted: true}
	}
	return parsed{message: m}
}
