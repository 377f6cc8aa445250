// Package tracking is the page behind a case's link: where the report is, what happens next and by when, as one follows a parcel. It
// works without scripts and changes nothing. It shows no name, no number, no resident's words and no house number, and refuses to
// know who is looking: whoever has the link may read.
package tracking

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"concierge/cases"
	"concierge/council"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/seal"
	"concierge/locales"
)

//go:embed static/style.css page.html gone.html
var files embed.FS

// Settings are what the page needs.
type Settings struct {
	DB       *database.DB
	Cases    *cases.Cases
	Inbox    *inbox.Inbox // whose language a follower reads, and on which channel
	Keys     *seal.Keys
	Council  *council.Council
	Locales  func() *locales.Set // read for each page: files may be edited while we serve
	Offered  func() []string     // the languages offered, the source first
	Boundary [][][2]float64      // rings of lon, lat for the locator; none: no locator
	Reach    Reach
	Now      func() time.Time // nil is time.Now
	Log      *slog.Logger
}

// Reach says where residents can write to us; what is empty is off.
type Reach struct {
	SMS      string // "+441215550199"
	WhatsApp string // "+441215550199"
	Telegram string // the bot's name without @
}

// Page is the handler of /t/.
type Page struct {
	s     Settings
	page  *template.Template
	gone  *template.Template
	style []byte
	sheet string // where the style sheet lies: its name holds its hash, so that it may be kept for ever
}

// New makes the handler of everything under /t/.
func New(s Settings) (*Page, error) {
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	p := &Page{s: s}
	var err error
	if p.page, err = template.ParseFS(files, "page.html"); err == nil {
		p.gone, err = template.ParseFS(files, "gone.html")
	}
	if err != nil {
		return nil, fmt.Errorf("open tracking page: %w", err)
	}
	css, err := files.ReadFile("static/style.css")
	if err != nil {
		return nil, fmt.Errorf("open tracking page: %w", err)
	}
	p.style = append([]byte(fmt.Sprintf(":root{--brand:%s}\n", s.Council.Brand)), css...)
	sum := sha256.Sum256(p.style)
	p.sheet = "/t/style." + hex.EncodeToString(sum[:6]) + ".css"
	return p, nil
}

// ServeHTTP shows a page. Links unknown, ended and revoked get one and the same answer.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "", http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Path == p.sheet {
		p.serveStyle(w)
		return
	}
	headers(w.Header())
	view, err := p.load(r.Context(), strings.TrimPrefix(r.URL.Path, "/t/"), r.URL.Query().Get("lang"))
	switch {
	case errors.Is(err, cases.ErrNotFound):
		p.show(w, http.StatusNotFound, p.gone, p.goneView(r))
	case err != nil:
		p.s.Log.Error("tracking page failed", "error", err)
		http.Error(w, "", http.StatusInternalServerError)
	default:
		p.show(w, http.StatusOK, p.page, view)
	}
}

// headers keep the page to its reader: in no cache, in no index, in no other site's log; nothing but our own style and pictures.
func headers(h http.Header) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store, private")
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
}

func (p *Page) serveStyle(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(p.style)
}

func (p *Page) show(w http.ResponseWriter, status int, t *template.Template, view any) {
	var b bytes.Buffer
	if err := t.Execute(&b, view); err != nil {
		p.s.Log.Error("tracking page failed", "error", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// load finds what a token stands for, or ErrNotFound: for a token that is none of ours, revoked, or ended.
func (p *Page) load(ctx context.Context, token, lang string) (v *view, err error) {
	link, ok := p.s.Keys.LinkNo(token)
	if !ok {
		return nil, cases.ErrNotFound
	}
	err = p.s.DB.Read(ctx, func(tx *database.Tx) error {
		found := source{now: p.s.Now()}
		var err error
		if found.one, found.follower, err = p.s.Cases.ByLink(ctx, tx, int64(link)); err != nil {
			return err
		}
		if found.one.Status.Done() && found.now.Sub(found.one.ClosedAt) > p.s.Council.Tracking.Expires {
			return cases.ErrNotFound
		}
		if found.updates, err = p.s.Cases.Updates(ctx, tx, found.one.ID, 0); err != nil {
			return err
		}
		if found.followers, err = p.s.Cases.CountFollowers(ctx, tx, found.one.ID); err != nil {
			return err
		}
		found.tag = found.one.Language
		switch c, err := p.s.Inbox.Get(ctx, tx, string(found.follower.Conversation)); {
		case err == nil:
			found.channel = c.Channel
			if c.Language != "" {
				found.tag = c.Language
			}
		case !errors.Is(err, inbox.ErrNoConversation):
			return err
		}
		found.tag = p.language(lang, found.tag)
		v = p.view(found)
		return nil
	})
	return v, err
}

// language is the one asked for, else the reader's, else the source: always one that is offered.
func (p *Page) language(asked, own string) string {
	offered := p.s.Offered()
	for _, tag := range []string{asked, own} {
		if slices.Contains(offered, tag) {
			return tag
		}
	}
	return locales.Source
}
