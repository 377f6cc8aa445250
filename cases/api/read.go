package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"concierge/cases"
	"concierge/council"
	"concierge/internal/database"
)

// What a partner may do to the cases of a service.
const (
	mayRead   = "read"
	mayChange = "change"
	mayText   = "text"
)

// service is one that the partner sees.
type service struct {
	Code     string         `json:"code"`
	Group    string         `json:"group"`
	Team     string         `json:"team"`
	Keywords []string       `json:"keywords"`
	Target   map[string]int `json:"target"` // {"working_days": 5}; null: no date is promised
}

// services lists what the partner may read.
func (a *API) services(c *call) answer {
	all := []service{}
	for _, s := range a.s.Council.Services {
		if c.rights.Allows(mayRead, s.Code) {
			all = append(all, service{s.Code, s.Group, a.s.Council.TeamOf(s.Code), append([]string{}, s.Keywords...), target(s.Target)})
		}
	}
	return ok(map[string]any{"services": all})
}

func target(t council.Target) map[string]int {
	switch {
	case t.WorkingDays > 0:
		return map[string]int{"working_days": t.WorkingDays}
	case t.Days > 0:
		return map[string]int{"days": t.Days}
	case t.Hours > 0:
		return map[string]int{"hours": t.Hours}
	}
	return nil
}

// show tells of one case. One of a service that is not the partner's is not there.
func (a *API) show(c *call) answer {
	ref, found := reference(c)
	if !found {
		return problem(http.StatusNotFound, "not_found")
	}
	var v view
	err := a.s.DB.Read(c.Context(), func(tx *database.Tx) error {
		one, err := a.s.Cases.Get(c.Context(), tx, ref)
		if err == nil && !c.rights.Allows(mayRead, one.Service) {
			err = cases.ErrNotFound
		}
		if err != nil {
			return err
		}
		v, err = a.see(c, tx, one)
		return err
	})
	if err != nil {
		return a.failed(err, cases.Case{})
	}
	return ok(v)
}

func (a *API) see(c *call, tx *database.Tx, one cases.Case) (view, error) {
	n, err := a.s.Cases.CountFollowers(c.Context(), tx, one.ID)
	return see(one, n, c.rights.Allows(mayText, one.Service)), err
}

// list tells of cases, the newest first. cursor goes on where a page ended.
func (a *API) list(c *call) answer {
	f, after, no := a.filter(c)
	if no != nil {
		return *no
	}
	page := struct {
		Cases  []view  `json:"cases"`
		Cursor *string `json:"cursor"`
	}{Cases: []view{}}
	if len(f.Services) == 0 {
		return ok(page)
	}
	err := a.s.DB.Read(c.Context(), func(tx *database.Tx) error {
		all, err := a.s.Cases.List(c.Context(), tx, f, after)
		if err != nil {
			return err
		}
		for _, one := range all {
			v, err := a.see(c, tx, one)
			if err != nil {
				return err
			}
			page.Cases = append(page.Cases, v)
		}
		if len(all) == f.Limit {
			page.Cursor = some(all[len(all)-1].ID)
		}
		return nil
	})
	if err != nil {
		return a.failed(err, cases.Case{})
	}
	return ok(page)
}

func (a *API) filter(c *call) (f cases.Filter, after string, no *answer) {
	refuse := func(field, code string) (cases.Filter, string, *answer) {
		no := refused(field, code, "")
		return cases.Filter{}, "", &no
	}
	f.Limit = 50
	asked := map[string]bool{}
	for name, values := range c.URL.Query() {
		value := values[0]
		switch name {
		case "status":
			for _, s := range strings.Split(value, ",") {
				if !cases.Status(s).Known() {
					return refuse("status", "unknown")
				}
				f.Statuses = append(f.Statuses, cases.Status(s))
			}
		case "service":
			for _, s := range strings.Split(value, ",") {
				asked[s] = true
			}
		case "changed_since":
			at, err := time.Parse(time.RFC3339, value)
			if err != nil {
				return refuse("changed_since", "unknown")
			}
			f.ChangedSince = at
		case "limit":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > 200 {
				return refuse("limit", "unknown")
			}
			f.Limit = n
		case "cursor":
			if !isText(value) {
				return refuse("cursor", "not_text")
			}
			after = value
		default:
			return refuse(name, "unknown_field")
		}
	}
	for _, s := range a.s.Council.Services {
		if c.rights.Allows(mayRead, s.Code) && (len(asked) == 0 || asked[s.Code]) {
			f.Services = append(f.Services, s.Code)
		}
	}
	for s := range asked {
		if !slices.Contains(f.Services, s) {
			no := problem(http.StatusNotFound, "not_found", fault{"service", "unknown", ""})
			return f, "", &no
		}
	}
	return f, after, nil
}

// reference reads the one in the path: it must be written whole, no sentence around it.
func reference(c *call) (cases.Reference, bool) {
	text := c.PathValue("reference")
	if len(text) > 16 {
		return "", false
	}
	ref, err := cases.ParseReference(text)
	return ref, err == nil
}
