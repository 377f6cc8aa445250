package concierge

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
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

// uploaded tells the engine which run's question an upload answers, and what that run was filed as, if it was. What is no upload, or
// came by a link that is gone, is for whichever is open.
func (t *turn) uploaded(ctx context.Context, in *dialog.Input) error {
	rest, ours := strings.CutPrefix(string(t.m.Handle), "upload:")
	if !ours {
		return nil
	}
	hash, _, _ := strings.Cut(rest, ":")
	err := t.tx.QueryRow(ctx, `SELECT u.run, COALESCE((SELECT k.reference FROM cases k JOIN followers f ON f.case_id = k.id
		WHERE f.conversation_id = u.conversation_id AND f.role = 'reporter' AND k.cause LIKE 'turn:%:file:' || u.run ORDER BY k.filed_at DESC LIMIT 1), '')
		FROM uploads u WHERE u.hash = $1 AND u.conversation_id = $2`, hash, t.c.ID).Scan(&in.Run, &in.Filed)
	if err != nil && !errors.Is(err, database.ErrNoRows) {
		return fmt.Errorf("find what an upload is for: %w", err)
	}
	return nil
}
