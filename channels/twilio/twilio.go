// Package twilio is SMS and WhatsApp by Twilio: its signed webhooks come in as channels.Message and channels.Receipt, and a
// channels.Outgoing goes out as one Message resource. It refuses to know what a message means, in which language it is, and
// whether it should be sent again: it says what happened, in one class.
package twilio

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"concierge/channels"
	"concierge/channels/call"
)

// The routes Twilio calls, below the public URL.
const (
	Route       = "/webhooks/twilio"
	StatusRoute = "/webhooks/twilio/status"
)

// Overrides stand behind the inbound route in the console ("Webhook connection overrides"): three more tries, on failed connections,
// time-outs and 5xx. No public source says whether Twilio signs the fragment, so both readings pass.
const Overrides = "#rc=3&rp=ct,rt,5xx"

// Settings is one Twilio account, its senders and its contents.
type Settings struct {
	AccountSID          string
	AuthTokens          []string                     // the first signs our requests; each may sign theirs (two while rotating)
	SMSFrom             string                       // "+447700900100"
	MessagingServiceSID string                       // beside SMSFrom, when the sender is in a pool
	WhatsAppFrom        string                       // "+447700900200", without the prefix
	APIURL              string                       // replaces the scheme and host of every call; "" Twilio's own
	PublicURL           string                       // what Twilio calls; signatures are checked against it
	Templates           map[string]map[string]string // key, then tag, to a content SID
	SessionContents     map[string]string            // "reply_2", "list_7" to a content SID
	MediaHosts          []string                     // where a media redirect may lead, beside Twilio's own
	SharedNumber        bool                         // other software sends from our numbers: a message of ours is known by its text
	Now                 func() time.Time             // nil: time.Now
}

// Twilio is one account. It is safe for use at once and keeps no message.
type Twilio struct {
	settings Settings
	account  string
	to       *url.URL
	receiver channels.Receiver
	base     http.RoundTripper
	log      *slog.Logger
	hosts    map[string]bool
	unknown  atomic.Int64 // receipts with a status nobody has told us of
}

var (
	accountShape = regexp.MustCompile(`^AC[0-9a-f]{32}$`)
	tokenShape   = regexp.MustCompile(`^[a-zA-Z0-9]{8,}$`) // the library refuses any other by itself (21224)
	messageShape = regexp.MustCompile(`^(SM|MM)[0-9a-f]{32}$`)
	contentShape = regexp.MustCompile(`^HX[0-9a-f]{32}$`)
)

// New checks the settings, all at once, and connects nothing yet. A nil base is call.Transport.
func New(s Settings, receiver channels.Receiver, base http.RoundTripper, log *slog.Logger) (*Twilio, error) {
	var wrong []error
	say := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	say(accountShape.MatchString(s.AccountSID), "twilio: the account SID is AC and 32 hexadecimal digits")
	say(len(s.AuthTokens) > 0, "twilio: an auth token is missing")
	for i, t := range s.AuthTokens {
		say(tokenShape.MatchString(t), "twilio: auth token %d is not eight or more letters and digits", i+1)
	}
	say(s.SMSFrom != "" || s.WhatsAppFrom != "", "twilio: neither an SMS nor a WhatsApp sender is set")
	say(s.WhatsAppFrom == "" || channels.MakeAddress(channels.WhatsApp, s.WhatsAppFrom).IsPhone(), "twilio: the WhatsApp sender is no phone number")
	public, err := url.Parse(s.PublicURL)
	say(err == nil && public.Host != "" && !strings.HasSuffix(s.PublicURL, "/"), "twilio: the public URL must be https://host without a final slash")
	say(os.Getenv("TWILIO_EDGE") == "" && os.Getenv("TWILIO_REGION") == "", "twilio: unset TWILIO_EDGE and TWILIO_REGION, they change the host behind our back")
	for key, tags := range s.Templates {
		for tag, sid := range tags {
			say(contentShape.MatchString(sid), "twilio: template %s.%s is no content SID", key, tag)
		}
	}
	for name, sid := range s.SessionContents {
		say(contentShape.MatchString(sid), "twilio: session content %s is no content SID", name)
	}
	var to *url.URL
	if s.APIURL != "" {
		to, err = url.Parse(s.APIURL)
		say(err == nil && to.Host != "", "twilio: the API URL is no URL")
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	if base == nil {
		base = call.Transport(to != nil)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	hosts := map[string]bool{"mms.twiliocdn.com": true, "media.twiliocdn.com": true, "s3-external-1.amazonaws.com": true}
	for _, h := range s.MediaHosts {
		hosts[strings.ToLower(h)] = true
	}
	return &Twilio{settings: s, account: s.AccountSID, to: to, receiver: receiver, base: base, log: log, hosts: hosts}, nil
}

// SMS is the text message channel; nil without an SMS sender.
func (t *Twilio) SMS() channels.Channel {
	if t.settings.SMSFrom == "" {
		return nil
	}
	return &channel{t, channels.SMS}
}

// WhatsApp is the WhatsApp channel; nil without a WhatsApp sender.
func (t *Twilio) WhatsApp() channels.Channel {
	if t.settings.WhatsAppFrom == "" {
		return nil
	}
	return &channel{t, channels.WhatsApp}
}

// UnknownStatuses counts receipts whose status we do not know.
func (t *Twilio) UnknownStatuses() int64 { return t.unknown.Load() }

// channel is one of the two ways out.
type channel struct {
	*Twilio
	name channels.Name
}

// Name tells which of the two it is.
func (c *channel) Name() channels.Name { return c.name }
