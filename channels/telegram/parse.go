package telegram

import (
	"strings"
	"time"

	"concierge/channels"
)

// maxPayload is the longest that follows /start (core.telegram.org/bots/features#deep-linking).
const maxPayload = 64

// service are messages that no person wrote: they get no answer.
var service = [...]string{
	"pinned_message", "message_auto_delete_timer_changed", "write_access_allowed", "connected_website", "successful_payment",
	"refunded_payment", "proximity_alert_triggered", "chat_background_set", "boost_added", "gift", "unique_gift",
}

// written is a new message of theirs.
func written(m channels.Message, f fields) parsed {
	own, ok := frame(&m, f)
	if !ok {
		return parsed{message: m, unreadable: true}
	}
	if m.Kind == channels.KindGroup {
		return parsed{message: m}
	}
	for _, k := range service {
		if f.has(k) {
			return parsed{message: m, unwanted: true}
		}
	}
	m.Handle = handle(own)
	m.Album = f.text("media_group_id")
	m.Forwarded = f.has("forward_origin") || f.has("forward_date")
	if quoted, ok := f.object("reply_to_message").number("message_id"); ok {
		m.ReplyTo = handle(quoted)
	}
	content(&m, f)
	return parsed{message: m}
}

// frame reads who, when and which: sender, time, and the message's number. Of a group only the chat's id is kept.
func frame(m *channels.Message, f fields) (own int64, ok bool) {
	c := f.object("chat")
	chat, known := c.number("id")
	if own, ok = f.number("message_id"); !ok || !known {
		return own, false
	}
	m.From = address(chat)
	if at, ok := f.number("date"); ok && at > 0 {
		m.At = time.Unix(at, 0).UTC()
	}
	if kind := c.text("type"); kind != "private" && kind != "" {
		m.Kind = channels.KindGroup
		return own, true
	}
	m.Language = hint(f.object("from"))
	return own, true
}

// content reads what they sent. The first thing found is what it is.
func content(m *channels.Message, f fields) {
	m.Text = channels.Clean(f.text("caption"))
	switch {
	case f.has("text"):
		m.Kind = channels.KindText
		command(m, channels.Clean(f.text("text")))
	case f.has("venue"):
		v := f.object("venue")
		place(m, v.object("location"))
		if m.Location != nil {
			m.Location.Label, m.Location.Address = channels.Clean(v.text("title")), channels.Clean(v.text("address"))
		}
	case f.has("location"):
		place(m, f.object("location"))
	case f.has("contact"):
		m.Kind = channels.KindContact
	default:
		media(m, f)
	}
}

// command splits "/word@bot rest". /start and /stop are kinds of their own; of others the bare word is the text.
func command(m *channels.Message, text string) {
	m.Text = text
	if len(text) < 2 || text[0] != '/' {
		return
	}
	first, rest, _ := strings.Cut(text[1:], " ")
	first, below, _ := strings.Cut(first, "\n")
	word, _, _ := strings.Cut(first, "@")
	rest = strings.TrimSpace(below + " " + rest)
	switch word = strings.ToLower(word); word {
	case "":
		return
	case "start":
		m.Kind, m.Text = channels.KindStart, ""
		if len(rest) <= maxPayload {
			m.Payload = rest
		}
		return
	case "stop":
		m.Kind = channels.KindOptOut
	}
	m.Text = strings.TrimSpace(word + " " + rest)
}

// place reads a position; one that is none leaves the message of kind other.
func place(m *channels.Message, l fields) {
	lat, ok := l.decimal("latitude")
	lon, ok2 := l.decimal("longitude")
	if !ok || !ok2 || lat < -90 || lat > 90 || lon < -180 || lon > 180 {
		return
	}
	metres, _ := l.decimal("horizontal_accuracy")
	live, _ := l.number("live_period")
	m.Kind = channels.KindLocation
	m.Location = &channels.Location{Lat: lat, Lon: lon, Metres: max(metres, 0), Live: live > 0}
}

// edited is a message of theirs with a new text. A live position that moves comes this way too and is dropped.
func edited(m channels.Message, f fields) parsed {
	own, ok := frame(&m, f)
	if !ok {
		return parsed{message: m, unreadable: true}
	}
	if m.Kind == channels.KindGroup || f.has("location") || (!f.has("text") && !f.has("caption")) {
		return parsed{message: m, unwanted: true}
	}
	m.Kind, m.Edits, m.Handle = channels.KindEdit, handle(own), handle(own)
	m.Text = channels.Clean(f.text("text") + f.text("caption"))
	if at, ok := f.number("edit_date"); ok && at > 0 {
		m.At = time.Unix(at, 0).UTC()
	}
	return parsed{message: m}
}

// hint is the app's language, an unchecked tag of a sane length.
func hint(from fields) string {
	tag := from.text("language_code")
	if len(tag) > 35 { // the longest tag BCP 47 asks anyone to keep
		return ""
	}
	return tag
}
