package desk

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"concierge/internal/phrase"
)

//go:embed templates/*.html
var templateFiles embed.FS

func loadPages() (*template.Template, error) {
	return template.New("desk").Option("missingkey=error").ParseFS(templateFiles, "templates/*.html")
}

// frame is what every page has around its own matter.
type frame struct {
	Title, Lang, Dir  string
	Council           string
	Person            *person
	Nav               []navLink
	Form              string // the form token
	Head              int64  // the feed's number this page is up to date with
	CSS, Script, Icon string
	Done              string // what was just done, in words
	say               func(phrase.Line) string
	zone              *time.Location
	now               time.Time
}

type navLink struct {
	Href, Text string
	Here       bool
}

// frame makes the frame of a page for this person; here is the part of the desk it belongs to.
func (d *Desk) frame(w http.ResponseWriter, r *request, here string) frame {
	f := frame{Lang: r.Lang, Dir: d.Dir(r.Lang), Council: d.Council.ShortName, Person: r.Person, Head: d.Feed.Head(), zone: d.Council.TimeZone,
		now: d.Now(), CSS: d.assets.href("desk.css"), Script: d.assets.href("live.js"), Icon: d.assets.href("icon.svg"), say: func(l phrase.Line) string { return d.Say(r.Lang, l) }}
	if f.Council == "" {
		f.Council = d.Council.Name
	}
	d.secretFor(w, r)
	f.Form = d.token(r.secret)
	if r.Person != nil {
		for _, n := range []struct {
			name, href string
			act        act
		}{{"queue", "/desk/queue", seeWork}, {"cases", "/desk/cases", seeWork}, {"staff", "/desk/staff", seeStaff}, {"health", "/desk/health", seeHealth}} {
			if may(r.Person.Roles, n.act) != none {
				f.Nav = append(f.Nav, navLink{n.href, f.T("nav." + n.name), n.name == here})
			}
		}
	}
	if done := r.URL.Query().Get("done"); deeds[done] {
		f.Done = f.T("done." + done)
	}
	if here != "" {
		f.Title = f.T("nav." + here)
	}
	return f
}

// deeds are what a page may say was just done.
var deeds = map[string]bool{"claimed": true, "taken_over": true, "replied": true, "noted": true, "released": true, "transferred": true,
	"returned": true, "waiting": true, "snoozed": true, "closed": true, "prioritised": true, "changed": true, "nobody_waits": true, "drafted": true,
	"ended": true, "assigned": true, "retried": true, "tried_again": true, "dismissed": true}

// T words a key of desk.* with names and values in turn.
func (f frame) T(key string, pairs ...any) string {
	l := phrase.Line{Key: "desk." + key}
	for i := 0; i+1 < len(pairs); i += 2 {
		v := phrase.Var{Name: fmt.Sprint(pairs[i])}
		switch x := pairs[i+1].(type) {
		case int:
			v.Count = x
		case int64:
			v.Count = int(x)
		default:
			v.Text = fmt.Sprint(x)
		}
		l.Vars = append(l.Vars, v)
	}
	return f.say(l)
}

// word says a key of the residents' own words: a service, a team, a status.
func (f frame) word(key string) string { return f.say(phrase.Line{Key: key}) }

// clock is a moment as staff read it: "14:05" today, else "24 Nov, 14:05".
func (f frame) clock(t time.Time) string {
	t = t.In(f.zone)
	now := f.now.In(f.zone)
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04")
	}
	return f.T("time.day_clock", "Day", t.Format("2"), "Month", f.word(fmt.Sprintf("date.month.m%d", int(t.Month()))), "Clock", t.Format("15:04"))
}

// day is a date as staff read it.
func (f frame) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return f.say(phrase.Line{Key: "desk.time.day", Vars: []phrase.Var{{Name: "Day", Date: t.In(f.zone).Format(time.DateOnly)}}})
}

// span is a length of time in its largest unit: "14 min".
func (f frame) span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return f.T("time.under_minute")
	case d < time.Hour:
		return f.T("time.minutes", "Count", int(d/time.Minute))
	case d < 48*time.Hour:
		return f.T("time.hours", "Count", int(d/time.Hour))
	}
	return f.T("time.days", "Count", int(d/(24*time.Hour)))
}

// render writes a page whole: one that fails half way is not shown.
func (d *Desk) render(w http.ResponseWriter, r *request, status int, name string, page any) {
	var b bytes.Buffer
	if err := d.pages.ExecuteTemplate(&b, name, page); err != nil {
		d.Log.Error("desk: template", "name", name, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // a browser that has gone is no matter of ours
	}
}

// back goes to a page of the desk after a deed.
func back(w http.ResponseWriter, r *request, path, done string) error {
	if done != "" {
		sign := "?"
		if strings.Contains(path, "?") {
			sign = "&"
		}
		path += sign + "done=" + done
	}
	http.Redirect(w, r.Request, path, http.StatusSeeOther)
	return nil
}
