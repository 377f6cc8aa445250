package telegram

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"concierge/channels"
	"concierge/internal/failpoint"

	"github.com/go-telegram/bot"
)

// maxBody is far above any update (a text of 4,096, a reply to one like it).
const maxBody = 1 << 20

// Webhook takes updates: POST /webhooks/telegram. What is authentic and stored gets 200 whether we can read it or not: anything else
// would block that person for a day. Never 410, which closes the webhook.
func (t *Telegram) Webhook() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		if !t.authentic(r.Header.Get("X-Telegram-Bot-Api-Secret-Token")) {
			t.log.WarnContext(r.Context(), "telegram: secret refused")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			t.unread.Add(1)
			t.log.WarnContext(r.Context(), "telegram: update over 1 MiB passed over")
			return
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest) // cut off on the way: Telegram sends it again
			return
		}
		if err := t.take(r.Context(), raw); err != nil {
			if !errors.Is(err, context.Canceled) {
				t.log.ErrorContext(r.Context(), "telegram: not stored", "err", err)
			}
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
}

// authentic compares in constant time; without a secret (polling) nobody is.
func (t *Telegram) authentic(secret string) bool {
	return t.settings.Secret != "" && subtle.ConstantTimeCompare([]byte(secret), []byte(t.settings.Secret)) == 1
}

// take stores one update; a nil error means that it is on disk, or nothing anybody would miss.
func (t *Telegram) take(ctx context.Context, raw []byte) error {
	var u fields
	if json.Unmarshal(raw, &u) != nil {
		return t.receiver.Quarantine(ctx, channels.Telegram, "", raw)
	}
	p := t.parse(u)
	var err error
	switch {
	case p.unreadable:
		err = t.receiver.Quarantine(ctx, channels.Telegram, p.message.ID, raw)
	case p.unwanted:
		t.unread.Add(1)
	default:
		err = t.receiver.Receive(ctx, p.message)
	}
	if err != nil {
		return err
	}
	if p.query != "" { // stale or not, else the button spins
		t.errands.add(func(ctx context.Context) {
			_, _ = t.bot.AnswerCallbackQuery(ctx, &bot.AnswerCallbackQueryParams{CallbackQueryID: p.query})
		})
	}
	failpoint.Hit("answer: before 2xx")
	return nil
}

// parsed is what became of an update.
type parsed struct {
	message    channels.Message
	query      string // a callback query to answer
	unreadable bool   // authentic, but without what makes it a message: quarantined
	unwanted   bool   // of a kind we do not read: counted
}

// parse reads an update's kind, then that kind.
func (t *Telegram) parse(u fields) parsed {
	id, ok := u.number("update_id")
	m := channels.Message{
		Channel: channels.Telegram, Account: t.id, ID: strconv.FormatInt(id, 10), To: channels.MakeAddress(channels.Telegram, t.id),
		At: t.settings.Now().UTC(), Kind: channels.KindOther,
	}
	if !ok {
		m.ID = ""
		return parsed{message: m, unreadable: true}
	}
	switch {
	case u.has("message"):
		return written(m, u.object("message"))
	case u.has("edited_message"):
		return edited(m, u.object("edited_message"))
	case u.has("callback_query"):
		return pressed(m, u.object("callback_query"))
	case u.has("my_chat_member"):
		return member(m, u.object("my_chat_member"))
	}
	return parsed{message: m, unwanted: true}
}
