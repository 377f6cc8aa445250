package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"concierge/cases"
	"concierge/internal/database"
)

// wish is the body of a change. What is left out stays as it is, while the status does.
//
//	{"status":"planned","reason":"parts","planned_for":"2027-04-05","text":"New lamp ordered.","language":"en","if_version":4}
type wish struct {
	Status     cases.Status `json:"status"`
	Reason     cases.Reason `json:"reason"`
	NextStep   string       `json:"next_step"`
	PlannedFor string       `json:"planned_for"`
	Text       string       `json:"text"`
	Language   string       `json:"language"`
	Original   string       `json:"original"`
	IfVersion  int64        `json:"if_version"`
}

// change makes a move. The same Idempotency-Key and body give the same answer for seven days, and the move is made once.
func (a *API) change(c *call) answer {
	ref, found := reference(c)
	if !found {
		return problem(http.StatusNotFound, "not_found")
	}
	idempotency := c.Header.Get("Idempotency-Key")
	if idempotency == "" || len(idempotency) > 255 {
		return refused("Idempotency-Key", "needed", "1 to 255 signs")
	}
	if !isText(idempotency) {
		return refused("Idempotency-Key", "not_text", "")
	}
	w, no := parse(c)
	if no != nil {
		return *no
	}
	m := cases.Move{To: w.Status, Reason: w.Reason, NextStep: w.NextStep, PlannedFor: w.PlannedFor, Text: w.Text, Language: w.Language,
		Source: "api:" + c.partner + ":" + idempotency}
	if w.Original != "" {
		original, err := cases.ParseReference(w.Original)
		if err != nil {
			return refused("original", "unknown", "")
		}
		m.Original = original
	}
	return a.once(c, idempotency, func(tx *database.Tx) (answer, error) {
		one, err := a.s.Cases.Get(c.Context(), tx, ref)
		if err == nil && !c.rights.Allows(mayRead, one.Service) && !c.rights.Allows(mayChange, one.Service) {
			err = cases.ErrNotFound
		}
		if err != nil {
			return a.failed(err, one), err
		}
		if !c.rights.Allows(mayChange, one.Service) {
			return problem(http.StatusForbidden, "not_allowed"), errors.New("change: the partner may only read")
		}
		if one, err = a.s.Cases.Change(c.Context(), tx, ref, w.IfVersion, m, cases.Actor{Kind: cases.Partner, ID: c.partner}); err != nil {
			return a.failed(err, one), err
		}
		v, err := a.see(c, tx, one)
		return ok(v), err
	})
}

// isText tells what both databases keep as a text: Postgres takes no NUL and nothing but UTF-8.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// parse reads the body strictly: a field we do not know is a mistake somebody wants to hear of.
func parse(c *call) (w wish, no *answer) {
	refuse := func(status int, field, code string) (wish, *answer) {
		no := problem(status, "refused", fault{field, code, ""})
		return wish{}, &no
	}
	if kind, _, err := mime.ParseMediaType(c.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "Content-Type", "unknown")
	}
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return refuse(http.StatusUnprocessableEntity, kind.Field, "wrong_kind")
		}
		if name, is := strings.CutPrefix(err.Error(), "json: unknown field "); is {
			return refuse(http.StatusUnprocessableEntity, strings.Trim(name, `"`), "unknown_field")
		}
		return refuse(http.StatusBadRequest, "", "not_json")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return refuse(http.StatusBadRequest, "", "not_json")
	}
	for _, f := range []struct{ name, text string }{{"text", w.Text}, {"next_step", w.NextStep}, {"language", w.Language},
		{"planned_for", w.PlannedFor}, {"status", string(w.Status)}, {"reason", string(w.Reason)}} {
		if !isText(f.text) {
			return refuse(http.StatusUnprocessableEntity, f.name, "not_text")
		}
	}
	if w.IfVersion < 0 {
		return refuse(http.StatusUnprocessableEntity, "if_version", "unknown")
	}
	return w, nil
}
