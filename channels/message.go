package channels

import "time"

// Address is one way to reach a person: "sms:+447700900123", "whatsapp:GB.70210034455667788990", "telegram:12345".
type Address string

// Handle is what quotes, edits and receipts name: "SM…" at Twilio, at Telegram a number within the chat: look it up with its conversation.
type Handle string

// Kind is what sort of message came in.
type Kind string

// The kinds of inbound message.
const (
	KindText      Kind = "text"
	KindPress     Kind = "press"
	KindLocation  Kind = "location"
	KindMedia     Kind = "media"
	KindContact   Kind = "contact"
	KindEdit      Kind = "edit"
	KindStart     Kind = "start"
	KindOptOut    Kind = "opt_out"
	KindOptIn     Kind = "opt_in"
	KindHelp      Kind = "help"
	KindBlocked   Kind = "blocked"
	KindUnblocked Kind = "unblocked"
	KindGroup     Kind = "group"
	KindOther     Kind = "other"
)

// Message is one inbound message, parsed at the edge. Profile names are not in it: nobody stores them by mistake.
type Message struct {
	Channel        Name
	Account, ID    string    // the duplicate key: account SID and MessageSid; bot id and update_id
	Handle         Handle    // its own
	ReplyTo, Edits Handle    // the message quoted; the message whose new text this is
	From, To       Address   // answer to From, from To
	Also           []Address // the person's other name: a business-scoped id beside a phone
	Kind           Kind
	Text           string // UTF-8, no NUL, LF only, at most 4,096 runes
	Press          Press
	Location       *Location
	Media          []Media
	Album          string // Telegram's media_group_id
	Payload        string // what followed /start, at most 64 bytes
	Language       string // the channel's hint, an unchecked tag
	Forwarded      bool
	At             time.Time // the provider's time, else when received
}

// Press is a button pressed. Without Data (or with somebody else's) the host looks for Label among the choices of On.
type Press struct {
	Data, Label string
	On          Handle
}

// Location is a pin. Live: the first point of a shared live position.
type Location struct {
	Lat, Lon, Metres float64 // Metres is the accuracy, 0 when unknown
	Label, Address   string
	Live             bool
}

// Media is a photo or file by the provider's ids; a job fetches it. "blob:<id>" is ours already.
type Media struct {
	Ref  string
	Kind string // photo file voice audio video sticker
	Type string // as the provider names it: a claim, not proof
	Size int64  // bytes, 0 unknown
	Gone bool   // too large, or not to be had
}
