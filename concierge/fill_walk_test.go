package concierge

import (
	"strings"
	"testing"
	"time"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// A report by WhatsApp with the real trees: the pin and the button come only with the true copies of messages found in the list. The
// report goes on as if nothing had been.
func TestAReportWhoseTrueCopiesComeLate(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		furnish(t, o)
		if err := o.h.Start(o.ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.stop)
		last := func() string { all := o.answers(mobile); return all[len(all)-1] }
		late := func(m channels.Message, whole func(*channels.Message)) (before, after string) {
			if err := o.h.receiveNow(o.ctx, m, coming{at: time.Now().Add(-5 * time.Minute), swept: true}); err != nil {
				t.Fatal(err)
			}
			before = last()
			whole(&m)
			o.receive(m)
			o.takeAll()
			return before, last()
		}
		o.receive(text(mobile, "pothole"))
		o.receive(text(mobile, "no"))
		where := last()
		before, after := late(text(mobile, ""), func(m *channels.Message) {
			m.Kind, m.Location = channels.KindLocation, &channels.Location{Lat: 52.4471, Lon: -1.8631}
		})
		if before != where {
			t.Errorf("to a message without its pin we say %q", before)
		}
		if after == where {
			t.Errorf("its pin is not read: still %q", after)
		}
		if got := o.one(`SELECT session FROM conversations`); !strings.Contains(got, "52.4471") {
			t.Errorf("the place is not answered: %s", got)
		}
		// The label of a button is its text in the list: it is understood, and its true copy says nothing more.
		n := len(o.answers(mobile))
		o.receive(text(mobile, "yes"))
		settled := len(o.answers(mobile))
		if settled == n {
			t.Fatalf("nothing is said after the place: %q", last())
		}
		before, after = late(text(mobile, "Large"), func(m *channels.Message) {
			m.Kind, m.Press = channels.KindPress, channels.Press{Data: "1:size=large", Label: "Large"}
		})
		if before != after {
			t.Errorf("an answered question is answered again: %q, then %q", before, after)
		}
	})
}
