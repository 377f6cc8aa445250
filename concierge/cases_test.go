package concierge

import (
	"strings"
	"testing"

	"concierge/cases"
	"concierge/channels"
	"concierge/dialog"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/phrase"
)

// filed gives the phone's resident a case, as their report would.
func (o *house) filed(service string) (one cases.Case) {
	o.t.Helper()
	contact, conversation := o.one(`SELECT contact_id FROM conversations`), o.one(`SELECT id FROM conversations`)
	o.change(func(tx *database.Tx) (err error) {
		one, err = o.h.s.Cases.File(o.ctx, tx, cases.Report{Service: service, By: cases.ByResident(cases.ContactID(contact)),
			Conversation: cases.ConversationID(conversation), Language: "en", Channel: "sms",
			Place: cases.Place{Lat: 52.4501, Lon: -1.8702, Point: true, Label: "12 Stratford Road", Street: "Stratford Road", Ward: "Sparkhill"}})
		return err
	})
	return one
}

func (o *house) change(f func(tx *database.Tx) error) {
	o.t.Helper()
	if err := o.db.Write(o.ctx, f); err != nil {
		o.t.Fatal(err)
	}
}

func (o *house) move(ref cases.Reference, m cases.Move) {
	o.t.Helper()
	o.change(func(tx *database.Tx) error {
		_, err := o.h.s.Cases.Change(o.ctx, tx, ref, 0, m, cases.Actor{Kind: cases.Staff, ID: "asha"})
		return err
	})
}

// TestSayingThatItIsNotFixed holds that a case is only said to be open again when it is.
func TestSayingThatItIsNotFixed(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		furnish(t, o)
		var ref cases.Reference
		o.h.SetEngine(script(func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
			if ref == "" {
				return echo(s, in)
			}
			return s, []dialog.Event{dialog.FixedAnswered{Reference: string(ref), Answer: "no", Text: in.Text},
				dialog.Said{Lines: []dialog.Line{phrase.Say("not_fixed.reopened", phrase.Var{Name: "Ref", Text: string(ref)}, phrase.Var{Name: "Due"})}}}
		}))
		if err := o.h.Start(o.ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.stop)
		o.receive(text(phone, "hello"))
		ref = o.filed("pothole").Reference
		said := func(when, want string) {
			t.Helper()
			o.receive(text(phone, "still there"))
			o.eventually(0, `SELECT COUNT(*) FROM messages WHERE status IN ('queued', 'sending')`)
			all := o.sms.Texts(phone)
			if last := all[len(all)-1]; !strings.Contains(strings.Join(all[max(0, len(all)-2):], "\n"), want) {
				t.Errorf("%s: %q, want %q", when, last, want)
			}
		}
		said("still open", "I added it to "+string(ref))
		for range 2 {
			o.move(ref, cases.Move{To: cases.Fixed, Reason: cases.ReasonAlready})
			said("fixed", "I opened "+string(ref)+" again")
			if got := o.one(`SELECT status FROM cases`); got != "received" {
				t.Fatalf("the case is %s", got)
			}
		}
		o.move(ref, cases.Move{To: cases.Closed, Reason: cases.ReasonNotOurs, NextStep: "motorways"})
		said("not ours", "Please tell National Roads: https://roads.example")
		o.move(ref, cases.Move{To: cases.Fixed, Reason: cases.ReasonAlready})
		said("a third time", "I added it to "+string(ref))
		if owner, why := o.one(`SELECT owner FROM conversations`), o.one(`SELECT reason FROM handoffs`); owner != "queue" || why != "reopened" {
			t.Errorf("the conversation is the %s's, for %s", owner, why)
		}
		if n := o.count(`SELECT COUNT(*) FROM updates WHERE text = 'still there' AND actor = 'resident'`); n != 4 {
			t.Errorf("%d of their words are on the case", n)
		}
	})
}

func TestThePhotoOfThisVeryMessageGoesOnTheCase(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		furnish(t, o)
		var ref cases.Reference
		o.h.SetEngine(script(func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
			if ref == "" {
				return echo(s, in)
			}
			return s, []dialog.Event{dialog.Added{Reference: string(ref), Text: in.Text, Photos: []string{in.Message}},
				dialog.Said{Lines: []dialog.Line{phrase.Say("updates.added", phrase.Var{Name: "Ref"})}}}
		}))
		if err := o.h.Start(o.ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.stop)
		o.receive(text(phone, "hello"))
		ref = o.filed("pothole").Reference
		m := text(phone, "look")
		m.Kind, m.Media = channels.KindMedia, []channels.Media{{Ref: "https://api.twilio.com/1", Kind: "photo", Type: "image/jpeg"}}
		o.receive(m)
		if n := o.count(`SELECT COUNT(*) FROM case_photos p JOIN media m ON m.id = p.media_id`); n != 1 {
			t.Errorf("%d photos on the case", n)
		}
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound`); n != 2 {
			t.Errorf("%d messages came in", n)
		}
	})
}

func TestWhatTheEngineMayLookUp(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		furnish(t, o)
		o.h.SetEngine(script(echo))
		if err := o.h.Start(o.ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.stop)
		o.receive(text(phone, "hello"))
		one := o.filed("pothole")
		id := o.one(`SELECT id FROM conversations`)
		o.receive(text("sms:+447700900999", "hello"))
		stranger := ""
		o.change(func(tx *database.Tx) error {
			return tx.QueryRow(o.ctx, `SELECT id FROM conversations WHERE id <> $1`, id).Scan(&stranger)
		})
		o.change(func(tx *database.Tx) error {
			as := func(id string) dialog.Lookup {
				c, err := o.in.Get(o.ctx, tx, id)
				if err != nil {
					t.Fatal(err)
				}
				return (&turn{h: o.h, tx: tx, c: c}).lookup()
			}
			mine, theirs := as(id), as(stranger)
			r, err := mine.Place(o.ctx, dialog.PlaceInput{Text: "12 stratfrod road", Service: "pothole"})
			if err != nil || len(r.Places) == 0 || !strings.Contains(r.Places[0].Label, "Stratford Road") {
				t.Errorf("a mistyped street: %+v, %v", r, err)
			}
			r, err = mine.Place(o.ctx, dialog.PlaceInput{Pin: &dialog.Location{Lat: 51.5, Lon: -0.12}, Service: "pothole"})
			if err != nil || !r.Outside {
				t.Errorf("a pin in London: %+v, %v", r, err)
			}
			r, err = mine.Place(o.ctx, dialog.PlaceInput{Text: "B11", Service: "pothole"})
			if err != nil || !r.Rough || r.Sure {
				t.Errorf("half a postcode: %+v, %v", r, err)
			}
			p, rest, ok, err := mine.PlaceIn(o.ctx, "en", "big pothole outside 12 stratfrod road")
			if err != nil || !ok || !strings.Contains(p.Label, "12 Stratford Road") || strings.Contains(rest, "stratfrod") {
				t.Errorf("a place in a sentence: %+v %q %v %v", p, rest, ok, err)
			}
			r, err = mine.List(o.ctx, "parks", "cannon hill")
			if err != nil || !r.Sure || r.Places[0].Label == "" {
				t.Errorf("a park: %+v, %v", r, err)
			}
			near, err := theirs.Nearby(o.ctx, "pothole", dialog.Place{Lat: 52.4502, Lon: -1.8702, Point: true})
			if err != nil || len(near) != 1 || near[0].Mine || near[0].Street != "Stratford Road" || near[0].Followers != 1 || near[0].Link != "" {
				t.Errorf("a neighbour's: %+v, %v", near, err)
			}
			all, n, err := mine.Mine(o.ctx)
			if err != nil || n != 1 || !all[0].Mine || !strings.HasPrefix(all[0].Link, "http://localhost:8080/t/") || all[0].StatusKey != "case.said.received.new" {
				t.Errorf("mine: %+v, %v", all, err)
			}
			if _, n, err := theirs.Mine(o.ctx); n != 0 || err != nil {
				t.Errorf("a stranger has %d, %v", n, err)
			}
			ref, ok, err := theirs.Reference(o.ctx, "where is "+strings.ToLower(string(one.Reference)))
			if err != nil || !ok || !ref.Found || ref.Case.Street != "" || ref.Case.Link != "" || ref.Case.Ward != "Sparkhill" || ref.Case.Promised == "" {
				t.Errorf("a stranger reads of a reference: %+v %v %v", ref, ok, err)
			}
			if ref, ok, err = mine.Reference(o.ctx, "H4T-9WX6"); err != nil || !ok || !ref.Wrong {
				t.Errorf("a wrong sign: %+v %v %v", ref, ok, err)
			}
			if ref, ok, err = mine.Reference(o.ctx, "H4T-9WX5"); err != nil || !ok || ref.Found {
				t.Errorf("a reference nobody has: %+v %v %v", ref, ok, err)
			}
			if _, ok, err = mine.Reference(o.ctx, "hello"); err != nil || ok {
				t.Errorf("no reference: %v %v", ok, err)
			}
			return nil
		})
	})
}
