package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"concierge/channels"
	"concierge/channels/call"

	"github.com/go-telegram/bot"
)

// ErrMedia is a reference that cannot be Telegram's; ErrMediaGone is a file that is not to be had (yet).
var (
	ErrMedia     = errors.New("telegram: not a file reference")
	ErrMediaGone = errors.New("telegram: no such file")
)

var pathShape = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`)

// Fetch opens a file: getFile, then its path below the token. That address holds the token and is in no error.
func (t *Telegram) Fetch(ctx context.Context, m channels.Media) (io.ReadCloser, error) {
	if m.Ref == "" || strings.ContainsAny(m.Ref, "/:?#& ") {
		return nil, ErrMedia
	}
	c := &call.Call{}
	f, err := t.bot.GetFile(context.WithValue(ctx, callKey{}, c), &bot.GetFileParams{FileID: m.Ref})
	if err != nil {
		if c.Status == http.StatusBadRequest || c.Status == http.StatusNotFound {
			return nil, ErrMediaGone
		}
		return nil, fmt.Errorf("telegram: getFile: status %d", c.Status)
	}
	if !pathShape.MatchString(f.FilePath) || strings.Contains(f.FilePath, "..") {
		return nil, ErrMediaGone
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, t.settings.APIURL+"/file/bot"+t.settings.Token+"/"+f.FilePath, nil)
	if err != nil {
		return nil, ErrMedia
	}
	resp, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("telegram: fetch file: %w", cause(err))
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	_ = resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return nil, ErrMediaGone
	}
	return nil, fmt.Errorf("telegram: fetch file: status %d", resp.StatusCode)
}

// cause drops the address from a network error.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
