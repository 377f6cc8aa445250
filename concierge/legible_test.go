package concierge

import (
	"fmt"
	"testing"

	"concierge/channels"
	"concierge/dialog"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// A label, a type or a button of a resident's may hold what Postgres takes in no text: the message is read all the same.
func TestNoFieldOfAMessageFailsItsTurn(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
			return s, []dialog.Event{dialog.Said{Lines: []dialog.Line{{Text: fmt.Sprint(in.Kind, in.Label)}}}}
		}))
		const chat = "telegram:9"
		pin, press, photo, quote := text(chat, ""), text(chat, ""), text(chat, ""), text(chat, "x")
		pin.Kind, pin.Location = channels.KindLocation, &channels.Location{Lat: 52.45, Lon: -1.87, Label: "a\x00b", Address: "\xff"}
		press.Kind, press.Press = channels.KindPress, channels.Press{Data: "\x00", Label: "Ro\x00ad\xff", On: "\x00"}
		photo.Kind, photo.Media = channels.KindMedia, []channels.Media{{Ref: "ME1", Kind: "photo", Type: "image/jpeg\x00\xff", Gone: true}}
		quote.ReplyTo, quote.Album, quote.Language = "\x00", "\xff", "\x00"
		for _, m := range []channels.Message{pin, press, photo, quote} {
			o.receive(m)
		}
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound AND taken = 'taken' AND tries = 0`); n != 4 {
			t.Errorf("%d of 4 were read at once", n)
		}
		if pin.Location.Label != "a\x00b" || photo.Media[0].Type != "image/jpeg\x00\xff" {
			t.Error("the caller's message was changed")
		}
	})
}
