package tracking

import (
	"html/template"
	"net/http"
	"strings"
	"time"

	"concierge/cases"
	"concierge/channels"
	"concierge/internal/phrase"
	"concierge/locales"
)

// source is what a page is made of.
type source struct {
	one       cases.Case
	follower  cases.Follower
	updates   []cases.Update
	followers int
	channel   channels.Name
	tag       string
	now       time.Time
}

// view is the page in words: the template only places them.
type view struct {
	frame
	Reference, Service, Street, Ward, Filed string
	FiledOn                                 string // for machines
	State                                   string // a class: received … closed, late
	Status                                  string // the one plain sentence
	Next                                    []string
	Late                                    bool
	Steps                                   []step
	History                                 []event
	Followers                               string
	Map                                     *locator
	Own, Others                             []action
}

// frame is what every page has around it.
type frame struct {
	Lang, Dir, Title, Council, Website, Privacy, Style, Path string
	Languages                                                []language
	T                                                        map[string]string // words of the page by the last part of their key
}

type language struct {
	Tag, Name, Dir string
	Here           bool
}

// step is one of the row. Mark is its class: past, here, ahead.
type step struct {
	Name, Mark, Aside, Day, On string
	Here                       bool
}

// event is one thing that happened.
type event struct {
	Day, On, By, Said string
	Quote             *quote
}

// quote is staff's own words, in their language.
type quote struct{ Text, Lang, Dir string }

// words of the page that need no variables.
var plain = []string{"next", "steps", "step_behind", "step_here", "step_ahead", "history", "service", "street", "ward", "filed",
	"reference", "refresh", "write", "language", "privacy", "private", "now"}

func (p *Page) frame(set *locales.Set, tag, path, title string) frame {
	about := set.About(tag)
	f := frame{Lang: tag, Dir: about.Dir, Title: title, Council: p.s.Council.Name, Website: p.s.Council.Website,
		Privacy: p.s.Council.PrivacyNotice, Style: p.sheet, Path: path, T: map[string]string{}}
	for _, key := range plain {
		f.T[key] = set.SayKey(tag, "tracking."+key)
	}
	for _, other := range p.s.Offered() {
		a := set.About(other)
		f.Languages = append(f.Languages, language{other, a.Name, a.Dir, other == tag})
	}
	return f
}

func (p *Page) view(s source) *view {
	set := p.s.Locales()
	w := wording{set: set, tag: s.tag, council: p.s.Council, one: s.one, now: s.now}
	title := w.say("tracking.title")
	v := &view{frame: p.frame(set, s.tag, "", title), Reference: string(s.one.Reference), Service: w.service(), Street: s.one.Place.Street,
		Ward: s.one.Place.Ward, Filed: w.day(s.one.FiledAt), FiledOn: w.date(s.one.FiledAt), State: string(s.one.Status), Status: w.status(s),
		Late: s.one.Late(s.now), Map: p.locate(s.one, w)}
	if strings.HasSuffix(v.Street, ", "+v.Ward) {
		v.Street = strings.TrimSuffix(v.Street, ", "+v.Ward)
	}
	v.Next = w.next(s)
	v.Steps = w.steps(s)
	v.History = w.history(s.updates)
	v.Followers = w.say("tracking.followers", phrase.Var{Name: "Count", Count: s.followers})
	v.Own, v.Others = p.actions(s, w)
	return v
}

// goneView is the same for every link that leads nowhere.
func (p *Page) goneView(r *http.Request) any {
	set := p.s.Locales()
	tag := p.language(r.URL.Query().Get("lang"), "")
	return struct {
		frame
		Text string
	}{p.frame(set, tag, "", set.SayKey(tag, "tracking.gone_title")),
		set.SayKey(tag, "tracking.gone", phrase.Var{Name: "Phone", Text: p.s.Council.Phone})}
}

// action is a link that opens a messenger with words ready: it proves who writes.
type action struct {
	Label, Messenger string
	URL              template.URL
}
