package concierge

import (
	"fmt"
	"strings"
	"testing"

	"concierge/dialog"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// What waited is taken as if it came just then: what is held for the resident to write first is withdrawn, since they have. Else it
// would go out behind the answer to what they wrote later.
func TestHeldLinesAreWithdrawnByWhatWaited(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ill := true
		o := open(t, db, script(func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
			if ill {
				panic("ill")
			}
			return s, []dialog.Event{dialog.Said{Lines: []dialog.Line{{Text: fmt.Sprint(in.Text, " first=", in.First)}}, Hold: strings.HasPrefix(in.Text, "hi")}}
		}))
		const chat = "telegram:7"
		o.receive(text(chat, "hi"))
		o.receive(text(chat, "there is a pothole"))
		ill = false
		o.takeAll()
		o.hears(o.tg, chat, "there is a pothole first=true", "privacy.first")
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE status = 'failed' AND reason = 'withdrawn'`); n != 2 {
			t.Errorf("%d withdrawn, want the greeting and what follows it", n)
		}
	})
}
