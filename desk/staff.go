package desk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"concierge/internal/audit"
	"concierge/internal/database"
)

// inviteLife is how long a link to choose a password works.
const inviteLife = 72 * time.Hour

// The errors of staff's own matters.
var (
	ErrEmail  = errors.New("that is no email address")
	ErrRole   = errors.New("no such role: viewer, agent, supervisor, translator, auditor or admin")
	ErrExists = errors.New("that person is there already: `staff reset` prints a new link")
	ErrNobody = errors.New("there is nobody with that email")
	errSpent  = errors.New("this link has been used or is too old")
	errBarred = errors.New("this account is closed")
)

// demoEmail is who sits at the desk of a demo.
const demoEmail = "demo@desk.example"

// person is a member of staff.
type person struct {
	ID, Email, Name string
	Roles, Teams    []string
	Away            bool
	SeenAt          time.Time
	password        string
}

// AddStaff adds a person and returns the token of the link, /desk/welcome/<token>, by which they choose a password. It is stored as a
// hash, works for 72 hours and is used up when the password is set.
func AddStaff(ctx context.Context, tx *database.Tx, email, name string, roles, teams []string) (token string, err error) {
	email, err = parseEmail(email)
	if err != nil {
		return "", err
	}
	for _, r := range roles {
		if !slices.Contains(Roles(), r) {
			return "", fmt.Errorf("%w (not %q)", ErrRole, r)
		}
	}
	if len(roles) == 0 {
		return "", ErrRole
	}
	id := database.NewID()
	n, err := tx.Exec(ctx, `INSERT INTO staff (id, email, name, roles, teams, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (email) DO NOTHING`, id, email, name, strings.Join(roles, " "), strings.Join(teams, " "), tx.Now())
	if err != nil {
		return "", fmt.Errorf("add staff: %w", err)
	}
	if n == 0 {
		return "", ErrExists
	}
	if err := audit.Write(ctx, tx, audit.Entry{Actor: "command", Deed: "staff.added", Subject: id, Detail: strings.Join(roles, " ")}); err != nil {
		return "", err
	}
	return invite(ctx, tx, id, false)
}

// ResetStaff makes a new link for a person; links not yet used stop working. Their password works until the new one is set.
func ResetStaff(ctx context.Context, tx *database.Tx, email string) (token string, err error) {
	email, err = parseEmail(email)
	if err != nil {
		return "", err
	}
	var id string
	err = tx.QueryRow(ctx, `SELECT id FROM staff WHERE email = $1`, email).Scan(&id)
	if errors.Is(err, database.ErrNoRows) {
		return "", ErrNobody
	}
	if err != nil {
		return "", fmt.Errorf("find staff: %w", err)
	}
	if err := audit.Write(ctx, tx, audit.Entry{Actor: "command", Deed: "staff.reset", Subject: id}); err != nil {
		return "", err
	}
	return invite(ctx, tx, id, false)
}

// DemoLink makes the link that signs in the demo's supervisor without a password; the links of earlier starts stop working. Only for
// a council tried out on one's own machine.
func DemoLink(ctx context.Context, tx *database.Tx, name string) (token string, err error) {
	_, err = tx.Exec(ctx, `INSERT INTO staff (id, email, name, roles, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (email) DO NOTHING`, database.NewID(), demoEmail, name, Supervisor, tx.Now())
	if err != nil {
		return "", fmt.Errorf("add demo staff: %w", err)
	}
	var id string
	if err := tx.QueryRow(ctx, `SELECT id FROM staff WHERE email = $1`, demoEmail).Scan(&id); err != nil {
		return "", fmt.Errorf("find demo staff: %w", err)
	}
	return invite(ctx, tx, id, true)
}

func invite(ctx context.Context, tx *database.Tx, staff string, demo bool) (string, error) {
	raw := make([]byte, 32)
	rand.Read(raw)
	token := base64.RawURLEncoding.EncodeToString(raw)
	if _, err := tx.Exec(ctx, `DELETE FROM invites WHERE staff_id = $1`, staff); err != nil {
		return "", fmt.Errorf("make link: %w", err)
	}
	_, err := tx.Exec(ctx, `INSERT INTO invites (token_hash, staff_id, demo, expires_at) VALUES ($1, $2, $3, $4)`,
		hashed(token), staff, demo, tx.Now().Add(inviteLife))
	if err != nil {
		return "", fmt.Errorf("make link: %w", err)
	}
	return token, nil
}

// invited finds whose link it is. It changes nothing.
func invited(ctx context.Context, tx *database.Tx, token string) (p *person, demo bool, err error) {
	var staff string
	err = tx.QueryRow(ctx, `SELECT staff_id, demo FROM invites WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2`,
		hashed(token), tx.Now()).Scan(&staff, &demo)
	if errors.Is(err, database.ErrNoRows) {
		return nil, false, errSpent
	}
	if err != nil {
		return nil, false, fmt.Errorf("read link: %w", err)
	}
	p, err = personBy(ctx, tx, "id", staff)
	return p, demo, err
}

// welcome uses the link up and sets the password; a demo's link has none. Of two who use it at once, one is in time.
func welcome(ctx context.Context, tx *database.Tx, token, password string) (*person, error) {
	p, _, err := invited(ctx, tx, token)
	if err != nil {
		return nil, err
	}
	n, err := tx.Exec(ctx, `UPDATE invites SET used_at = $1 WHERE token_hash = $2 AND used_at IS NULL`, tx.Now(), hashed(token))
	if err != nil {
		return nil, fmt.Errorf("use link: %w", err)
	}
	if n == 0 {
		return nil, errSpent
	}
	if password != "" {
		if _, err := tx.Exec(ctx, `UPDATE staff SET password = $1 WHERE id = $2`, password, p.ID); err != nil {
			return nil, fmt.Errorf("set password: %w", err)
		}
	}
	return p, audit.Write(ctx, tx, audit.Entry{Actor: p.ID, Deed: "staff.welcomed", Subject: p.ID})
}

// personBy finds a person by id or email; nobody is ErrNobody, a closed account errBarred.
func personBy(ctx context.Context, tx *database.Tx, column, value string) (*person, error) {
	if column != "id" && column != "email" {
		return nil, errors.New("find staff: by id or email only")
	}
	var p person
	var roles, teams string
	var seen, disabled *time.Time
	err := tx.QueryRow(ctx, `SELECT id, email, name, roles, teams, password, away, seen_at, disabled_at FROM staff WHERE `+column+` = $1`, value).
		Scan(&p.ID, &p.Email, &p.Name, &roles, &teams, &p.password, &p.Away, &seen, &disabled)
	if errors.Is(err, database.ErrNoRows) {
		return nil, ErrNobody
	}
	if err != nil {
		return nil, fmt.Errorf("find staff: %w", err)
	}
	if disabled != nil {
		return nil, errBarred
	}
	if seen != nil {
		p.SeenAt = *seen
	}
	if p.Name == "" {
		p.Name, _, _ = strings.Cut(p.Email, "@")
	}
	p.Roles, p.Teams = words(roles), words(teams)
	return &p, nil
}

func parseEmail(s string) (string, error) {
	a, err := mail.ParseAddress(strings.TrimSpace(s))
	if err != nil {
		return "", ErrEmail
	}
	return strings.ToLower(a.Address), nil
}

func hashed(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
