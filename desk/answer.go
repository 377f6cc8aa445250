package desk

import (
	"context"
	"errors"
	"net/http"

	"concierge/cases"
	"concierge/inbox"
	"concierge/internal/database"
)

// answer turns an error into a page. It is the one table of errors; only what is our fault is logged.
func (d *Desk) answer(w http.ResponseWriter, r *request, err error) {
	var held *inbox.Held
	switch {
	case errors.Is(err, inbox.ErrNotFound), errors.Is(err, cases.ErrNotFound), errors.Is(err, database.ErrNoRows):
		d.problem(w, r, http.StatusNotFound, "not_found")
	case errors.As(err, &held):
		d.problem(w, r, http.StatusConflict, "held", "Name", held.Name)
	case errors.Is(err, inbox.ErrStale), errors.Is(err, cases.ErrStale):
		d.problem(w, r, http.StatusConflict, "stale")
	case errors.Is(err, inbox.ErrNotYours):
		d.problem(w, r, http.StatusConflict, "not_yours")
	case errors.Is(err, inbox.ErrWindow):
		d.problem(w, r, http.StatusUnprocessableEntity, "window_closed")
	case errors.Is(err, inbox.ErrIncomplete):
		d.problem(w, r, http.StatusUnprocessableEntity, "incomplete")
	case errors.Is(err, inbox.ErrForbidden):
		d.problem(w, r, http.StatusForbidden, "forbidden")
	case errors.Is(err, context.Canceled):
	default:
		d.fail(w, r.Request, err)
	}
}

type problemPage struct {
	frame
	Heading, Text string
}

// problem says in words what went wrong and where to go on: desk.problem.<name> and its .about.
func (d *Desk) problem(w http.ResponseWriter, r *request, status int, name string, vars ...any) {
	p := problemPage{frame: d.frame(w, r, "")}
	p.Heading, p.Text = p.T("problem."+name+".name"), p.T("problem."+name+".about", vars...)
	p.Title = p.Heading
	d.render(w, r, status, "problem", p)
}

// fail is for what is our fault.
func (d *Desk) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	d.Log.Error("desk: page failed", "pattern", r.Pattern, "error", err)
	d.problem(w, d.anonymous(r), http.StatusInternalServerError, "failed")
}

// nowhere answers for addresses nobody has.
func (d *Desk) nowhere(w http.ResponseWriter, r *request) error { return inbox.ErrNotFound }
