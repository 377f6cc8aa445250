package desk

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"concierge/internal/audit"
	"concierge/internal/database"
)

type loginPage struct {
	frame
	Email, Next string
	Error       string
}

// home is the first page of the desk for this person.
func (d *Desk) home(w http.ResponseWriter, r *request) error {
	f := d.frame(w, r, "")
	if len(f.Nav) == 0 {
		d.problem(w, r, http.StatusOK, "nothing_here")
		return nil
	}
	return back(w, r, f.Nav[0].Href, "")
}

func (d *Desk) loginPage(w http.ResponseWriter, r *request) error {
	if r.Person != nil {
		return back(w, r, ours(r.URL.Query().Get("next")), "")
	}
	return d.showLogin(w, r, http.StatusOK, "", "")
}

func (d *Desk) showLogin(w http.ResponseWriter, r *request, status int, email, problem string) error {
	p := loginPage{frame: d.frame(w, r, ""), Email: email, Next: ours(r.FormValue("next")), Error: problem}
	p.Title = p.T("login.title")
	d.render(w, r, status, "login", p)
	return nil
}

// login signs in by email and password. An unknown email costs as much as a known one. TOTP comes between here and the session.
func (d *Desk) login(w http.ResponseWriter, r *request) error {
	ctx, email := r.Context(), r.PostForm.Get("email")
	f := d.frame(w, r, "")
	if parsed, err := parseEmail(email); err == nil {
		email = parsed
	}
	var wait time.Duration
	var p *person
	err := d.DB.Write(ctx, func(tx *database.Tx) (err error) {
		if wait, err = try(ctx, tx, d.Keys, email, d.from(r.Request)); err != nil {
			return err
		}
		if p, err = personBy(ctx, tx, "email", email); errors.Is(err, ErrNobody) || errors.Is(err, errBarred) {
			err = nil
		}
		return err
	})
	if err != nil {
		return err
	}
	if wait > 0 {
		seconds := int((wait + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		return d.showLogin(w, r, http.StatusTooManyRequests, email, f.T("login.wait", "Count", seconds))
	}
	hash := ""
	if p != nil {
		hash = p.password
	}
	right, err := d.hasher.check(ctx, r.PostForm.Get("password"), hash)
	if err != nil {
		return err
	}
	if !right {
		return d.showLogin(w, r, http.StatusUnprocessableEntity, email, f.T("login.wrong"))
	}
	return d.enter(w, r, p, ours(r.PostForm.Get("next")))
}

// enter begins a session with a new token.
func (d *Desk) enter(w http.ResponseWriter, r *request, p *person, to string) error {
	ctx := r.Context()
	err := d.DB.Write(ctx, func(tx *database.Tx) error {
		if err := forgive(ctx, tx, d.Keys, p.Email); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE staff SET seen_at = $2 WHERE id = $1`, p.ID, tx.Now()); err != nil {
			return err
		}
		for _, text := range []string{`DELETE FROM sessions WHERE expires_at < $1`, `DELETE FROM invites WHERE expires_at < $1`} { // as good a time as any
			if _, err := tx.Exec(ctx, text, tx.Now()); err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: p.ID, Deed: "signed_in", Subject: p.ID})
	})
	if err != nil {
		return err
	}
	if err := d.sessions.RenewToken(ctx); err != nil {
		return err
	}
	d.sessions.Put(ctx, staffKey, p.ID)
	d.sessions.Put(ctx, secretKey, random())
	return back(w, r, to, "")
}

// logout ends the session and, by the feed, the streams that hang on it.
func (d *Desk) logout(w http.ResponseWriter, r *request) error {
	ctx := r.Context()
	id := r.Person.ID
	if err := d.sessions.Destroy(ctx); err != nil {
		return err
	}
	if err := d.endStreams(ctx, id, audit.Entry{Actor: id, Deed: "signed_out", Subject: id}); err != nil {
		return err
	}
	return back(w, r, "/desk/login", "")
}

// setAway says that somebody is away from their desk, or back.
func (d *Desk) setAway(w http.ResponseWriter, r *request) error {
	ctx := r.Context()
	err := d.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE staff SET away = $2 WHERE id = $1`, r.Person.ID, r.PostForm.Get("away") == "1")
		return err
	})
	if err != nil {
		return err
	}
	return back(w, r, ours(r.PostForm.Get("next")), "")
}

type welcomePage struct {
	frame
	Name, Email, Error, Token string
	Demo                      bool
}

// welcomePage shows the link's page. Looking uses nothing up.
func (d *Desk) welcomePage(w http.ResponseWriter, r *request) error {
	return d.showWelcome(w, r, http.StatusOK, "")
}

func (d *Desk) showWelcome(w http.ResponseWriter, r *request, status int, problem string) error {
	p := welcomePage{frame: d.frame(w, r, ""), Error: problem, Token: r.PathValue("token")}
	p.Title = p.T("welcome.title")
	var who *person
	err := d.read(r.Context(), func(tx *database.Tx) (err error) {
		who, p.Demo, err = invited(r.Context(), tx, r.PathValue("token"))
		return err
	})
	if errors.Is(err, errSpent) || errors.Is(err, ErrNobody) || errors.Is(err, errBarred) {
		d.problem(w, r, http.StatusGone, "link_spent")
		return nil
	}
	if err != nil {
		return err
	}
	p.Name, p.Email = who.Name, who.Email
	d.render(w, r, status, "welcome", p)
	return nil
}

// welcome sets the password, uses the link up and signs in. A demo's link signs in alone.
func (d *Desk) welcome(w http.ResponseWriter, r *request) error {
	ctx, token := r.Context(), r.PathValue("token")
	f := d.frame(w, r, "")
	var who *person
	var demo bool
	err := d.read(ctx, func(tx *database.Tx) (err error) {
		who, demo, err = invited(ctx, tx, token)
		return err
	})
	if err == nil && !demo {
		local, _, _ := strings.Cut(who.Email, "@")
		password := r.PostForm.Get("password")
		switch err := acceptable(password, local, who.Name, d.Council.ShortName, d.Council.Name); {
		case errors.Is(err, errCommon):
			return d.showWelcome(w, r, http.StatusUnprocessableEntity, f.T("welcome.common"))
		case err != nil:
			return d.showWelcome(w, r, http.StatusUnprocessableEntity, f.T("welcome.short"))
		case password != r.PostForm.Get("again"):
			return d.showWelcome(w, r, http.StatusUnprocessableEntity, f.T("welcome.differs"))
		}
	}
	if err == nil {
		who, err = d.useLink(ctx, token, r.PostForm.Get("password"), demo)
	}
	if errors.Is(err, errSpent) || errors.Is(err, ErrNobody) || errors.Is(err, errBarred) {
		d.problem(w, r, http.StatusGone, "link_spent")
		return nil
	}
	if err != nil {
		return err
	}
	return d.enter(w, r, who, "/desk/")
}

func (d *Desk) useLink(ctx context.Context, token, password string, demo bool) (who *person, err error) {
	hash := ""
	if !demo {
		if hash, err = d.hasher.hash(ctx, password); err != nil {
			return nil, err
		}
	}
	err = d.DB.Write(ctx, func(tx *database.Tx) (err error) {
		who, err = welcome(ctx, tx, token, hash)
		return err
	})
	return who, err
}
