// Package desk is the staff's web console: who waits for a person, what was said, what stands in a case and what residents will read
// when it changes. It changes nothing by itself: it calls inbox or cases in a transaction of its own, then redirects. It refuses to
// run turns, to know providers, and to hold words for people: those are keys in locales/.
package desk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"concierge/cases"
	"concierge/channels"
	"concierge/council"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/feed"
	"concierge/internal/media"
	"concierge/internal/phrase"
	"concierge/internal/seal"
)

// Settings are what the desk is given. All but Dir, LanguageName, Media, Framed, Proxies, Channels, Version, Log and Now must be set.
type Settings struct {
	DB       *database.DB
	Inbox    *inbox.Inbox
	Handoffs *inbox.Handoffs
	Cases    *cases.Cases
	Keys     *seal.Keys
	Council  *council.Council
	Feed     *feed.Tail
	Media    media.Store

	// Say words a line in a language; locales does it.
	Say func(tag string, l phrase.Line) string
	// Dir is "rtl" or "ltr", and LanguageName what a language calls itself.
	Dir, LanguageName func(tag string) string
	// Preview tells what each follower would read of a move, worded by what the job `tell` words it with; it changes nothing. A move that
	// would be refused is refused here too.
	Preview func(ctx context.Context, ref cases.Reference, version int64, m cases.Move, by cases.Actor) ([]Notice, error)

	PublicURL string         // where browsers find us: https, or the loopback address
	Framed    bool           // the simulator shows the desk in a frame of the same origin
	Proxies   []netip.Prefix // whose forwarded addresses we believe
	Channels  []channels.Name
	Version   string
	Log       *slog.Logger
	Now       func() time.Time // for clocks on pages; the database's rules all else
}

// Desk is the console. It is safe for use at once.
type Desk struct {
	Settings
	sessions *scs.SessionManager
	hasher   *hasher
	pages    *template.Template
	assets   assets
	formKey  []byte
	secure   bool
	origin   string
	teams    teams

	ending  chan struct{} // closed by Close: streams end
	endOnce sync.Once
}

// ErrPlainHTTP is returned for a public URL without https that is not this machine's own.
var ErrPlainHTTP = errors.New("the desk needs https: CONCIERGE_PUBLIC_URL is a plain http address of another machine")

// New makes the console, or says what it misses.
func New(s Settings) (*Desk, error) {
	if s.DB == nil || s.Inbox == nil || s.Handoffs == nil || s.Cases == nil || s.Keys == nil || s.Council == nil || s.Feed == nil || s.Say == nil || s.Preview == nil {
		return nil, errors.New("open desk: a setting is missing")
	}
	public, err := url.Parse(s.PublicURL)
	if err != nil || public.Host == "" {
		return nil, fmt.Errorf("open desk: the public URL cannot be read: %w", err)
	}
	if public.Scheme != "https" && !loopback(public.Hostname()) {
		return nil, ErrPlainHTTP
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Dir == nil {
		s.Dir = func(string) string { return "ltr" }
	}
	if s.LanguageName == nil {
		s.LanguageName = func(tag string) string { return tag }
	}
	d := &Desk{Settings: s, secure: public.Scheme == "https", origin: public.Scheme + "://" + public.Host, hasher: newHasher(),
		formKey: s.Keys.Derive("desk forms"), ending: make(chan struct{})}
	d.sessions = newSessions(s.DB, d.secure)
	d.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) { d.fail(w, r, err) }
	if d.assets, err = loadAssets(s.Council.Brand); err != nil {
		return nil, fmt.Errorf("open desk: %w", err)
	}
	if d.pages, err = loadPages(); err != nil {
		return nil, fmt.Errorf("open desk: %w", err)
	}
	return d, nil
}

// Close ends the live streams, for a server that is shutting down. Give it to RegisterOnShutdown.
func (d *Desk) Close() { d.endOnce.Do(func() { close(d.ending) }) }

// write runs f in a transaction and wakes the live pages once it is on disk.
func (d *Desk) write(ctx context.Context, f func(*database.Tx) error) error {
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		tx.AfterCommit(func() { d.Feed.Notify(context.WithoutCancel(ctx)) })
		return f(tx)
	})
}

func (d *Desk) read(ctx context.Context, f func(*database.Tx) error) error { return d.DB.Read(ctx, f) }

// token is the form token that belongs to a secret of the browser's: its session's, or before signing in its form cookie's.
func (d *Desk) token(secret string) string {
	h := hmac.New(sha256.New, d.formKey)
	h.Write([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
