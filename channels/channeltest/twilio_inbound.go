package channeltest

import (
	"net/url"
	"strconv"
	"strings"

	"concierge/channels"
)

// form is the message as Twilio posts it.
func (t *Twilio) form(in *Inbound) url.Values {
	if in.SID == "" {
		in.SID = t.newSID("SM")
	}
	if in.To == "" {
		in.To = t.sender(kindOf(in.From))
	}
	f := url.Values{}
	for k, v := range map[string]string{
		"MessageSid": in.SID, "SmsMessageSid": in.SID, "SmsSid": in.SID, "AccountSid": t.o.Account, "From": in.From, "To": in.To,
		"Body": in.Body, "NumMedia": strconv.Itoa(len(in.Media)), "NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01",
	} {
		f.Set(k, v)
	}
	if kindOf(in.From) == channels.WhatsApp {
		f.Set("MessageType", messageType(*in))
		f.Set("ProfileName", "A Resident")
		f.Set("WaId", strings.TrimPrefix(in.From, "whatsapp:+"))
	} else {
		f.Set("FromCountry", "GB")
		f.Set("ToCountry", "GB")
	}
	for k, v := range map[string]string{
		"Latitude": in.Lat, "Longitude": in.Lon, "Label": in.Label, "Address": in.Address, "ButtonPayload": in.ButtonPayload,
		"ButtonText": in.ButtonText, "ListId": in.ListID, "ListTitle": in.ListTitle, "OriginalRepliedMessageSid": in.RepliedTo,
		"ExternalUserId": in.UserID,
	} {
		if v != "" {
			f.Set(k, v)
		}
	}
	if in.Forwarded {
		f.Set("Forwarded", "true")
	}
	if t.o.AdvancedOptOut && kindOf(in.From) == channels.SMS {
		switch channels.CarrierWord(channels.SMS, in.Body) {
		case channels.KindOptOut:
			f.Set("OptOutType", "STOP")
		case channels.KindOptIn:
			f.Set("OptOutType", "START")
		case channels.KindHelp:
			f.Set("OptOutType", "HELP")
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, p := range in.Media {
		id := t.newSID("ME")
		t.files[id] = file{p.Type, p.Bytes}
		in.kept = append(in.kept, id)
		f.Set("MediaUrl"+strconv.Itoa(i), "https://api.twilio.com/2010-04-01/Accounts/"+t.o.Account+"/Messages/"+in.SID+"/Media/"+id)
		f.Set("MediaContentType"+strconv.Itoa(i), p.Type)
	}
	for k, v := range in.Fields {
		f.Set(k, v)
	}
	return f
}

func messageType(in Inbound) string {
	switch {
	case in.Lat != "":
		return "location"
	case in.ListID != "" || in.ListTitle != "":
		return "interactive"
	case in.ButtonPayload != "" || in.ButtonText != "":
		return "button"
	case len(in.Media) > 0:
		major, _, _ := strings.Cut(in.Media[0].Type, "/")
		if major == "image" || major == "audio" || major == "video" {
			return major
		}
		return "document"
	}
	return "text"
}

// take is what Twilio does with the message before any webhook: it lists it, opens the window, minds STOP and START.
func (t *Twilio) take(in Inbound) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sid[in.SID] == nil {
		m := &message{sid: in.SID, from: in.From, to: in.To, body: in.Body, status: "received", direction: "inbound", made: t.now().UTC()}
		m.media = in.kept
		t.keep(m)
	}
	pair := in.To + "|" + in.From
	if kindOf(in.From) == channels.WhatsApp {
		t.opened[pair] = t.now()
		return
	}
	switch channels.CarrierWord(channels.SMS, in.Body) {
	case channels.KindOptOut:
		t.stopped[pair] = true
	case channels.KindOptIn:
		delete(t.stopped, pair)
	}
}

// Lost files a message in the list without any webhook, as after an outage; its SID.
func (t *Twilio) Lost(in Inbound) string {
	t.form(&in)
	t.take(in)
	return in.SID
}
