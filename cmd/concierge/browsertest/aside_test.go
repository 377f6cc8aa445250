package browsertest

import (
	"context"
	"fmt"
	"testing"

	"concierge/internal/database"
)

// What the concierge failed on, and what nobody could read, as staff see it: the list and the conversation in every shape, and the button
// that lets it be read again.
func TestWhatWasSetAside(t *testing.T) {
	b := open(t)
	s := serve(t)
	v := newVisitor(t, b)
	v.look(1280, "light")
	v.visit(s.url + "/simulator/")
	v.js(`const s=[...document.querySelectorAll('.sms .sample')]; s[s.length-1].click()`)
	v.until(`document.querySelectorAll('.sms .transcript li').length > 1`)
	id := s.failOn(t)

	staff := newVisitor(t, b)
	staff.look(1280, "light")
	staff.visit(s.desk)
	staff.js(`document.querySelector('main form button, form button').click()`)
	staff.until(`location.pathname === '/desk/queue'`)
	for name, url := range map[string]string{"aside": s.url + "/desk/aside", "aside-talk": s.url + "/desk/conversations/" + id, "aside-health": s.url + "/desk/health"} {
		for _, width := range []int64{1280, 390, 320} {
			for _, scheme := range []string{"light", "dark"} {
				shape := fmt.Sprintf("%s-%d-%s", name, width, scheme)
				staff.look(width, scheme)
				staff.visit(url)
				staff.inspect(shape, width)
				staff.picture(shape)
			}
		}
		staff.quiet()
	}
	staff.look(1280, "light")
	staff.visit(s.url + "/desk/aside")
	staff.js(`document.querySelector('form[action$="/again"]').requestSubmit()`)
	staff.until(`document.body.innerText.includes('is reading the message again.')`)
	staff.picture("aside-done")
	staff.js(`document.querySelector('form[action^="/desk/aside/"]').requestSubmit()`)
	staff.until(`document.body.innerText.includes('Dismissed.')`)
	staff.quiet()
}

// failOn makes of the resident's last message one whose turn has failed three times, and adds two that nobody could read.
func (s *site) failOn(t *testing.T) (conversation string) {
	t.Helper()
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{Folder: s.data})
	must(t, err)
	defer db.Close()
	must(t, db.Write(ctx, func(tx *database.Tx) error {
		var message string
		err := tx.QueryRow(ctx, `SELECT m.id, m.conversation_id FROM messages m JOIN conversations c ON c.id = m.conversation_id
			WHERE m.inbound AND c.channel = 'sms' ORDER BY m.id DESC LIMIT 1`).Scan(&message, &conversation)
		if err != nil {
			return err
		}
		for _, id := range []string{"0197c2a4-5b1e-7c3d-9a10-3f2b1c4d5e6f", "0197c2a4-5b1e-7c3d-9a10-3f2b1c4d5e70"} {
			if _, err := tx.Exec(ctx, `INSERT INTO quarantine (id, channel, provider_id, sealed, at, bytes) VALUES ($1, 'telegram', $1, $2, $3, 2100)`, id, []byte{1}, tx.Now()); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `INSERT INTO asides (message_id, cause, at) VALUES ($1, 'panic runtime.boundsError place.go:41', $2)`, message, tx.Now()); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE messages SET taken = 'aside', tries = 3 WHERE id = $1`, message)
		return err
	}))
	return conversation
}
