package concierge

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"concierge/channels"
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// asksPlace asks where until a pin or a street comes, then how large; what says nothing to it gets no answer.
func asksPlace(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
	say := func(words string) []dialog.Event {
		return []dialog.Event{dialog.Said{Lines: []dialog.Line{{Text: words}}}}
	}
	switch {
	case s.Offered.Slot == "":
		s.Offered = dialog.Offer{Run: 7, Slot: "place"}
		return s, say("where?")
	case s.Offered.Slot == "place" && in.Location != nil:
		s.Offered.Slot = "size"
		return s, say(fmt.Sprintf("at %.1f, how large?", in.Location.Lat))
	case in.Location != nil:
		return s, say("another place?")
	case s.Offered.Slot == "place" && in.Press != "":
		s.Offered.Slot = "size"
		return s, say("pressed " + in.Press)
	case s.Offered.Slot == "place" && len(in.Media) > 0:
		return s, say("a photo, and where?")
	case s.Offered.Slot == "place" && strings.HasSuffix(in.Text, "Street"):
		s.Offered.Slot = "size"
		return s, say("at " + in.Text + ", how large?")
	}
	return s, nil
}

const mobile = "whatsapp:+447700900123"

// swept is a house in which one message, sent while nobody listened, was found in the provider's list: without what only its webhook tells.
func swept(t *testing.T, db *database.DB) (o *house, found channels.Message) {
	t.Helper()
	o = open(t, db, script(asksPlace))
	l := &inboxList{Recorder: o.wa}
	o.h.sweeper.way = l
	o.receive(text(mobile, "a hole"))
	o.exec(`INSERT INTO marks (name, at) VALUES ('sweep-from', $1) ON CONFLICT (name) DO UPDATE SET at = $1`, time.Now().UTC().Add(-time.Hour))
	found = text(mobile, "")
	found.At = time.Now().Add(-5 * time.Minute)
	l.all = []channels.Message{found}
	return o, found
}

func (o *house) sweep() {
	o.t.Helper()
	if err := o.h.sweeper.run(o.ctx); err != nil {
		o.t.Fatal(err)
	}
}

// pinned is the true copy of a message.
func pinned(m channels.Message) channels.Message {
	m.Kind, m.Location, m.At = channels.KindLocation, &channels.Location{Lat: 52.4, Lon: -1.8}, time.Time{}
	return m
}

func TestATrueCopyFillsASweptMessage(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o, found := swept(t, db)
		o.sweep()
		var all sync.WaitGroup
		for range 5 { // Twilio's fallback URL, and what else comes late
			all.Go(func() { o.receive(pinned(found)) })
		}
		all.Wait()
		if n := o.count(takeJobs); n != 1 {
			t.Errorf("%d jobs", n)
		}
		o.takeAll()
		o.receive(pinned(found))
		o.takeAll()
		o.sweep()
		o.hears(o.wa, mobile, "where?", "privacy.first", "at 52.4, how large?")
		if got := o.one(`SELECT kind || taken FROM messages WHERE parts LIKE '%52.4%'`); got != "locationtaken" {
			t.Errorf("the message is %s", got)
		}
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound`); n != 2 {
			t.Errorf("%d messages", n)
		}
	})
}

func TestATrueCopyDoesNotAnswerWhatWasAnswered(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o, found := swept(t, db)
		o.sweep()
		o.receive(text(mobile, "12 High Street"))
		o.receive(pinned(found))
		o.takeAll()
		o.receive(text(mobile, "large"))
		o.hears(o.wa, mobile, "where?", "privacy.first", "at 12 High Street, how large?")
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE kind = 'location' AND parts LIKE '%52.4%' AND taken = 'taken'`); n != 1 {
			t.Error("the pin is not in the transcript")
		}
	})
}

func TestATrueCopyOfAMessageThatWaits(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o, found := swept(t, db)
		if err := o.h.receiveNow(o.ctx, found, coming{at: found.At, swept: true, wait: true}); err != nil {
			t.Fatal(err)
		}
		o.receive(pinned(found))
		o.takeAll()
		o.hears(o.wa, mobile, "where?", "privacy.first", "at 52.4, how large?")
	})
}

// What came late out of a spool fills too, and waits with the rest until all nodes have copied in.
func TestATrueCopyOutOfTheSpool(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o, found := swept(t, db)
		o.sweep()
		press := found
		press.Kind, press.Press, press.At = channels.KindPress, channels.Press{Data: "7:place=park"}, time.Time{}
		if err := o.h.receiveNow(o.ctx, press, coming{at: found.At.Add(time.Second), wait: true}); err != nil {
			t.Fatal(err)
		}
		o.h.takeReady(o.ctx)
		o.hears(o.wa, mobile, "where?", "privacy.first", "pressed 7:place=park")
	})
}

func TestATrueCopyBringsItsPhotoOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o, found := swept(t, db)
		found.Kind, found.Media = channels.KindMedia, []channels.Media{{Ref: "SM1/ME1", Kind: "photo"}}
		o.h.sweeper.way.(*inboxList).all = []channels.Message{found}
		o.sweep()
		o.hears(o.wa, mobile, "where?", "privacy.first", "a photo, and where?")
		o.receive(found) // nothing new in it
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE taken = 'waiting'`); n != 0 {
			t.Error("a copy that tells nothing new has a turn")
		}
		o.exec(`UPDATE received SET swept = TRUE WHERE message_id IN (SELECT message_id FROM media)`)
		found.Media = append(found.Media, channels.Media{Ref: "SM1/ME2", Kind: "photo"})
		o.receive(found)
		o.receive(found)
		if got := o.one(`SELECT MAX(ref) || COUNT(*) || MAX(n) FROM media`); got != "SM1/ME221" {
			t.Errorf("the photos are %s", got)
		}
		if n := o.count(`SELECT COUNT(*) FROM river_job WHERE kind = 'fetch_media'`); n != 2 {
			t.Errorf("%d jobs fetch them", n)
		}
		o.takeAll()
		o.hears(o.wa, mobile, "where?", "privacy.first", "a photo, and where?", "a photo, and where?")
	})
}

func TestATrueCopyForPeopleAndForNobody(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o, found := swept(t, db)
		o.conversation(func(tx *database.Tx, c *inbox.Conversation) error {
			return o.h.s.Handoffs.Request(o.ctx, tx, c, inbox.Request{Reason: inbox.Asked})
		})
		o.sweep()
		o.receive(pinned(found))
		if got := o.one(`SELECT kind || taken FROM messages WHERE parts LIKE '%52.4%'`); got != "locationdesk" {
			t.Errorf("with people it is %s", got)
		}
		o.exec(`UPDATE received SET swept = TRUE`)
		o.exec(`DELETE FROM conversations`)
		o.receive(pinned(found)) // they asked to be forgotten meanwhile
		if n := o.count(`SELECT COUNT(*) FROM messages`) + o.count(`SELECT COUNT(*) FROM conversations`); n != 0 {
			t.Errorf("%d rows of somebody erased", n)
		}
	})
}

func TestATrueCopyTellsOfAnOptOut(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		m := text(phone, "ENOUGH") // a word of the number's own, which only its webhook explains
		if err := o.h.receiveNow(o.ctx, m, coming{at: time.Now().Add(-3 * time.Minute), swept: true}); err != nil {
			t.Fatal(err)
		}
		m.Kind = channels.KindOptOut
		o.receive(m)
		if n := o.count(`SELECT COUNT(*) FROM addresses WHERE opted_out_at IS NOT NULL`); n != 1 {
			t.Error("who said STOP is not opted out")
		}
		if got := o.one(`SELECT kind FROM messages WHERE inbound`); got != "opt_out" {
			t.Errorf("it is a %s", got)
		}
	})
}
