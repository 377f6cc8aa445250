package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"concierge/internal/audit"
	"concierge/internal/database"
	"concierge/internal/feed"
)

type staffPage struct {
	frame
	People []staffRow
	Roles  []option
	Teams  []option
	Link   string // to be handed to somebody, shown once
	For    string
	Error  string
	Sets   bool
}

type staffRow struct {
	ID, Name, Email, Roles, Teams, Seen string
	Ready                               bool // has chosen a password
}

func (d *Desk) staffPage(w http.ResponseWriter, r *request) error {
	return d.showStaff(w, r, http.StatusOK, "", "", "")
}

func (d *Desk) showStaff(w http.ResponseWriter, r *request, status int, link, who, problem string) error {
	ctx := r.Context()
	p := staffPage{frame: d.frame(w, r, "staff"), Link: link, For: who, Error: problem, Sets: may(r.Person.Roles, setStaff) != none}
	for _, role := range Roles() {
		p.Roles = append(p.Roles, option{role, p.T("role." + role), role == Agent})
	}
	for _, t := range d.Council.Teams {
		p.Teams = append(p.Teams, option{t, p.word("team." + t), false})
	}
	err := d.read(ctx, func(tx *database.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM staff WHERE disabled_at IS NULL ORDER BY email LIMIT 500`)
		if err != nil {
			return err
		}
		var ids []string
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				rows.Close()
				return err
			}
			ids = append(ids, id)
		}
		rows.Close()
		for _, id := range ids {
			who, err := personBy(ctx, tx, "id", id)
			if err != nil {
				return err
			}
			p.People = append(p.People, p.staffRow(who))
		}
		return rows.Err()
	})
	if err != nil {
		return err
	}
	d.render(w, r, status, "staff", p)
	return nil
}

func (f frame) staffRow(who *person) staffRow {
	row := staffRow{ID: who.ID, Name: who.Name, Email: who.Email, Ready: who.password != "", Seen: f.T("health.never")}
	for i, role := range who.Roles {
		if i > 0 {
			row.Roles += ", "
		}
		row.Roles += f.T("role." + role)
	}
	for i, t := range who.Teams {
		if i > 0 {
			row.Teams += ", "
		}
		row.Teams += f.word("team." + t)
	}
	if !who.SeenAt.IsZero() {
		row.Seen = f.clock(who.SeenAt)
	}
	return row
}

// addStaff adds somebody and shows their link, once.
func (d *Desk) addStaff(w http.ResponseWriter, r *request) error {
	ctx := r.Context()
	email := r.PostForm.Get("email")
	var token string
	err := d.DB.Write(ctx, func(tx *database.Tx) (err error) {
		token, err = AddStaff(ctx, tx, email, r.PostForm.Get("name"), r.PostForm["role"], r.PostForm["team"])
		return err
	})
	f := d.frame(w, r, "staff")
	switch {
	case errors.Is(err, ErrEmail), errors.Is(err, ErrRole), errors.Is(err, ErrExists):
		name := map[error]string{ErrEmail: "email", ErrExists: "exists"}[err]
		if name == "" {
			name = "role"
		}
		return d.showStaff(w, r, http.StatusUnprocessableEntity, "", "", f.T("staff.error_"+name))
	case err != nil:
		return err
	}
	return d.showStaff(w, r, http.StatusOK, d.origin+"/desk/welcome/"+token, email, "")
}

// newLink makes somebody a new link and shows it, once.
func (d *Desk) newLink(w http.ResponseWriter, r *request) error {
	ctx := r.Context()
	var token string
	var who *person
	err := d.DB.Write(ctx, func(tx *database.Tx) (err error) {
		if who, err = personBy(ctx, tx, "id", r.PathValue("id")); err != nil {
			return err
		}
		token, err = ResetStaff(ctx, tx, who.Email)
		return err
	})
	if errors.Is(err, ErrNobody) || errors.Is(err, errBarred) {
		return database.ErrNoRows
	}
	if err != nil {
		return err
	}
	return d.showStaff(w, r, http.StatusOK, d.origin+"/desk/welcome/"+token, who.Email, "")
}

// endSessions signs somebody out everywhere.
func (d *Desk) endSessions(w http.ResponseWriter, r *request) error {
	ctx, id := r.Context(), r.PathValue("id")
	if err := d.dropSessions(ctx, id); err != nil {
		return err
	}
	if err := d.endStreams(ctx, id, audit.Entry{Actor: r.Person.ID, Deed: "staff.ended", Subject: id}); err != nil {
		return err
	}
	return back(w, r, "/desk/staff", "ended")
}

// dropSessions deletes all of somebody's sessions. Their tokens are known as hashes only, so the library cannot: it would hash again.
func (d *Desk) dropSessions(ctx context.Context, id string) error {
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		rows, err := tx.Query(ctx, `SELECT token, data FROM sessions`)
		if err != nil {
			return fmt.Errorf("list sessions: %w", err)
		}
		var theirs []string
		for rows.Next() {
			var token string
			var data []byte
			if err := rows.Scan(&token, &data); err != nil {
				rows.Close()
				return fmt.Errorf("list sessions: %w", err)
			}
			if _, values, err := d.sessions.Codec.Decode(data); err == nil && values[staffKey] == id {
				theirs = append(theirs, token)
			}
		}
		rows.Close()
		for _, token := range theirs {
			if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE token = $1`, token); err != nil {
				return fmt.Errorf("end session: %w", err)
			}
		}
		return rows.Err()
	})
}

// feedStaff is the topic by which a person's streams learn to look whether their session still stands.
const feedStaff = "staff"

func (d *Desk) endStreams(ctx context.Context, id string, e audit.Entry) error {
	return d.write(ctx, func(tx *database.Tx) error {
		if err := audit.Write(ctx, tx, e); err != nil {
			return err
		}
		return feed.Append(ctx, tx, feedStaff, id, 0)
	})
}
