package concierge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"concierge/cases"
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/phrase"
	"concierge/internal/seal"
)

// onCase applies an event about cases: Filed, Joined, FixedAnswered, Added, and UpdatesSet with a reference. done is false for any
// other. What a rule refuses the resident is no error: the engine has said what could be said.
func (t *turn) onCase(ctx context.Context, e dialog.Event) (done bool, err error) {
	switch e := e.(type) {
	case dialog.Filed:
		err = t.fileCase(ctx, e)
	case dialog.Joined:
		err = t.joinCase(ctx, e)
	case dialog.FixedAnswered:
		err = t.fixedAnswered(ctx, e)
	case dialog.Added:
		err = t.addToCase(ctx, e)
	case dialog.UpdatesSet:
		if e.Reference == "" {
			return false, nil
		}
		err = t.setUpdates(ctx, e)
	default:
		return false, nil
	}
	if r := (cases.ErrRefused{}); errors.As(err, &r) {
		t.h.s.Log.Info("case refused", "conversation", t.c.ID, "field", r.Field, "code", r.Code)
		err = nil
	}
	return true, err
}

func (t *turn) fileCase(ctx context.Context, e dialog.Filed) error {
	photos, err := t.photoIDs(ctx, e.Photos)
	if err != nil {
		return err
	}
	one, err := t.h.s.Cases.File(ctx, t.tx, cases.Report{
		Cause: t.once(fmt.Sprint("file:", e.Run)), Service: e.Service, Answers: answersOf(e.Answers), Description: e.Details,
		Place: placeOf(e.Place), By: t.resident(), Conversation: cases.ConversationID(t.c.ID), Language: t.tag,
		Channel: string(t.c.Channel), Urgent: e.Urgent, Photos: photos})
	if err != nil {
		return err
	}
	return t.nameCase(ctx, one)
}

func (t *turn) joinCase(ctx context.Context, e dialog.Joined) error {
	ref, err := cases.ParseReference(e.Reference)
	if err != nil {
		return nil // the engine offered it; a button forged names nothing
	}
	var said []string
	var messages []string
	for _, a := range e.Answers {
		if a.Words != "" && !strings.HasPrefix(a.Value, "{") {
			said = append(said, a.Words)
		}
		messages = append(messages, a.Messages...)
	}
	photos, err := t.photoIDs(ctx, messages)
	if err != nil {
		return err
	}
	w := cases.Words{Text: strings.Join(said, "\n"), Language: t.tag, Photos: photos, Source: t.once(fmt.Sprint("join:", e.Run))}
	one, _, err := t.h.s.Cases.Join(ctx, t.tx, ref, cases.ContactID(t.c.ContactID), cases.ConversationID(t.c.ID), w)
	if errors.Is(err, cases.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.nameCase(ctx, one)
}

// fixedAnswered takes "is it fixed?": yes ends an open case, or confirms a done one; no and partly open a done one again. Of a case
// still open, no is a word to staff, who see it among the silent ones. Where a rule refuses, nobody is told that it was opened.
func (t *turn) fixedAnswered(ctx context.Context, e dialog.FixedAnswered) error {
	one, w, err := t.caseAbout(ctx, e.Reference, e.Text, e.Photos, "fixed")
	if err != nil || one.ID == "" {
		return err
	}
	c, ref := t.h.s.Cases, one.Reference
	switch {
	case e.Answer == "yes" && one.Status == cases.Fixed:
	case e.Answer == "yes":
		m := cases.Move{To: cases.Fixed, Reason: cases.ReasonByResident, Text: e.Text, Language: t.tag, Photos: w.Photos, Source: w.Source}
		one, err = c.Change(ctx, t.tx, ref, 0, m, t.resident())
	case one.Status.Open():
		one, err = t.dispute(ctx, one, e.Answer, w)
	default:
		var refusal cases.ErrRefused
		if one, err = c.Reopen(ctx, t.tx, ref, w, t.resident()); errors.As(err, &refusal) {
			one, err = t.notReopened(ctx, one, e.Answer, w, refusal)
		}
	}
	if err != nil {
		return err
	}
	return t.nameCase(ctx, one)
}

// reopened is the line the engine says after "no": it must be true.
const reopened = "not_fixed.reopened"

// dispute keeps their word on a case that stays as it is.
func (t *turn) dispute(ctx context.Context, one cases.Case, answer string, w cases.Words) (cases.Case, error) {
	if w.Text == "" {
		w.Text = t.spoken(answer)
	}
	t.sayInstead(reopened, phrase.Say("updates.added"))
	return t.h.s.Cases.Add(ctx, t.tx, one.Reference, w, t.resident())
}

// notReopened does what is left: what is not ours is told again what they can do; too late or too often, a person takes it.
func (t *turn) notReopened(ctx context.Context, one cases.Case, answer string, w cases.Words, why cases.ErrRefused) (cases.Case, error) {
	if why.Code == "not_allowed" && why.Field == "reason" {
		v := caseVars(t.h.s.Council, t.h.s.Keys, t.h.s.PublicURL, one, cases.Follower{Role: cases.Reporter})
		t.sayInstead(reopened, v.next())
		return one, nil
	}
	if why.Field == "actor" {
		return one, why
	}
	one, err := t.dispute(ctx, one, answer, w)
	if err != nil {
		return one, err
	}
	s := summary{Service: one.Service, Missed: []string{string(one.Reference)}}
	return one, t.request(ctx, inbox.Reopened, one.Service, s)
}

func (t *turn) sayInstead(key string, l phrase.Line) {
	if t.instead == nil {
		t.instead = map[string]phrase.Line{}
	}
	t.instead[key] = l
}

func (t *turn) addToCase(ctx context.Context, e dialog.Added) error {
	one, w, err := t.caseAbout(ctx, e.Reference, e.Text, e.Photos, "add")
	if err != nil || one.ID == "" {
		return err
	}
	if one, err = t.h.s.Cases.Add(ctx, t.tx, one.Reference, w, t.resident()); err != nil {
		return err
	}
	return t.nameCase(ctx, one)
}

func (t *turn) setUpdates(ctx context.Context, e dialog.UpdatesSet) error {
	ref, err := cases.ParseReference(e.Reference)
	if err != nil {
		return nil
	}
	set := t.h.s.Cases.Mute
	if e.On {
		set = t.h.s.Cases.Unmute
	}
	t.set(phrase.Var{Name: "Ref", Text: string(ref)})
	if err := set(ctx, t.tx, ref, cases.ContactID(t.c.ContactID)); !errors.Is(err, cases.ErrNotFound) {
		return err
	}
	return nil
}

// caseAbout finds the case and gathers the words of one event; a case of no id is one we do not have.
func (t *turn) caseAbout(ctx context.Context, reference, text string, messages []string, what string) (cases.Case, cases.Words, error) {
	ref, err := cases.ParseReference(reference)
	if err != nil {
		return cases.Case{}, cases.Words{}, nil
	}
	one, err := t.h.s.Cases.Get(ctx, t.tx, ref)
	if errors.Is(err, cases.ErrNotFound) {
		return cases.Case{}, cases.Words{}, nil
	}
	if err != nil {
		return cases.Case{}, cases.Words{}, err
	}
	photos, err := t.photoIDs(ctx, messages)
	return one, cases.Words{Text: text, Language: t.tag, Photos: photos, Source: t.once(what + ":" + string(ref))}, err
}

// nameCase lets the lines said after it name the case: Ref, Due, Link.
func (t *turn) nameCase(ctx context.Context, one cases.Case) error {
	t.set(phrase.Var{Name: "Ref", Text: string(one.Reference)})
	if !one.PromisedAt.IsZero() {
		t.set(phrase.Var{Name: "Due", Date: dayOf(one.PromisedAt, t.h.s.Council.TimeZone)})
	}
	f, ok, err := t.h.s.Cases.FollowerOf(ctx, t.tx, one.ID, cases.ContactID(t.c.ContactID))
	if ok {
		t.set(phrase.Var{Name: "Link", Text: linkOf(t.h.s.Keys, t.h.s.PublicURL, f.LinkNo)})
	}
	return err
}

// photoIDs are the media ids of inbound messages. What the turn has gathered is written first: this message's photos may be in it.
func (t *turn) photoIDs(ctx context.Context, messages []string) ([]string, error) {
	if len(messages) == 0 {
		return nil, nil
	}
	if t.b != nil && t.b.Len() > 0 {
		if err := t.tx.Run(ctx, t.b); err != nil {
			return nil, err
		}
		*t.b = database.Batch{}
	}
	var ids []string
	for _, m := range messages {
		rows, err := t.tx.Query(ctx, `SELECT m.id FROM media m JOIN messages s ON s.id = m.message_id
			WHERE m.message_id = $1 AND s.conversation_id = $2 AND m.kind IN ('photo', 'file') ORDER BY m.n`, m, t.c.ID)
		if err != nil {
			return nil, fmt.Errorf("find photos: %w", err)
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				rows.Close()
				return nil, fmt.Errorf("find photos: %w", err)
			}
			ids = append(ids, id)
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("find photos: %w", err)
		}
	}
	return ids, nil
}

func (t *turn) resident() cases.Actor { return cases.ByResident(cases.ContactID(t.c.ContactID)) }

// once names this deed of this message: a turn taken twice does it once.
func (t *turn) once(what string) string {
	if t.m == nil {
		return ""
	}
	return "turn:" + t.m.ID + ":" + what
}

// spoken is what the resident wrote or pressed, for staff to read.
func (t *turn) spoken(answer string) string {
	switch {
	case t.m != nil && t.m.Text != "":
		return t.m.Text
	case t.m != nil && t.m.Press.Label != "":
		return t.m.Press.Label
	}
	return answer
}

// answersOf leaves the place out: the case keeps it where fewer may look.
func answersOf(all []dialog.Answer) []cases.Answer {
	var kept []cases.Answer
	for _, a := range all {
		if strings.HasPrefix(a.Value, "{") {
			continue
		}
		kept = append(kept, cases.Answer{Slot: a.Slot, Value: a.Value, Words: a.Words})
	}
	return kept
}

func placeOf(p dialog.Place) cases.Place {
	label := p.Label
	if label == "" {
		label = p.Words
	}
	return cases.Place{Lat: p.Lat, Lon: p.Lon, Point: p.Point, Metres: p.Metres, How: p.How, Label: label, Street: p.Street,
		Postcode: p.Code, Ward: p.Ward}
}

// linkOf is a follower's tracking page.
func linkOf(keys *seal.Keys, url string, link int64) string {
	return url + "/t/" + keys.LinkToken(uint64(link))
}

// dayOf is the council's day of a moment: "2027-04-05".
func dayOf(at time.Time, zone *time.Location) string { return at.In(zone).Format(time.DateOnly) }
