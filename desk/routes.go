package desk

import (
	"net/http"
)

// route is one page or deed: where it is, what one must be allowed to do, and who answers.
type route struct {
	pattern string
	act     act
	handle  func(d *Desk, w http.ResponseWriter, r *request) error
}

// routes is every page and deed of the desk.
func routes() []route {
	return []route{
		{"GET /desk/{$}", signedIn, (*Desk).home},
		{"GET /desk/login", anyone, (*Desk).loginPage},
		{"POST /desk/login", anyone, (*Desk).login},
		{"POST /desk/logout", signedIn, (*Desk).logout},
		{"GET /desk/welcome/{token}", anyone, (*Desk).welcomePage},
		{"POST /desk/welcome/{token}", anyone, (*Desk).welcome},
		{"POST /desk/away", signedIn, (*Desk).setAway},

		{"GET /desk/queue", seeWork, (*Desk).queuePage},
		{"POST /desk/queue/oldest", doWork, (*Desk).takeOldest},
		{"GET /desk/conversations/{id}", seeWork, (*Desk).conversationPage},
		{"POST /desk/conversations/{id}/claim", doWork, (*Desk).claim},
		{"POST /desk/conversations/{id}/takeover", takeOver, (*Desk).takeOver},
		{"POST /desk/conversations/{id}/reply", doWork, (*Desk).reply},
		{"POST /desk/conversations/{id}/draft", doWork, (*Desk).draft},
		{"POST /desk/conversations/{id}/note", doWork, (*Desk).note},
		{"POST /desk/conversations/{id}/retry", doWork, (*Desk).retry},
		{"POST /desk/conversations/{id}/again", doWork, (*Desk).tryAgain},
		{"POST /desk/conversations/{id}/dismiss", doWork, (*Desk).dismissAside},
		{"POST /desk/conversations/{id}/release", doWork, (*Desk).release},
		{"POST /desk/conversations/{id}/transfer", doWork, (*Desk).transfer},
		{"POST /desk/conversations/{id}/return", doWork, (*Desk).giveBack},
		{"POST /desk/conversations/{id}/wait", doWork, (*Desk).wait},
		{"POST /desk/conversations/{id}/snooze", doWork, (*Desk).snooze},
		{"POST /desk/conversations/{id}/priority", doWork, (*Desk).prioritise},
		{"POST /desk/conversations/{id}/assign", assign, (*Desk).assign},
		{"POST /desk/conversations/{id}/close", doWork, (*Desk).closeConversation},

		{"GET /desk/cases", seeWork, (*Desk).casesPage},
		{"GET /desk/cases/{reference}", seeWork, (*Desk).casePage},
		{"POST /desk/cases/{reference}/preview", doWork, (*Desk).preview},
		{"POST /desk/cases/{reference}/change", doWork, (*Desk).change},
		{"POST /desk/cases/{reference}/note", doWork, (*Desk).caseNote},
		{"GET /desk/media/{id}", seeWork, (*Desk).photo},

		{"GET /desk/health", seeHealth, (*Desk).healthPage},
		{"GET /desk/aside", seeHealth, (*Desk).asidePage},
		{"POST /desk/aside/{id}/dismiss", setHealth, (*Desk).dismissUnread},
		{"GET /desk/staff", seeStaff, (*Desk).staffPage},
		{"POST /desk/staff", setStaff, (*Desk).addStaff},
		{"POST /desk/staff/{id}/link", setStaff, (*Desk).newLink},
		{"POST /desk/staff/{id}/end", setStaff, (*Desk).endSessions},

		{"GET /desk/events", signedIn, (*Desk).events},
		{"GET /desk/events/head", signedIn, (*Desk).head},
		{"GET /desk/static/{hash}/{name}", anyone, (*Desk).static},
	}
}

// Handler serves everything under /desk/.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes() {
		mux.Handle(r.pattern, d.guard(r))
	}
	mux.Handle("/desk/", d.guard(route{"", anyone, (*Desk).nowhere}))
	origins := http.NewCrossOriginProtection()
	if err := origins.AddTrustedOrigin(d.origin); err != nil {
		d.Log.Error("desk: public URL is no origin", "error", err) // New has parsed it
	}
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.problem(w, d.anonymous(r), http.StatusForbidden, "cross_site")
	}))
	return d.headers(origins.Handler(mux))
}
