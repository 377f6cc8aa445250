package twilio

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"concierge/channels"
)

// maxMedia is the most media Twilio puts on one message.
const maxMedia = 10

var mediaShape = regexp.MustCompile(`^ME[0-9a-f]{32}$`)

// parse makes a Message of a signed form. ok is false when it has no usable MessageSid or From.
func parse(f form, now time.Time) (m channels.Message, ok bool) {
	id := f.first("MessageSid", "SmsMessageSid", "SmsSid")
	from, fine := address(f.get("From"))
	if !messageShape.MatchString(id) || !fine {
		return m, false
	}
	to, _ := address(f.get("To"))
	m = channels.Message{
		Channel: from.Kind(), Account: f.get("AccountSid"), ID: id, Handle: channels.Handle(id), From: from, To: to, Kind: channels.KindText,
		Text: channels.Clean(f.get("Body")), At: now, ReplyTo: handle(f.get("OriginalRepliedMessageSid")),
		Forwarded: f.get("Forwarded") == "true" || f.get("FrequentlyForwarded") == "true",
	}
	if u := strings.TrimPrefix(f.get("ExternalUserId"), "whatsapp:"); u != "" && m.Channel == channels.WhatsApp {
		if a := channels.MakeAddress(channels.WhatsApp, u); a.IsBSUID() && a != from {
			m.Also = []channels.Address{a}
		}
	}
	m.Media = media(f, id)
	kind(&m, f)
	return m, true
}

// kind reads what sort of message it is: the carrier's words first, then a press, a pin, media.
func kind(m *channels.Message, f form) {
	switch f.get("OptOutType") {
	case "STOP":
		m.Kind = channels.KindOptOut
		return
	case "START":
		m.Kind = channels.KindOptIn
		return
	case "HELP":
		m.Kind = channels.KindHelp
		return
	}
	if p, ok := press(f); ok {
		p.On, p.Label = m.ReplyTo, channels.Clean(p.Label)
		m.Kind, m.Press = channels.KindPress, p
		if m.Text == "" {
			m.Text = p.Label
		}
		return
	}
	if f.get("Latitude") != "" || f.get("Longitude") != "" {
		m.Kind, m.Location = pin(f)
		return
	}
	if len(m.Media) > 0 || f.get("NumMedia") != "" && f.get("NumMedia") != "0" {
		m.Kind = channels.KindMedia
		if isContact(f) {
			m.Kind, m.Media = channels.KindContact, nil
		}
		return
	}
	switch f.get("MessageType") {
	case "contacts":
		m.Kind = channels.KindContact
		return
	case "location":
		m.Kind = channels.KindOther
		return
	}
	if m.Text == "" && f.get("MessageType") != "" && f.get("MessageType") != "text" {
		m.Kind = channels.KindOther
		return
	}
	m.Kind = channels.CarrierWord(m.Channel, m.Text)
}

// press reads a quick reply or a list row. Which names a row uses no public source settles: all are read, the label decides last.
func press(f form) (channels.Press, bool) {
	if id := f.first("ListId", "ButtonPayload"); id != "" {
		return channels.Press{Data: data(id), Label: f.first("ListTitle", "ButtonText", "Body")}, true
	}
	if t := f.get("MessageType"); t == "button" || t == "interactive" || f.first("ListTitle", "ButtonText") != "" {
		label := f.first("ListTitle", "ButtonText", "Body")
		return channels.Press{Label: label}, label != ""
	}
	return channels.Press{}, false
}

// data drops what can be none of ours: then the label decides.
func data(s string) string {
	if !channels.ValidData(s) || strings.Contains(s, "{{") {
		return ""
	}
	return s
}

func pin(f form) (channels.Kind, *channels.Location) {
	lat, err1 := strconv.ParseFloat(f.get("Latitude"), 64)
	lon, err2 := strconv.ParseFloat(f.get("Longitude"), 64)
	if err1 != nil || err2 != nil || !(lat >= -90 && lat <= 90) || !(lon >= -180 && lon <= 180) {
		return channels.KindOther, nil
	}
	return channels.KindLocation, &channels.Location{Lat: lat, Lon: lon, Label: channels.Clean(f.get("Label")), Address: channels.Clean(f.get("Address"))}
}

// media keeps the ids only: the address is rebuilt when it is fetched. Ref is "<MessageSid>/<MediaSid>".
func media(f form, id string) []channels.Media {
	n, err := strconv.Atoi(f.get("NumMedia"))
	if err != nil || n <= 0 {
		return nil
	}
	var out []channels.Media
	for i := range min(n, maxMedia) {
		k := strconv.Itoa(i)
		typ, _, _ := strings.Cut(f.get("MediaContentType"+k), ";")
		ref, _, _ := strings.Cut(f.get("MediaUrl"+k), "?")
		ref = path.Base(ref)
		md := channels.Media{Ref: id + "/" + ref, Type: strings.TrimSpace(typ), Kind: mediaKind(typ)}
		if !mediaShape.MatchString(ref) {
			md.Ref, md.Gone = "", true
		}
		out = append(out, md)
	}
	return out
}

func mediaKind(typ string) string {
	switch major, minor, _ := strings.Cut(typ, "/"); {
	case typ == "image/webp":
		return "sticker"
	case major == "image":
		return "photo"
	case major == "video":
		return "video"
	case major == "audio" && strings.HasPrefix(minor, "ogg"):
		return "voice"
	case major == "audio":
		return "audio"
	}
	return "file"
}

func isContact(f form) bool {
	t := strings.ToLower(f.get("MediaContentType0"))
	return strings.HasPrefix(t, "text/vcard") || strings.HasPrefix(t, "text/x-vcard")
}

// kindOf is the channel an address as Twilio writes it belongs to.
func kindOf(v string) channels.Name {
	if strings.HasPrefix(strings.TrimSpace(v), "whatsapp:") {
		return channels.WhatsApp
	}
	return channels.SMS
}

// address is "whatsapp:…" as it came, and anything else a number of SMS.
func address(v string) (channels.Address, bool) {
	v = strings.TrimSpace(v)
	if !strings.HasPrefix(v, "whatsapp:") {
		v = "sms:" + v
	}
	a, err := channels.ParseAddress(v)
	return a, err == nil
}

func handle(sid string) channels.Handle {
	if !messageShape.MatchString(sid) {
		return ""
	}
	return channels.Handle(sid)
}
