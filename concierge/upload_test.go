package concierge

import (
	"regexp"
	"testing"
	"time"

	"concierge/channels"
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/seal"
)

// asksByLink asks for a photo by the upload page, and notes what it was told.
func asksByLink(told *[]dialog.Input) script {
	return func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
		*told = append(*told, in)
		s.Turns++
		s.Stack = []dialog.Run{{No: 7, Tree: "pothole"}}
		s.Offered = dialog.Offer{Run: 7, Slot: "photo", Values: []string{"skip"}}
		return s, []dialog.Event{dialog.Said{Lines: []dialog.Line{{Key: "shared.photo.link"}}, Upload: dialog.Upload{Photo: true, Place: true}}}
	}
}

func TestALinkIsForOneQuestionOfOneConversation(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		var told []dialog.Input
		o := open(t, db, asksByLink(&told))
		said := make(chan string, 9)
		o.in = inbox.New(o.keys, func(tag string, l dialog.Line) string {
			for _, v := range l.Vars {
				if v.Name == "Link" && l.Key == "shared.photo.link" {
					said <- v.Text
				}
			}
			return said0(tag, l)
		}, o.h.s.Queue, inbox.Options{Wake: func(id string) { o.h.Wake(id) }})
		o.h.s.Inbox = o.in
		o.receive(text(phone, "pothole"))
		link := regexp.MustCompile(`^http://localhost:8080/u/([1-9A-HJ-NP-Za-km-z]{22})$`).FindStringSubmatch(<-said)
		if link == nil {
			t.Fatal("no link was said")
		}
		var u inbox.Upload
		var c *inbox.Conversation
		read := func() (err error) {
			return db.Read(o.ctx, func(tx *database.Tx) error { u, c, err = o.in.Upload(o.ctx, tx, link[1]); return err })
		}
		if err := read(); err != nil || u.Run != 7 || u.Slot != "photo" || u.Service != "pothole" || !u.Photo || !u.Place || c.To != phone {
			t.Fatalf("%+v, %v", u, err)
		}
		if n := o.count(`SELECT COUNT(*) FROM uploads WHERE hash = $1`, seal.Digest(link[1])); n != 1 || o.count(`SELECT COUNT(*) FROM uploads WHERE hash = $1`, link[1]) != 0 {
			t.Error("the token itself is kept")
		}
		m := u.Sent(c, inbox.UploadPart{Blob: "b1", Bytes: 9}, time.Now())
		o.receive(m)
		o.receive(m) // pressed twice
		if got := told[len(told)-1]; len(told) != 2 || got.Run != 7 || got.Filed != "" || len(got.Media) != 1 || got.Kind != dialog.Media {
			t.Fatalf("the engine was told %+v", told)
		}
		if n := o.count(`SELECT COUNT(*) FROM media WHERE state = 'stored' AND blob = 'b1'`); n != 1 {
			t.Errorf("%d photos are kept", n)
		}
		o.exec(`INSERT INTO cases (id, reference, service, status, filed_at, changed_at, cause) VALUES ('k', 'C7K-4M95', 'pothole', 'received', $1, $1, 'turn:x:file:7')`, time.Now().UTC())
		o.exec(`INSERT INTO followers (id, case_id, contact_id, conversation_id, role, link_no, created_at) VALUES ('f', 'k', $1, $2, 'reporter', 1, $3)`, c.ContactID, c.ID, time.Now().UTC())
		o.receive(u.Sent(c, inbox.UploadPart{N: 1, Blob: "b2", Bytes: 9}, time.Now()))
		if got := told[len(told)-1]; got.Run != 7 || got.Filed != "C7K-4M95" {
			t.Errorf("after it was filed the engine was told %+v", got)
		}
		place := u.Sent(c, inbox.UploadPart{N: 2}, time.Now())
		place.Kind, place.Location = channels.KindLocation, &channels.Location{Lat: 52, Lon: -1}
		o.receive(place)
		if got := told[len(told)-1]; got.Kind != dialog.Pin || got.Run != 7 {
			t.Errorf("of a place the engine was told %+v", got)
		}
		o.exec(`UPDATE uploads SET expires_at = $1`, time.Now().UTC().Add(-time.Minute))
		if err := read(); err != inbox.ErrNoUpload {
			t.Errorf("an ended link: %v", err)
		}
		if err := o.h.purge(o.ctx); err != nil || o.count(`SELECT COUNT(*) FROM uploads WHERE expires_at < $1`, time.Now().UTC()) != 0 {
			t.Errorf("ended links stay: %v", err)
		}
	})
}
