package concierge

import (
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/phrase"
)

// uploadRoute is where the page that takes photos lies, below the public URL.
const uploadRoute = "/u/"

// linkUpload makes a link to the upload page for the question that is asked, and lets the lines said after it name it. It commits with
// them: no link is ever sent that leads nowhere.
func (t *turn) linkUpload(what dialog.Upload) {
	if what == (dialog.Upload{}) {
		return
	}
	u := inbox.Upload{Run: t.after.Offered.Run, Slot: t.after.Offered.Slot, Photo: what.Photo, Place: what.Place}
	if n := len(t.after.Stack); n > 0 {
		if service, ok := t.h.s.Council.Service(t.after.Stack[n-1].Tree); ok {
			u.Service = service.Code
		}
	}
	token := t.h.s.Inbox.LinkUpload(t.b, t.c, u, t.now)
	t.set(phrase.Var{Name: "Link", Text: t.h.s.PublicURL + uploadRoute + token})
}
