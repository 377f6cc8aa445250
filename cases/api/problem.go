package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"concierge/cases"
)

// answer is what goes back: a status and a JSON body.
type answer struct {
	status int
	body   any
}

// trouble is a problem of RFC 9457. Title and code are words a program may branch on.
type trouble struct {
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Errors []fault `json:"errors,omitempty"`
}

type fault struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
}

func ok(body any) answer { return answer{http.StatusOK, body} }

func problem(status int, title string, faults ...fault) answer {
	return answer{status, trouble{title, status, faults}}
}

func refused(field, code, detail string) answer {
	return problem(http.StatusUnprocessableEntity, "refused", fault{field, code, detail})
}

// failed is the one table from errors to answers. What is no rule is our own fault, and its text stays with us.
func (a *API) failed(err error, one cases.Case) answer {
	var rule cases.ErrRefused
	switch {
	case errors.Is(err, cases.ErrNotFound):
		return problem(http.StatusNotFound, "not_found")
	case errors.Is(err, cases.ErrStale):
		return problem(http.StatusConflict, "stale", fault{"if_version", "stale", fmt.Sprint("now ", one.Version)})
	case errors.As(err, &rule):
		return refused(rule.Field, rule.Code, "")
	}
	a.s.Log.Error("api failed", "error", err)
	return problem(http.StatusInternalServerError, "failed")
}

func write(w http.ResponseWriter, a answer) {
	body, is := a.body.(json.RawMessage)
	if !is {
		var err error
		if body, err = json.Marshal(a.body); err != nil {
			a.status, body = http.StatusInternalServerError, []byte(`{"title":"failed","status":500}`)
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if a.status >= 400 {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body)
}
