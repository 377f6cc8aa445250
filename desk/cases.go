package desk

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"concierge/cases"
	"concierge/internal/database"
)

type casesPage struct {
	frame
	Rows     []caseRow
	Statuses []option
	Services []option
	Late     bool
	Ask      string
	Next     string
}

type caseRow struct {
	Reference, Href       string
	Service, Place, Ward  string
	Status, Class, Reason string
	Filed, Promised, Team string
	Late, Urgent          bool
}

// openStatuses is what the list shows when nobody asks for anything else.
const openStatuses = "open"

func (d *Desk) casesPage(w http.ResponseWriter, r *request) error {
	ctx, q := r.Context(), r.URL.Query()
	p := casesPage{frame: d.frame(w, r, "cases"), Late: q.Get("late") == "1", Ask: q.Get("q")}
	if p.Ask != "" {
		if ref, err := cases.ParseReference(p.Ask); err == nil {
			return back(w, r, "/desk/cases/"+ref.String(), "")
		}
	}
	f, visible := d.caseFilter(r)
	f.Late = p.Late
	status := q.Get("status")
	switch {
	case status == "" || status == openStatuses:
		status = openStatuses
		f.Statuses = []cases.Status{cases.Received, cases.Investigating, cases.Planned, cases.InProgress}
	case cases.Status(status).Known():
		f.Statuses = []cases.Status{cases.Status(status)}
	}
	if s := q.Get("service"); s != "" {
		f.Services = []string{s}
	}
	p.Statuses = append(p.Statuses, option{openStatuses, p.T("cases.open"), status == openStatuses}, option{"all", p.T("cases.all"), status == "all"})
	for _, s := range cases.Statuses() {
		p.Statuses = append(p.Statuses, option{string(s), p.T("case.status." + string(s)), status == string(s)})
	}
	p.Services = append(p.Services, option{"", p.T("cases.any_service"), q.Get("service") == ""})
	for _, s := range d.Council.Services {
		p.Services = append(p.Services, option{s.Code, p.word("service." + s.Code + ".name"), q.Get("service") == s.Code})
	}
	var all []cases.Case
	if visible {
		err := d.read(ctx, func(tx *database.Tx) (err error) {
			all, err = d.Cases.List(ctx, tx, f, q.Get("after"))
			return err
		})
		if err != nil {
			return err
		}
	}
	if len(all) > pageOfCases {
		all = all[:pageOfCases]
		q.Set("after", all[pageOfCases-1].ID)
		p.Next = "/desk/cases?" + q.Encode()
	}
	for _, one := range all {
		p.Rows = append(p.Rows, p.caseRow(one))
	}
	d.render(w, r, http.StatusOK, "cases", p)
	return nil
}

const pageOfCases = 50

// caseFilter is the part of every list of cases that says whose they may be; false: nobody's.
func (d *Desk) caseFilter(r *request) (cases.Filter, bool) {
	f := cases.Filter{Limit: pageOfCases + 1}
	if may(r.Person.Roles, r.Act) == everything {
		return f, true
	}
	f.Teams = r.Person.Teams
	return f, len(f.Teams) > 0
}

// seesCase tells whether this person may see a case of that team.
func (r *request) seesCase(team string) bool {
	return may(r.Person.Roles, r.Act) == everything || team == "" || slices.Contains(r.Person.Teams, team)
}

func (f frame) caseRow(one cases.Case) caseRow {
	row := caseRow{Reference: one.Reference.String(), Href: "/desk/cases/" + one.Reference.String(), Service: f.word("service." + one.Service + ".name"),
		Place: one.Place.Label, Ward: one.Place.Ward, Status: f.T("case.status." + string(one.Status)), Class: string(one.Status),
		Filed: f.day(one.FiledAt), Promised: f.day(one.PromisedAt), Late: one.Late(f.now), Urgent: one.Urgent}
	if one.Reason != "" && one.Reason != cases.ReasonNew {
		row.Reason = f.T("case.reason." + string(one.Reason))
	}
	if strings.Contains(one.Place.Label, one.Place.Ward) {
		row.Ward = "" // said already
	}
	if one.Team != "" {
		row.Team = f.word("team." + one.Team)
	}
	return row
}

type casePage struct {
	frame
	caseRow
	Version               int64
	Description, Reporter string
	Answers               []answered
	Pin                   *pin
	Postcode, Due         string
	Photos                []attached
	Updates               []happened
	Followers             []follower
	Muted                 int
	Notes                 []noted
	Conversation          string
	Duplicate             string
	Works                 bool
	Move                  moveForm
	Reasons               []reasonGroup
	Error                 string
	Preview               *preview
	Fresh                 bool // something moved since the preview: look again
	MinDate               string
	status                cases.Status
}

type answered struct{ Slot, Value string }

type happened struct {
	When, Moment, Who, What, Text, Class string
	Public                               bool
}

type follower struct{ Who, Channel, Language, Role, Href, Told string }

// reasonGroup is a status with its reasons, as groups of one list.
type reasonGroup struct {
	Text    string
	Options []option
}

func (d *Desk) casePage(w http.ResponseWriter, r *request) error {
	p, err := d.loadCase(w, r)
	if err != nil {
		return err
	}
	d.render(w, r, http.StatusOK, "case", p)
	return nil
}

// reference is the one of the address, or none at all.
func (r *request) reference() (cases.Reference, error) {
	text, err := url.PathUnescape(r.PathValue("reference"))
	if err != nil {
		return "", cases.ErrNotFound
	}
	ref, err := cases.ParseReference(text)
	if errors.Is(err, cases.ErrReference) || errors.Is(err, cases.ErrCheck) {
		return "", cases.ErrNotFound
	}
	return ref, err
}
