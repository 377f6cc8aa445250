package desk

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"concierge/cases"
	"concierge/inbox"
	"concierge/internal/audit"
	"concierge/internal/database"
	"concierge/internal/feed"
)

// moveForm is the change as the form carries it, from its first step to its second.
type moveForm struct {
	To, Reason, NextStep, PlannedFor, Text, Original string
	Target                                           string // "status/reason"
	Version                                          int64
	Hash                                             string
}

func readMove(r *request) moveForm {
	get := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(r.PostForm.Get(name), "\r\n", "\n"))
	}
	m := moveForm{Target: get("target"), NextStep: get("next_step"), PlannedFor: get("planned_for"), Text: get("text"), Original: get("original"),
		Hash: get("hash")}
	m.To, m.Reason, _ = strings.Cut(m.Target, "/")
	m.Version, _ = strconv.ParseInt(get("version"), 10, 64)
	return m
}

func (m moveForm) move(tag string) cases.Move {
	move := cases.Move{To: cases.Status(m.To), Reason: cases.Reason(m.Reason), NextStep: m.NextStep, PlannedFor: m.PlannedFor, Text: m.Text,
		Language: tag}
	if ref, err := cases.ParseReference(m.Original); err == nil {
		move.Original = ref
	}
	return move
}

// change is the second step: what was previewed, and nothing else. When case, texts or recipients have moved since, nothing is changed and
// the preview is shown afresh.
func (d *Desk) change(w http.ResponseWriter, r *request) error {
	ctx, m := r.Context(), readMove(r)
	ref, err := r.reference()
	if err != nil {
		return err
	}
	if err := d.mayChange(r, ref); err != nil {
		return err
	}
	by := cases.Actor{Kind: cases.Staff, ID: r.Person.ID}
	notices, err := d.Preview(ctx, ref, m.Version, m.move(r.Lang), by)
	if errors.Is(err, cases.ErrStale) || err == nil && hashOf(notices) != m.Hash {
		return d.showPreview(w, r, m, http.StatusConflict, true)
	}
	if refused := (cases.ErrRefused{}); errors.As(err, &refused) {
		return d.showPreview(w, r, m, http.StatusUnprocessableEntity, false)
	}
	if err != nil {
		return err
	}
	err = d.write(ctx, func(tx *database.Tx) error {
		one, err := d.Cases.Change(ctx, tx, ref, m.Version, m.move(r.Lang), by)
		if err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Actor: r.Person.ID, Deed: "case.changed", Subject: one.ID, Detail: m.Target}); err != nil {
			return err
		}
		return feed.Append(ctx, tx, feedCase, one.ID, inbox.FeedState)
	})
	if errors.Is(err, cases.ErrStale) {
		return d.showPreview(w, r, m, http.StatusConflict, true)
	}
	if err != nil {
		return err
	}
	return back(w, r, "/desk/cases/"+ref.String(), "changed")
}

// feedCase is the topic of news about cases.
const feedCase = "case"

// mayChange looks whether the case is one of theirs.
func (d *Desk) mayChange(r *request, ref cases.Reference) error {
	return d.read(r.Context(), func(tx *database.Tx) error {
		one, err := d.Cases.Get(r.Context(), tx, ref)
		if err == nil && !r.seesCase(one.Team) {
			return cases.ErrNotFound
		}
		return err
	})
}

// showPreview shows the case with the words of the change below it. fresh: something has moved, so it is the case as it is now.
func (d *Desk) showPreview(w http.ResponseWriter, r *request, m moveForm, status int, fresh bool) error {
	p, err := d.loadCase(w, r)
	if err != nil {
		return err
	}
	if fresh {
		m.Version = p.Version
	}
	ref, err := r.reference()
	if err != nil {
		return err
	}
	p.Move, p.Fresh, p.Reasons = m, fresh, p.reasons(p.status, m.Target)
	notices, err := d.Preview(r.Context(), ref, m.Version, m.move(r.Lang), cases.Actor{Kind: cases.Staff, ID: r.Person.ID})
	var refused cases.ErrRefused
	switch {
	case errors.Is(err, cases.ErrStale):
		return d.showPreview(w, r, m, http.StatusConflict, true)
	case errors.As(err, &refused):
		p.Error, p.Fresh = p.refusal(refused), false
		d.render(w, r, http.StatusUnprocessableEntity, "case", p)
		return nil
	case err != nil:
		return err
	}
	p.Preview = d.previewOf(p.frame, notices)
	if m.To == "" {
		m.To = string(p.status)
	}
	p.Preview.Status, p.Preview.Class = p.T("case.status."+m.To), m.To
	if m.Reason != "" {
		p.Preview.Status += ": " + p.T("case.reason."+m.Reason)
	}
	p.Move.Hash = p.Preview.Hash
	d.render(w, r, status, "case", p)
	return nil
}

// refusal words a rule that the change would break.
func (f frame) refusal(e cases.ErrRefused) string {
	switch e.Field + "." + e.Code {
	case "reason.needed", "text.needed", "next_step.needed", "original.needed", "planned_for.past", "planned_for.unknown",
		"planned_for.not_allowed", "status.same", "status.not_allowed", "text.too_long", "photo.needed", "photos.needed", "reason.not_allowed":
		return f.T("refused." + e.Field + "." + e.Code)
	}
	return f.T("refused.plain", "Rule", e.Error())
}
