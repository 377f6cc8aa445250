package concierge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"concierge/channels"
	"concierge/dialog"
	"concierge/internal/database"
)

// newsAge is how long a bare reply belongs to the case we last wrote about.
const newsAge = 24 * time.Hour

// input is the message as the engine sees it.
func (t *turn) input(ctx context.Context) (dialog.Input, error) {
	m := t.m
	can := channels.Can(t.c.Channel)
	in := dialog.Input{Message: m.ID, Kind: kinds[m.Kind], Text: m.Text, Payload: m.Payload, First: t.first,
		Plain: can.Buttons == 0, Upload: can.UploadPage}
	if in.Kind == "" {
		in.Kind = dialog.Text
	}
	if !t.c.TurnedAt.IsZero() {
		in.Since = max(t.now.Sub(t.c.TurnedAt), 0)
	}
	if m.Language != "" {
		in.Hint, _ = t.h.s.Languages().Match(m.Language)
	}
	if l := m.Location; l != nil {
		in.Location = &dialog.Location{Lat: l.Lat, Lon: l.Lon, Metres: l.Metres, Label: l.Label, Live: l.Live}
		in.Kind = dialog.Pin
	}
	for _, f := range m.Media {
		if f.Gone && fetched(f.Kind) {
			t.lost = true // nobody says "got your photo" of it
			continue
		}
		in.Media = append(in.Media, f.Kind)
	}
	if in.Media != nil {
		in.Kind = dialog.Media
	}
	if m.Press != (channels.Press{}) {
		if err := t.press(ctx, &in); err != nil {
			return in, err
		}
	}
	if m.Edits != "" {
		err := t.tx.QueryRow(ctx, `SELECT id FROM messages WHERE handle = $1 AND conversation_id = $2 AND inbound`, string(m.Edits), t.c.ID).Scan(&in.Edits)
		if err != nil && !errors.Is(err, database.ErrNoRows) {
			return in, fmt.Errorf("find edited message: %w", err)
		}
	}
	if err := t.uploaded(ctx, &in); err != nil {
		return in, err
	}
	if t.told {
		if err := t.news(ctx, &in); err != nil {
			return in, err
		}
	}
	return in, nil
}

// kinds are the engine's words for what came.
var kinds = map[channels.Kind]dialog.Kind{
	channels.KindText: dialog.Text, channels.KindPress: dialog.Press, channels.KindLocation: dialog.Pin, channels.KindMedia: dialog.Media,
	channels.KindStart: dialog.Start, channels.KindEdit: dialog.Edit, channels.KindOptIn: dialog.OptIn,
}

// press finds what a button means: its data, or, where data is missing or not ours, the choice of that label on the message it was
// on. Not found: the label is text.
func (t *turn) press(ctx context.Context, in *dialog.Input) error {
	p := t.m.Press
	in.Label = p.Label
	if ourData(p.Data) {
		in.Kind, in.Press = dialog.Press, p.Data
		return nil
	}
	if p.On != "" {
		data, err := t.h.s.Inbox.ChoiceOn(ctx, t.tx, t.c.ID, p.On, p.Label)
		if err != nil {
			return err
		}
		if data != "" {
			in.Kind, in.Press = dialog.Press, data
			return nil
		}
	}
	in.Kind = dialog.Text
	if in.Text == "" {
		in.Text = p.Label
	}
	return nil
}

// ourData tells data made by us: "<run>:<slot>=<value>" or "case:<reference>=<word>".
func ourData(data string) bool {
	head, rest, ok := strings.Cut(data, ":")
	return ok && head != "" && strings.Contains(rest, "=") && channels.ValidData(data)
}

// news are the cases we wrote about lately, or the one whose news was quoted.
func (t *turn) news(ctx context.Context, in *dialog.Input) error {
	where, arg := `m.sent_at > $2`, any(t.now.Add(-newsAge))
	if t.m.ReplyTo != "" {
		where, arg = `m.handle = $2`, string(t.m.ReplyTo)
	}
	quoted, err := t.newsOf(ctx, in, where, arg)
	if err != nil || quoted || t.m.ReplyTo == "" {
		return err
	}
	_, err = t.newsOf(ctx, in, `m.sent_at > $2`, t.now.Add(-newsAge))
	return err
}

func (t *turn) newsOf(ctx context.Context, in *dialog.Input, where string, arg any) (found bool, err error) {
	rows, err := t.tx.Query(ctx, `SELECT k.reference, k.status, m.parts FROM messages m JOIN cases k ON k.id = m.case_id
		WHERE m.conversation_id = $1 AND m.case_id IS NOT NULL AND m.kind = 'update' AND `+where+` ORDER BY m.seq DESC LIMIT 20`, t.c.ID, arg)
	if err != nil {
		return false, fmt.Errorf("look for news: %w", err)
	}
	defer rows.Close()
	seen := map[string]bool{}
	for rows.Next() {
		var reference, status, parts string
		if err := rows.Scan(&reference, &status, &parts); err != nil {
			return false, fmt.Errorf("look for news: %w", err)
		}
		if len(in.About) == 0 {
			// As SMS the choices are in the text, and no part says what was asked; news of a fixed case always asks.
			in.Fixed = status == "fixed" || strings.Contains(parts, "case:"+reference+"=yes")
		}
		if !seen[reference] {
			seen[reference] = true
			in.About = append(in.About, reference)
		}
	}
	return len(in.About) > 0, rows.Err()
}
