package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"concierge/internal/database"
	"concierge/places"
)

const caseColumns = `id, reference, version, service, team, answers, description, lat, lon, metres, how, place, street, postcode, ward,
	status, reason, next_step, planned_for, filed_at, changed_at, closed_at, due_at, promised_at, reporter_id, language, channel, urgent,
	hidden, reopened, rating, duplicate_of, updates_seq`

// Get reads a case by its reference, or ErrNotFound.
func (c *Cases) Get(ctx context.Context, tx *database.Tx, ref Reference) (Case, error) {
	return c.one(ctx, tx, `reference = $1`, string(ref))
}

// ByID reads a case by its id, or ErrNotFound.
func (c *Cases) ByID(ctx context.Context, tx *database.Tx, id string) (Case, error) {
	return c.one(ctx, tx, `id = $1`, id)
}

// ByLink reads the follower behind a link number, and their case, or ErrNotFound.
func (c *Cases) ByLink(ctx context.Context, tx *database.Tx, link int64) (Case, Follower, error) {
	f, ok, err := c.oneFollower(ctx, tx, `link_no = $1`, link)
	if err != nil || !ok {
		if err == nil {
			err = ErrNotFound
		}
		return Case{}, Follower{}, err
	}
	one, err := c.ByID(ctx, tx, f.CaseID)
	return one, f, err
}

// Filter says which cases. Empty fields ask for nothing.
type Filter struct {
	Statuses     []Status
	Services     []string
	Teams        []string
	Ward         string
	Reason       Reason
	ChangedSince time.Time
	Late         bool // open after what was promised
	SilentSince  time.Time
	Limit        int // at most 200; 0 is 50
}

// List reads cases, the newest first, after the case with that id; "" begins.
func (c *Cases) List(ctx context.Context, tx *database.Tx, f Filter, after string) ([]Case, error) {
	var w where
	w.in("status", f.Statuses)
	w.in("service", f.Services)
	w.in("team", f.Teams)
	w.is("ward = ", f.Ward, f.Ward != "")
	w.is("reason = ", string(f.Reason), f.Reason != "")
	w.is("changed_at >= ", f.ChangedSince.UTC(), !f.ChangedSince.IsZero())
	w.is("id < ", after, after != "")
	if f.Late {
		w.is("status NOT IN ('fixed', 'closed') AND promised_at < ", tx.Now(), true)
	}
	if !f.SilentSince.IsZero() {
		w.is(`status NOT IN ('fixed', 'closed') AND (SELECT MAX(u.at) FROM updates u WHERE u.case_id = cases.id
			AND u.kind IN ('filed', 'changed', 'reopened')) < `, f.SilentSince.UTC(), true)
	}
	limit := f.Limit
	if limit <= 0 || limit > 200 {
		limit = 50
	}
	return c.many(ctx, tx, w.text()+fmt.Sprintf(` ORDER BY id DESC LIMIT %d`, limit), w.args...)
}

// Near is an open case close by.
type Near struct {
	Case
	Metres    float64
	Followers int
}

// Nearby finds the open cases of a service within its radius of a point, nearest first, at most 3.
func (c *Cases) Nearby(ctx context.Context, tx *database.Tx, service string, lat, lon float64) ([]Near, error) {
	s, ok := c.rules.Service(service)
	if !ok || s.Radius <= 0 {
		return nil, nil
	}
	box := s.Radius / 111_000 // degrees of latitude; of longitude there go at most 5 times as many at 78° north
	all, err := c.many(ctx, tx, ` WHERE service = $1 AND status IN ('received', 'investigating', 'planned', 'in_progress')
		AND lat BETWEEN $2 AND $3 AND lon BETWEEN $4 AND $5`, service, lat-box, lat+box, lon-5*box, lon+5*box)
	if err != nil {
		return nil, err
	}
	var near []Near
	for _, one := range all {
		if m := places.Haversine(lat, lon, one.Place.Lat, one.Place.Lon); m <= s.Radius && !one.Hidden {
			near = append(near, Near{Case: one, Metres: m})
		}
	}
	sort.SliceStable(near, func(i, j int) bool { return near[i].Metres < near[j].Metres })
	near = near[:min(len(near), 3)]
	for i := range near {
		if near[i].Followers, err = c.CountFollowers(ctx, tx, near[i].ID); err != nil {
			return nil, err
		}
	}
	return near, nil
}

// OfContact reads the cases a resident follows, the newest first, at most limit, and how many there are in all.
func (c *Cases) OfContact(ctx context.Context, tx *database.Tx, contact ContactID, limit int) ([]Case, int, error) {
	var n int
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM followers WHERE contact_id = $1`, string(contact)).Scan(&n); err != nil {
		return nil, 0, fmt.Errorf("count a contact's cases: %w", err)
	}
	if n == 0 {
		return nil, 0, nil
	}
	all, err := c.many(ctx, tx, fmt.Sprintf(` WHERE id IN (SELECT case_id FROM followers WHERE contact_id = $1) ORDER BY id DESC LIMIT %d`,
		limit), string(contact))
	return all, n, err
}

// Updates reads what happened after an update, in order; 0 reads all.
func (c *Cases) Updates(ctx context.Context, tx *database.Tx, id string, after int64) ([]Update, error) {
	rows, err := tx.Query(ctx, `
		SELECT id, case_id, seq, at, actor, actor_id, kind, status_from, status_to, reason, next_step, planned_for, text, language, public,
			hidden, COALESCE(source, '')
		FROM updates WHERE case_id = $1 AND seq > $2 ORDER BY seq`, id, after)
	if err != nil {
		return nil, fmt.Errorf("read updates: %w", err)
	}
	defer rows.Close()
	var all []Update
	for rows.Next() {
		var u Update
		if err := rows.Scan(&u.ID, &u.CaseID, &u.Seq, &u.At, &u.By.Kind, &u.By.ID, &u.Kind, &u.From, &u.To, &u.Reason, &u.NextStep,
			&u.PlannedFor, &u.Text, &u.Language, &u.Public, &u.Hidden, &u.Source); err != nil {
			return nil, fmt.Errorf("read updates: %w", err)
		}
		u.At = u.At.UTC()
		all = append(all, u)
	}
	return all, rows.Err()
}

// Photos reads a case's photos in the order of their updates.
func (c *Cases) Photos(ctx context.Context, tx *database.Tx, id string) ([]Photo, error) {
	rows, err := tx.Query(ctx, `SELECT media_id, update_seq, approved FROM case_photos WHERE case_id = $1 ORDER BY update_seq, media_id`, id)
	if err != nil {
		return nil, fmt.Errorf("read photos: %w", err)
	}
	defer rows.Close()
	var all []Photo
	for rows.Next() {
		var p Photo
		if err := rows.Scan(&p.Media, &p.Seq, &p.Approved); err != nil {
			return nil, fmt.Errorf("read photos: %w", err)
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

func (c *Cases) one(ctx context.Context, tx *database.Tx, where string, args ...any) (Case, error) {
	one, err := scanCase(tx.QueryRow(ctx, `SELECT `+caseColumns+` FROM cases WHERE `+where, args...).Scan)
	if errors.Is(err, database.ErrNoRows) {
		return Case{}, ErrNotFound
	}
	if err != nil {
		return Case{}, fmt.Errorf("read case: %w", err)
	}
	return one, nil
}

func (c *Cases) many(ctx context.Context, tx *database.Tx, rest string, args ...any) ([]Case, error) {
	rows, err := tx.Query(ctx, `SELECT `+caseColumns+` FROM cases`+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	defer rows.Close()
	var all []Case
	for rows.Next() {
		one, err := scanCase(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("read cases: %w", err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

func scanCase(scan func(...any) error) (Case, error) {
	var one Case
	var answers string
	var lat, lon *float64
	var closed, due, promised *time.Time
	var reporter, duplicate *string
	p := &one.Place
	err := scan(&one.ID, &one.Reference, &one.Version, &one.Service, &one.Team, &answers, &one.Description, &lat, &lon, &p.Metres, &p.How,
		&p.Label, &p.Street, &p.Postcode, &p.Ward, &one.Status, &one.Reason, &one.NextStep, &one.PlannedFor, &one.FiledAt, &one.ChangedAt,
		&closed, &due, &promised, &reporter, &one.Language, &one.Channel, &one.Urgent, &one.Hidden, &one.Reopened, &one.Rating, &duplicate,
		&one.LastSeq)
	if err != nil {
		return Case{}, err
	}
	if err := json.Unmarshal([]byte(answers), &one.Answers); err != nil {
		return Case{}, fmt.Errorf("answers: %w", err)
	}
	if lat != nil && lon != nil {
		p.Point, p.Lat, p.Lon = true, *lat, *lon
	}
	one.FiledAt, one.ChangedAt = one.FiledAt.UTC(), one.ChangedAt.UTC()
	one.ClosedAt, one.DueAt, one.PromisedAt = moment(closed), moment(due), moment(promised)
	if reporter != nil {
		one.Reporter = ContactID(*reporter)
	}
	if duplicate != nil {
		one.DuplicateOf = Reference(*duplicate)
	}
	return one, nil
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return none
	}
	return t.UTC()
}

// where gathers conditions with their numbered arguments.
type where struct {
	list []string
	args []any
}

func (w *where) is(condition string, arg any, asked bool) {
	if !asked {
		return
	}
	w.args = append(w.args, arg)
	w.list = append(w.list, fmt.Sprintf("%s$%d", condition, len(w.args)))
}

func (w *where) in(column string, values any) {
	var marks []string
	add := func(v string) {
		w.args = append(w.args, v)
		marks = append(marks, fmt.Sprintf("$%d", len(w.args)))
	}
	switch v := values.(type) {
	case []Status:
		for _, s := range v {
			add(string(s))
		}
	case []string:
		for _, s := range v {
			add(s)
		}
	}
	if marks != nil {
		w.list = append(w.list, column+" IN ("+strings.Join(marks, ", ")+")")
	}
}

func (w *where) text() string {
	if len(w.list) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.list, " AND ")
}
