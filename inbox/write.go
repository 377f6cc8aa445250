package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/phrase"
)

// Write makes a message to the resident: it words the lines in their language, renders them for their channel and stores a row for
// each provider message. It is the one way; who may call it with which kind is the caller's to know. c must be locked. It saves
// c.NextSeq itself, and wakes the outbox after the commit. The same Cause a second time writes nothing.
func (in *Inbox) Write(ctx context.Context, tx *database.Tx, c *Conversation, k Kind, w Words) error {
	b := &database.Batch{}
	rows, err := in.Compose(c, k, w, tx.Now())
	if err != nil {
		return err
	}
	in.Put(b, c, rows)
	b.Exec(`UPDATE conversations SET next_seq = $2, flood = $3 WHERE id = $1`, c.ID, c.NextSeq, c.Flood.column())
	if err := tx.Run(ctx, b); err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	if in.o.Wake != nil {
		id := c.ID
		tx.AfterCommit(func() { in.o.Wake(id) })
	}
	return nil
}

// Row is one outbound message as it is stored: one provider message.
type Row struct {
	ID             string
	Seq            int64
	Kind           Kind
	Language       string
	Text           string
	Parts          string // JSON
	Cause          string
	Author, Case   string
	Epoch          int64
	Keep, Held     bool
	At             time.Time
	Due, Expires   time.Time
	Out            channels.Outgoing // the same, ready to be sent
	Status, Reason string
}

// Compose makes the rows of a message without storing them and gives each its number.
func (in *Inbox) Compose(c *Conversation, k Kind, w Words, now time.Time) ([]Row, error) {
	out := in.outgoing(c, w)
	pieces := channels.Render(out, channels.Can(c.Channel))
	rows := make([]Row, 0, len(pieces))
	for i, p := range pieces {
		extra, err := encode(p)
		if err != nil {
			return nil, err
		}
		r := Row{ID: in.o.NewID(), Seq: c.NextSeq, Kind: k, Language: in.tag(c, w), Text: p.Text, Parts: extra, Cause: w.Cause,
			Author: w.Author, Case: w.Case, Epoch: c.Epoch, Keep: w.Keep, Held: w.Hold > 0, At: now, Due: now, Expires: w.Expires,
			Status: string(channels.Queued)}
		if i > 0 && r.Cause != "" {
			r.Cause = fmt.Sprintf("%s.%d", w.Cause, i)
		}
		if w.Due.After(now) {
			r.Due = w.Due
		}
		if r.Held {
			r.Due, r.Reason = now.Add(w.Hold), held
			if w.First {
				r.Reason = heldFirst
			}
		}
		if r.Expires.IsZero() {
			r.Expires = r.Due.Add(k.patience())
		}
		r.Out = p
		r.Out.ID, r.Out.Expires = r.ID, r.Expires
		c.NextSeq++
		c.Flood.spoke(p.Text)
		rows = append(rows, r)
	}
	return rows, nil
}

// What the reason of a queued message says while it is held: for the resident to write first.
const (
	held      = "held"
	heldFirst = "held_first"
)

// Put stores rows as part of a batch. The caller saves c.NextSeq.
func (in *Inbox) Put(b *database.Batch, c *Conversation, rows []Row) {
	for _, r := range rows {
		b.Exec(putSQL, r.ID, c.ID, r.Seq, string(r.Kind), r.Language, r.Text, r.Parts, r.At, r.Status, channels.Status(r.Status).Rank(),
			null(r.Cause), null(r.Author), null(r.Case), r.Epoch, r.Keep, r.Out.Attempt, r.Due, r.Expires, r.Reason)
	}
}

const putSQL = `INSERT INTO messages (id, conversation_id, seq, inbound, kind, language, body, parts, created_at, status, rank, cause,
	author_id, case_id, epoch, keep, attempt, due_at, expires_at, reason)
	VALUES ($1, $2, $3, FALSE, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
	ON CONFLICT (cause) WHERE cause IS NOT NULL DO NOTHING`

func (in *Inbox) tag(c *Conversation, w Words) string {
	switch {
	case w.Language != "":
		return w.Language
	case c.Language != "":
		return c.Language
	}
	return in.o.Source
}

// outgoing words the message: lines, labels and values, in one language.
func (in *Inbox) outgoing(c *Conversation, w Words) channels.Outgoing {
	tag := in.tag(c, w)
	o := channels.Outgoing{To: c.To, From: c.Sender, Text: w.Text, Named: w.Named, Photo: w.Photo}
	if o.Text == "" {
		o.Text = in.lines(tag, w.Lines)
	}
	if !w.Open.IsZero() {
		o.Open = in.say(tag, w.Open)
	}
	if w.Pin && channels.Can(c.Channel).PinButton {
		o.Pin = in.say(tag, phrase.Say("host.share_place"))
	}
	for _, h := range w.Choices {
		ch := channels.Choice{Data: h.Data, Label: in.say(tag, h.Label)}
		if !h.Hint.IsZero() {
			ch.Hint = in.say(tag, h.Hint)
		}
		o.Choices = append(o.Choices, ch)
	}
	if w.Template != nil && c.Channel == channels.WhatsApp {
		t := &channels.Template{Key: w.Template.Key, Tag: tag, Data: w.Template.Data}
		for _, v := range w.Template.Values {
			t.Values = append(t.Values, in.say(tag, v))
		}
		o.Template = t
	}
	return o
}

func (in *Inbox) lines(tag string, lines []phrase.Line) string {
	if len(lines) == 1 {
		return in.say(tag, lines[0])
	}
	var b strings.Builder
	for _, l := range lines {
		text := in.say(tag, l)
		if text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(text)
	}
	return b.String()
}

func encode(o channels.Outgoing) (string, error) {
	p := parts{Choices: o.Choices, Named: o.Named, Open: o.Open, Pin: o.Pin, Photo: o.Photo, Template: o.Template, Retire: o.Retire}
	if p.Choices == nil && p.Template == nil && p.Retire == nil && !p.Named && p.Open == "" && p.Pin == "" && p.Photo == "" {
		return "", nil
	}
	text, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode message: %w", err)
	}
	return string(text), nil
}

// decode fills an Outgoing from a row's parts.
func decode(text string, o *channels.Outgoing) (shut bool, err error) {
	if text == "" {
		return false, nil
	}
	var p parts
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return false, fmt.Errorf("decode message: %w", err)
	}
	o.Choices, o.Named, o.Open, o.Pin, o.Photo, o.Template, o.Retire = p.Choices, p.Named, p.Open, p.Pin, p.Photo, p.Template, p.Retire
	return p.Shut, nil
}
