package desk

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"time"

	"concierge/inbox"
	"concierge/internal/database"
)

// photo serves what a resident sent, to those who may see it where it stands: in its conversation, or on a case.
func (d *Desk) photo(w http.ResponseWriter, r *request) error {
	ctx, id := r.Context(), r.PathValue("id")
	var blob, kind string
	var at time.Time
	err := d.read(ctx, func(tx *database.Tx) error {
		var conversation string
		err := tx.QueryRow(ctx, `SELECT m.blob, m.type, m.created_at, s.conversation_id FROM media m JOIN messages s ON s.id = m.message_id
			WHERE m.id = $1 AND m.state = 'stored'`, id).Scan(&blob, &kind, &at, &conversation)
		if err != nil {
			return err
		}
		seen, err := inbox.Sees(ctx, tx, r.Person.actor(seeWork), conversation)
		if err != nil {
			return err
		}
		if !seen {
			if seen, err = d.onCase(ctx, tx, r, id); err != nil {
				return err
			}
		}
		if !seen {
			return inbox.ErrNotFound
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := d.opened(ctx, r, "photo.opened", id); err != nil {
		return err
	}
	if d.Media == nil {
		return inbox.ErrNotFound
	}
	f, err := d.Media.Open(ctx, blob)
	if errors.Is(err, fs.ErrNotExist) {
		return inbox.ErrNotFound
	}
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Content-Type", "application/octet-stream")
	if kind == "image/jpeg" || kind == "image/png" || kind == "image/webp" {
		h.Set("Content-Type", kind)
	}
	h.Set("Content-Disposition", "attachment") // a page shows it all the same; opened by itself it is saved
	http.ServeContent(w, r.Request, "", at, f)
	return nil
}

// onCase tells whether a photo stands on a case this person may see.
func (d *Desk) onCase(ctx context.Context, tx *database.Tx, r *request, media string) (bool, error) {
	rows, err := tx.Query(ctx, `SELECT c.team FROM case_photos p JOIN cases c ON c.id = p.case_id WHERE p.media_id = $1`, media)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var team string
		if err := rows.Scan(&team); err != nil {
			return false, err
		}
		if r.seesCase(team) {
			return true, nil
		}
	}
	return false, rows.Err()
}
