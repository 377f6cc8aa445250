package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"concierge/internal/database"
)

// Report is a case to be filed.
type Report struct {
	Cause        string // the run that files it: filing twice for one cause gives the same case; "" is filed each time
	Service      string
	Answers      []Answer
	Description  string // at most 4,000 runes
	Place        Place
	By           Actor          // a resident's id is the reporter's contact
	Conversation ConversationID // where the reporter hears of it
	Language     string
	Channel      string
	Urgent       bool
	Photos       []string // media ids; no more than the council's limit are kept
}

// File opens a case: received, with a promise where the service has a target. A reporter follows it, and knows of it.
func (c *Cases) File(ctx context.Context, tx *database.Tx, n Report) (Case, error) {
	s, ok := c.rules.Service(n.Service)
	if !ok {
		return Case{}, ErrRefused{"service", "unknown"}
	}
	if utf8.RuneCountInString(n.Description) > maxText {
		return Case{}, ErrRefused{"description", "too_long"}
	}
	now := tx.Now()
	one := Case{ID: database.NewID(), Version: 1, Service: n.Service, Team: s.Team, Answers: n.Answers, Description: n.Description,
		Place: n.Place, Status: Received, Reason: ReasonNew, FiledAt: now, ChangedAt: now, Language: n.Language, Channel: n.Channel,
		Urgent: n.Urgent, LastSeq: 1}
	if n.By.Kind == Resident {
		one.Reporter = ContactID(n.By.ID)
	}
	if due, ok := s.Due(now); ok {
		one.DueAt, one.PromisedAt = due, due
	}
	filed, known, err := c.insert(ctx, tx, one, n.Cause)
	if err != nil || known {
		return filed, err
	}
	u := Update{CaseID: filed.ID, Seq: 1, At: now, By: n.By, Kind: KindFiled, To: Received, Reason: ReasonNew, Language: n.Language}
	if err := c.write(ctx, tx, filed, u, n.Photos); err != nil {
		return Case{}, err
	}
	if filed.Reporter != "" {
		f := Follower{CaseID: filed.ID, Contact: filed.Reporter, Conversation: n.Conversation, Role: Reporter, ToldSeq: 1, ToldAt: now}
		if err := c.insertFollower(ctx, tx, &f); err != nil {
			return Case{}, err
		}
	}
	return filed, c.changed(ctx, tx, filed.ID)
}

// insert draws references until one is free. A case of the same cause, even one being filed this moment, is returned as known.
func (c *Cases) insert(ctx context.Context, tx *database.Tx, one Case, cause string) (filed Case, known bool, err error) {
	answers, err := json.Marshal(append([]Answer{}, one.Answers...))
	if err != nil {
		return Case{}, false, fmt.Errorf("file case: %w", err)
	}
	lat, lon := point(one.Place)
	for range 20 {
		one.Reference = NewReference(c.rules.random())
		n, err := tx.Exec(ctx, `
			INSERT INTO cases (id, reference, version, service, team, answers, description, lat, lon, metres, how, place, street, postcode,
				ward, status, reason, filed_at, changed_at, due_at, promised_at, reporter_id, language, channel, urgent, cause, updates_seq)
			VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18, $18, $19, $20, $21, $22, $23, 1)
			ON CONFLICT DO NOTHING`,
			one.ID, string(one.Reference), one.Service, one.Team, string(answers), one.Description, lat, lon, one.Place.Metres,
			one.Place.How, one.Place.Label, one.Place.Street, one.Place.Postcode, one.Place.Ward, string(one.Status), string(one.Reason),
			one.FiledAt, maybe(one.DueAt), text(string(one.Reporter)), one.Language, one.Channel, one.Urgent, text(cause))
		if err != nil {
			return Case{}, false, fmt.Errorf("file case: %w", err)
		}
		if n == 1 {
			return one, false, nil
		}
		if cause == "" {
			continue
		}
		old, err := c.one(ctx, tx, `cause = $1`, cause)
		if err == nil {
			return old, true, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return Case{}, false, err
		}
	}
	return Case{}, false, errors.New("file case: no free reference in twenty draws")
}
