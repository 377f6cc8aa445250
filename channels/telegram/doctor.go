package telegram

import (
	"context"
	"errors"
	"fmt"
	"time"

	"concierge/channels/call"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// maxConnections is how many updates Telegram sends at once.
const maxConnections = 20

// Hook is what Telegram tells of our webhook.
type Hook struct {
	URL     string
	Pending int    // updates waiting
	Failed  string // the last failure, in Telegram's words; "" none
	At      time.Time
}

// Command is one line of the menu a person sees behind "/": name [a-z0-9_]{1,32}, words of at most 256.
type Command struct{ Name, Words string }

// Me is the bot's user name: the token works.
func (t *Telegram) Me(ctx context.Context) (string, error) {
	u, err := t.bot.GetMe(watched(ctx))
	if err != nil {
		return "", t.failed("getMe", err)
	}
	return u.Username, nil
}

// Register sets the webhook to our public URL with its secret. Doing it again changes nothing; updates waiting are kept.
func (t *Telegram) Register(ctx context.Context) error {
	_, err := t.bot.SetWebhook(watched(ctx), &bot.SetWebhookParams{
		URL: t.settings.PublicURL + Route, SecretToken: t.settings.Secret, AllowedUpdates: allowed[:], MaxConnections: maxConnections,
	})
	if err != nil {
		return t.failed("setWebhook", err)
	}
	return nil
}

// Registered reads the webhook back.
func (t *Telegram) Registered(ctx context.Context) (Hook, error) {
	i, err := t.bot.GetWebhookInfo(watched(ctx))
	if err != nil {
		return Hook{}, t.failed("getWebhookInfo", err)
	}
	h := Hook{URL: i.URL, Pending: i.PendingUpdateCount, Failed: i.LastErrorMessage}
	if i.LastErrorDate > 0 {
		h.At = time.Unix(int64(i.LastErrorDate), 0).UTC()
	}
	return h, nil
}

// SetCommands sets the menu for a two-letter language; "" for all others.
func (t *Telegram) SetCommands(ctx context.Context, language string, commands []Command) error {
	p := &bot.SetMyCommandsParams{LanguageCode: language}
	for _, c := range commands {
		p.Commands = append(p.Commands, models.BotCommand{Command: c.Name, Description: c.Words})
	}
	if _, err := t.bot.SetMyCommands(watched(ctx), p); err != nil {
		return t.failed("setMyCommands", err)
	}
	return nil
}

func watched(ctx context.Context) context.Context {
	return context.WithValue(ctx, callKey{}, &call.Call{})
}

// failed says which call failed and how, without the library's words: they may hold the token.
func (t *Telegram) failed(method string, err error) error {
	for _, known := range []error{bot.ErrorUnauthorized, bot.ErrorNotFound, bot.ErrorConflict, bot.ErrorBadRequest, bot.ErrorForbidden} {
		if errors.Is(err, known) {
			return fmt.Errorf("telegram: %s: %w", method, known)
		}
	}
	return fmt.Errorf("telegram: %s: no usable answer", method)
}
