package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"concierge/channels"
	"concierge/channels/call"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// maxCaption is the longest text below a photo, in UTF-16 units (core.telegram.org/bots/api#sendphoto).
const maxCaption = 1024

// Send makes one message. The error is always a *channels.SendError; an uncertain one may have been sent, and nothing can tell.
func (t *Telegram) Send(ctx context.Context, o channels.Outgoing) (channels.Handle, error) {
	chat, err := strconv.ParseInt(o.To.Value(), 10, 64)
	if err != nil || o.To.Kind() != channels.Telegram {
		return "", &channels.SendError{Class: channels.Refused, Code: "address"}
	}
	for _, h := range o.Choices {
		if !channels.ValidData(h.Data) {
			return "", &channels.SendError{Class: channels.Refused, Code: "data"}
		}
	}
	if !o.Expires.IsZero() && !o.Expires.After(t.settings.Now()) {
		return "", &channels.SendError{Class: channels.Expired}
	}
	if strings.TrimSpace(o.Text) == "" && o.Photo == "" {
		return "", &channels.SendError{Class: channels.Refused, Code: "empty"}
	}
	c := &call.Call{}
	ctx2 := context.WithValue(ctx, callKey{}, c)
	m, err := t.post(ctx2, chat, o)
	switch {
	case err != nil && sentAnyway(c) > 0: // sent, only told in words the library does not know
	case err != nil:
		return "", failure(c, err)
	case m == nil || m.ID == 0:
		return "", &channels.SendError{Class: channels.Uncertain, Code: strconv.Itoa(c.Status)}
	}
	for _, h := range o.Retire {
		t.retire(chat, h)
	}
	if err != nil {
		return handle(sentAnyway(c)), nil
	}
	return handle(int64(m.ID)), nil
}

// post makes the call. A photo goes with its words below it; words too long for that show it as a preview.
func (t *Telegram) post(ctx context.Context, chat int64, o channels.Outgoing) (*models.Message, error) {
	if o.Photo != "" && len(utf16.Encode([]rune(o.Text))) <= maxCaption {
		return t.bot.SendPhoto(ctx, &bot.SendPhotoParams{
			ChatID: chat, Photo: &models.InputFileString{Data: o.Photo}, Caption: o.Text, ReplyMarkup: markup(o),
		})
	}
	yes := true
	preview := &models.LinkPreviewOptions{IsDisabled: &yes}
	if o.Photo != "" {
		preview = &models.LinkPreviewOptions{URL: &o.Photo, PreferLargeMedia: &yes}
	}
	return t.bot.SendMessage(ctx, &bot.SendMessageParams{ChatID: chat, Text: o.Text, LinkPreviewOptions: preview, ReplyMarkup: markup(o)})
}

// retire takes spent buttons away, after the send and by the way: a press on one is known to be stale anyhow.
func (t *Telegram) retire(chat int64, h channels.Handle) {
	id, ok := numbered(h)
	if !ok {
		return
	}
	t.errands.add(func(ctx context.Context) {
		_, _ = t.bot.EditMessageReplyMarkup(ctx, &bot.EditMessageReplyMarkupParams{ChatID: chat, MessageID: id, ReplyMarkup: inline{Rows: [][]button{}}})
	})
}

// sentAnyway is the message id of an answer that says ok, 0 of any other.
func sentAnyway(c *call.Call) int64 {
	var a struct {
		OK     bool `json:"ok"`
		Result struct {
			ID int64 `json:"message_id"`
		} `json:"result"`
	}
	if c.Status != http.StatusOK || json.Unmarshal(c.Body, &a) != nil || !a.OK {
		return 0
	}
	return a.Result.ID
}

// callKey carries the *call.Call of a send to the transport.
type callKey struct{}

// caller is the library's HTTP client: our context, the whole answer read, no redirect, no other host.
type caller struct{ t *Telegram }

var errHost = errors.New("not the Bot API's host")

// Do implements the library's HttpClient.
func (c caller) Do(r *http.Request) (*http.Response, error) {
	if r.URL.Host != c.t.api.Host {
		return nil, errHost
	}
	one, ok := r.Context().Value(callKey{}).(*call.Call)
	if !ok {
		one = &call.Call{}
	}
	return one.Do(r.Context(), c.t.base, r)
}

// failure classes what the library said. Its words quote answers and addresses, so only the class and the code are kept.
func failure(c *call.Call, err error) *channels.SendError {
	e := &channels.SendError{Class: channels.Uncertain}
	if c.Status > 0 {
		e.Code = strconv.Itoa(c.Status)
	}
	var slow *bot.TooManyRequestsError
	var moved *bot.MigrateError
	switch {
	case c.Never:
		e.Class, e.Code = channels.Retry, "connection"
	case errors.As(err, &slow):
		e.Class, e.After = channels.Throttled, time.Duration(max(slow.RetryAfter, 1))*time.Second
	case c.Status == http.StatusTooManyRequests:
		e.Class, e.After = channels.Throttled, max(c.After, time.Second)
	case errors.Is(err, bot.ErrorForbidden), errors.As(err, &moved):
		e.Class = channels.Unreachable
	case errors.Is(err, bot.ErrorBadRequest):
		e.Class = channels.Refused
		if bytes.Contains(c.Body, []byte("chat not found")) {
			e.Class = channels.Unreachable
		}
	case errors.Is(err, bot.ErrorUnauthorized), errors.Is(err, bot.ErrorNotFound), errors.Is(err, bot.ErrorConflict):
		e.Class = channels.Configuration
	}
	return e
}
