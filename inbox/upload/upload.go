// Package upload is the page behind a link that takes what a phone's messages cannot carry: photos, or where the phone is. What comes
// is cleaned and kept, then goes the way of any message, from the address the link was sent to. The photos work without scripts. It
// refuses to know what a photo answers, and who holds the phone: whoever has the link may send, three photos, for a day.
package upload

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"concierge/channels"
	"concierge/council"
	"concierge/inbox"
	"concierge/internal/caller"
	"concierge/internal/database"
	"concierge/internal/media"
	"concierge/internal/seal"
	"concierge/locales"
)

//go:embed static/style.css static/upload.js page.html
var files embed.FS

// route is where the page lies below the public URL.
const route = "/u/"

// Settings are what the page needs.
type Settings struct {
	DB       *database.DB
	Inbox    *inbox.Inbox
	Keys     *seal.Keys
	Receiver channels.Receiver
	Gate     *media.Gate // this process's one
	Media    media.Store
	Council  *council.Council
	Locales  func() *locales.Set // read for each page: files may be edited while we serve
	Offered  func() []string     // the languages offered, the source first
	Proxies  []netip.Prefix      // whose forwarded address is believed
	NewID    func() string       // nil is database.NewID
	Now      func() time.Time    // nil is time.Now
	Log      *slog.Logger
}

// Page is the handler of /u/.
type Page struct {
	s      Settings
	page   *template.Template
	static map[string]file // by path, which holds a hash, so that it may be kept for ever
	style  string
	script string
	tries  *tries
	hands  *hands
}

// file is the style sheet or the script.
type file struct {
	kind string
	text []byte
}

// New makes the handler of everything under /u/.
func New(s Settings) (*Page, error) {
	if s.NewID == nil {
		s.NewID = database.NewID
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	p := &Page{s: s, static: map[string]file{}, tries: newTries(s.Now), hands: &hands{of: map[string]int{}}}
	var err error
	if p.page, err = template.ParseFS(files, "page.html"); err != nil {
		return nil, fmt.Errorf("open upload page: %w", err)
	}
	if p.style, err = p.keep("static/style.css", "text/css; charset=utf-8", fmt.Appendf(nil, ":root{--brand:%s}\n", s.Council.Brand)); err != nil {
		return nil, err
	}
	p.script, err = p.keep("static/upload.js", "text/javascript; charset=utf-8", nil)
	return p, err
}

// keep gives a file of ours an address that changes with it.
func (p *Page) keep(name, kind string, head []byte) (string, error) {
	text, err := files.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("open upload page: %w", err)
	}
	text = append(head, text...)
	sum := sha256.Sum256(text)
	stem, end, _ := strings.Cut(strings.TrimPrefix(name, "static/"), ".")
	path := route + stem + "." + hex.EncodeToString(sum[:6]) + "." + end
	p.static[path] = file{kind, text}
	return path, nil
}

// ServeHTTP shows the page, and takes what is sent. GET changes nothing: messengers open links to show what is behind them.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	if !reading && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "", http.StatusMethodNotAllowed)
		return
	}
	if f, ok := p.static[r.URL.Path]; ok && reading {
		serve(w, f)
		return
	}
	headers(w.Header())
	from := caller.From(r, p.s.Proxies)
	if !p.tries.left(from) {
		p.tooMany(w, r)
		return
	}
	v, err := p.open(r)
	switch {
	case err == errGone:
		p.tries.count(from)
		p.show(w, http.StatusNotFound, p.gone(r))
	case err != nil:
		p.failed(w, r, err)
	case reading:
		p.show(w, http.StatusOK, v.shown(r.URL.Query().Get("sent")))
	default:
		p.tries.count(from)
		p.post(w, r, v)
	}
}

// headers keep the page to its reader: in no cache, in no index, in no other site's log; nothing but our own style and script.
func headers(h http.Header) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store, private")
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(self), microphone=()")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; "+
		"form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
}

func serve(w http.ResponseWriter, f file) {
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(f.text) // a caller that went away is no news
}
