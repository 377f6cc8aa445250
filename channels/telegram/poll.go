package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"concierge/channels/call"

	"github.com/go-telegram/bot"
)

const (
	pollTime  = 50 * time.Second
	pollLimit = 100
	pollPause = time.Second // after a failure, of theirs or of ours
)

// Poll asks for updates until ctx ends; it returns nil then. One poller at a time, else Telegram refuses both (409): the leader. The
// offset rises only past what is stored, so a stop or a crash loses nothing.
func (t *Telegram) Poll(ctx context.Context) error {
	if _, err := t.bot.DeleteWebhook(ctx, &bot.DeleteWebhookParams{}); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return errors.New("telegram: deleteWebhook failed")
	}
	var offset int64
	for ctx.Err() == nil {
		next, err := t.round(ctx, offset)
		offset = next
		if err == nil || ctx.Err() != nil {
			continue
		}
		t.log.WarnContext(ctx, "telegram: polling", "err", err)
		select {
		case <-time.After(pollPause):
		case <-ctx.Done():
		}
	}
	return nil
}

// round is one getUpdates; it gives the offset to go on from, and an error when something is worth a pause.
func (t *Telegram) round(ctx context.Context, offset int64) (int64, error) {
	body, err := json.Marshal(map[string]any{
		"offset": offset, "limit": pollLimit, "timeout": int(pollTime / time.Second), "allowed_updates": allowed,
	})
	if err != nil {
		return offset, err
	}
	ctx2, stop := context.WithTimeout(ctx, pollTime+10*time.Second)
	defer stop()
	r, err := http.NewRequestWithContext(ctx2, http.MethodPost, t.settings.APIURL+"/bot"+t.settings.Token+"/getUpdates", bytes.NewReader(body))
	if err != nil {
		return offset, errors.New("the address cannot be called")
	}
	r.Header.Set("Content-Type", "application/json")
	c := &call.Call{}
	resp, err := c.Do(ctx2, t.base, r)
	if err != nil {
		return offset, cause(err)
	}
	_ = resp.Body.Close()
	var got struct {
		OK     bool              `json:"ok"`
		Result []json.RawMessage `json:"result"`
	}
	if json.Unmarshal(c.Body, &got) != nil || !got.OK {
		return offset, fmt.Errorf("getUpdates: status %d", c.Status)
	}
	for _, raw := range got.Result {
		var u fields
		id, ok := int64(0), false
		if json.Unmarshal(raw, &u) == nil {
			id, ok = u.number("update_id")
		}
		if err := t.take(ctx, raw); err != nil {
			return offset, fmt.Errorf("not stored: %w", err)
		}
		if ok {
			offset = id + 1
		}
	}
	return offset, nil
}
