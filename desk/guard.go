package desk

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"concierge/internal/caller"
	"concierge/internal/database"
)

// request is a request with what the guard has found out: who it is from, and the secret their form tokens hang on.
type request struct {
	*http.Request
	Person *person // nil: not signed in
	Act    act
	Lang   string
	secret string
}

const (
	formLimit   = 64 << 10
	seenEvery   = time.Minute
	liveHeader  = "Desk-Live" // a script looks again: nobody is at the keyboard, so the session's rest is not broken
	formCookie  = "desk-form"
	staffKey    = "staff"
	secretKey   = "form"
	formField   = "form"
	deskTag     = "en" // the console's own language, until somebody translates it
	pageTimeout = 20 * time.Second
)

// guard lets through who may: session, rights, form token, in this order.
func (d *Desk) guard(rt route) http.Handler {
	inner := http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		legible(hr)
		r := &request{Request: hr, Act: rt.act, Lang: deskTag}
		if err := d.identify(r); err != nil {
			d.fail(w, hr, err)
			return
		}
		if rt.act != anyone && r.Person == nil {
			http.Redirect(w, hr, "/desk/login?next="+url.QueryEscape(next(hr)), http.StatusSeeOther)
			return
		}
		if rt.act != anyone && may(r.Person.Roles, rt.act) == none {
			d.problem(w, r, http.StatusForbidden, "forbidden")
			return
		}
		if hr.Method == http.MethodPost {
			hr.Body = http.MaxBytesReader(w, hr.Body, formLimit)
			if err := hr.ParseForm(); err != nil {
				d.problem(w, r, http.StatusRequestEntityTooLarge, "too_large")
				return
			}
			mend(hr.PostForm)
			mend(hr.Form)
			if !d.genuine(r) {
				d.problem(w, r, http.StatusForbidden, "form_old")
				return
			}
		}
		if err := rt.handle(d, w, r); err != nil {
			d.answer(w, r, err)
		}
	})
	saved := d.sessions.LoadAndSave(inner)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/desk/static/") {
			inner.ServeHTTP(w, r.WithContext(d.noSession(r.Context())))
			return
		}
		if r.Method == http.MethodGet && (r.Header.Get(liveHeader) != "" || strings.HasPrefix(r.URL.Path, "/desk/events")) {
			ctx, err := d.sessions.Load(r.Context(), cookieValue(r, d.sessions.Cookie.Name))
			if err != nil {
				d.fail(w, r, err)
				return
			}
			inner.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), pageTimeout)
		defer cancel()
		saved.ServeHTTP(w, r.WithContext(ctx))
	})
}

// noSession is a context with an empty session, for what never needs one.
func (d *Desk) noSession(ctx context.Context) context.Context {
	ctx, err := d.sessions.Load(ctx, "")
	if err != nil {
		return ctx
	}
	return ctx
}

// identify finds who it is from, and notes once a minute that they are there.
func (d *Desk) identify(r *request) error {
	ctx := r.Context()
	id := d.sessions.GetString(ctx, staffKey)
	if id == "" {
		r.secret = cookieValue(r.Request, d.formCookieName())
		return nil
	}
	r.secret = d.sessions.GetString(ctx, secretKey)
	err := d.read(ctx, func(tx *database.Tx) (err error) {
		r.Person, err = personBy(ctx, tx, "id", id)
		return err
	})
	if errors.Is(err, ErrNobody) || errors.Is(err, errBarred) {
		return d.sessions.Destroy(ctx)
	}
	if err != nil {
		return err
	}
	if d.Now().Sub(r.Person.SeenAt) < seenEvery {
		return nil
	}
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE staff SET seen_at = $2 WHERE id = $1`, id, tx.Now())
		return err
	})
}

// genuine tells a form of ours, sent by the browser we gave it to.
func (d *Desk) genuine(r *request) bool {
	return r.secret != "" && hmac.Equal([]byte(r.PostForm.Get(formField)), []byte(d.token(r.secret)))
}

// secretFor gives a browser that is not signed in a secret of its own, so that its forms can be told.
func (d *Desk) secretFor(w http.ResponseWriter, r *request) {
	if r.secret != "" {
		return
	}
	r.secret = random()
	c := &http.Cookie{Name: d.formCookieName(), Value: r.secret, Path: "/desk/", HttpOnly: true, Secure: d.secure, SameSite: http.SameSiteLaxMode}
	if d.secure {
		c.Path = "/"
	}
	http.SetCookie(w, c)
}

func (d *Desk) formCookieName() string {
	if d.secure {
		return "__Host-" + formCookie
	}
	return formCookie
}

// anonymous is a request nobody has been looked for.
func (d *Desk) anonymous(r *http.Request) *request { return &request{Request: r, Lang: deskTag} }

// from is the address a request came from, told by a proxy only where we trust it.
func (d *Desk) from(r *http.Request) netip.Addr { return caller.From(r, d.Proxies) }

// headers go with every answer.
func (d *Desk) headers(next http.Handler) http.Handler {
	ancestors := "'none'"
	if d.Framed {
		ancestors = "'self'"
	}
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors " + ancestors + "; require-trusted-types-for 'script'; trusted-types desk"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cache-Control", "no-store")
		if d.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// next is where to go after signing in: the page asked for, or the front.
func next(r *http.Request) string {
	if r.Method != http.MethodGet {
		return "/desk/"
	}
	return r.URL.RequestURI()
}

// ours lets only paths of the desk through: never another site, nor "//somewhere".
func ours(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/desk/") || strings.Contains(path, "\\") || strings.Contains(u.Path, "/..") {
		return "/desk/"
	}
	return path
}

func cookieValue(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

func random() string {
	raw := make([]byte, 32)
	rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}
