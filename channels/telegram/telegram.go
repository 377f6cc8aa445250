// Package telegram is a Telegram bot: updates come in by its webhook (or, without a public URL, by polling) as channels.Message, and
// a channels.Outgoing goes out as one message. It refuses to know what a message means, in which language it is, and whether it
// should be sent again: it says what happened, in one class.
package telegram

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"concierge/channels"
	"concierge/channels/call"

	"github.com/go-telegram/bot"
)

// Route is where Telegram calls, below the public URL.
const Route = "/webhooks/telegram"

// allowed are the kinds of update we read; asked for by setWebhook and getUpdates alike.
var allowed = [...]string{"message", "edited_message", "callback_query", "my_chat_member"}

// Settings is one bot.
type Settings struct {
	Token     string           // from BotFather: "7000000001:AA…"
	Secret    string           // what Telegram sends back with each update; 32 signs or more. Not needed when polling
	APIURL    string           // "" Telegram's own; else a local server's or a test's
	PublicURL string           // what Telegram calls, without a final slash
	Poll      bool             // updates by getUpdates instead of the webhook
	Now       func() time.Time // nil: time.Now
}

// Telegram is one bot. It is safe for use at once and keeps no message. Close it to end its worker.
type Telegram struct {
	settings Settings
	id       string // the bot's, the first half of its token
	api      *url.URL
	bot      *bot.Bot
	receiver channels.Receiver
	base     http.RoundTripper
	log      *slog.Logger
	errands  *errands
	unread   atomic.Int64 // updates of a kind we do not read
}

var (
	tokenShape  = regexp.MustCompile(`^([0-9]{1,20}):[A-Za-z0-9_-]{20,}$`)
	secretShape = regexp.MustCompile(`^[A-Za-z0-9_-]{32,256}$`)
)

// New checks the settings, all at once, and connects nothing yet. A nil base is call.Transport.
func New(s Settings, receiver channels.Receiver, base http.RoundTripper, log *slog.Logger) (*Telegram, error) {
	var wrong []error
	say := func(ok bool, text string) {
		if !ok {
			wrong = append(wrong, errors.New("telegram: "+text))
		}
	}
	say(tokenShape.MatchString(s.Token), "the token is a number, a colon and BotFather's signs")
	say(s.Poll || secretShape.MatchString(s.Secret), "the secret is 32 signs or more of A–Z a–z 0–9 _ -")
	public, err := url.Parse(s.PublicURL)
	say(s.Poll || err == nil && public.Host != "" && !strings.HasSuffix(s.PublicURL, "/"), "the public URL must be https://host without a final slash")
	configured := s.APIURL != ""
	if !configured {
		s.APIURL = "https://api.telegram.org"
	}
	s.APIURL = strings.TrimSuffix(s.APIURL, "/")
	api, err := url.Parse(s.APIURL)
	say(err == nil && api.Host != "", "the API URL is no URL")
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	if base == nil {
		base = call.Transport(configured)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	t := &Telegram{settings: s, id: tokenShape.FindStringSubmatch(s.Token)[1], api: api, receiver: receiver, base: base, log: log}
	// The library's errors quote answers and addresses with the token: its handler stays silent, Send says the class.
	t.bot, err = bot.New(s.Token, bot.WithSkipGetMe(), bot.WithServerURL(s.APIURL), bot.WithHTTPClient(time.Minute, caller{t}),
		bot.WithErrorsHandler(func(error) {}), bot.WithUpdatesChannelCap(0))
	if err != nil {
		return nil, errors.New("telegram: the library refuses the token")
	}
	t.errands = newErrands()
	return t, nil
}

// Channel is the way out.
func (t *Telegram) Channel() channels.Channel { return t }

// Name implements channels.Channel.
func (t *Telegram) Name() channels.Name { return channels.Telegram }

// Unread counts updates of kinds we do not read.
func (t *Telegram) Unread() int64 { return t.unread.Load() }

// Close ends what is still to be answered, at once.
func (t *Telegram) Close() { t.errands.close() }

// address is a chat's: "telegram:12345".
func address(chat int64) channels.Address {
	return channels.MakeAddress(channels.Telegram, strconv.FormatInt(chat, 10))
}

// handle names a message within its chat: "678". The chat's id is a person's, and handles are stored in clear: so it is not in them, and
// whoever looks one up knows the conversation.
func handle(message int64) channels.Handle { return channels.Handle(strconv.FormatInt(message, 10)) }

// numbered reads a handle, also one of the time when the chat stood before it ("12345:678"); ok is false for one that is not ours.
func numbered(h channels.Handle) (message int, ok bool) {
	text := string(h)
	if _, after, old := strings.Cut(text, ":"); old {
		text = after
	}
	message, err := strconv.Atoi(text)
	return message, err == nil && message > 0
}
