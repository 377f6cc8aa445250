package concierge

import (
	"strings"
	"testing"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// Somebody may quote us, more often than a person does, and be in danger: their own words are always looked through for it.
func TestDangerIsReadBesideWhatIsOurs(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := furnished(t, db, "node-1")
		o.receive(text("telegram:9", "pothole"))
		o.rests()
		ours, _, _ := strings.Cut(o.tg.Texts("telegram:9")[0], "\n")
		for _, theirs := range []string{"it is near the shop", "on the left", "I smell gas here"} {
			o.receive(text("telegram:9", ours+"\n"+theirs))
			o.rests()
		}
		if got := o.one(waitingFor); got != "queue flood" {
			t.Errorf("it is with %s", got)
		}
		all := o.tg.Texts("telegram:9")
		if told := strings.Join(all, "\n--\n"); strings.Count(told, "Smell gas? Leave") != 1 {
			t.Errorf("the danger was not answered once:\n%s", told)
		}
		if n := o.count(`SELECT COUNT(*) FROM handoffs WHERE priority = 'urgent'`); n != 1 {
			t.Errorf("%d of the handoffs are urgent", n)
		}
		o.receive(text("telegram:9", "Smell gas? Leave, use no switches, and call 999 now."))
		o.rests()
		if n := len(o.tg.Texts("telegram:9")); n != len(all) {
			t.Errorf("our own words of danger are answered: %d, then %d", len(all), n)
		}
	})
}

// A machine that sends our line of danger back is in none: once people have the conversation it hears no more of it.
func TestOurOwnWordsOfDangerAreNone(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := furnished(t, db, "node-1")
		o.receive(text("telegram:9", "I smell gas"))
		o.rests()
		for range 6 {
			o.receive(text("telegram:9", "Smell gas? Leave, use no switches, and call 999 now."))
			o.rests()
		}
		all := o.tg.Texts("telegram:9")
		if last := all[len(all)-1]; !strings.Contains(last, "BOT later") {
			t.Errorf("the last words are %q", last)
		}
		o.receive(text("telegram:9", "I really smell gas"))
		o.rests()
		if got := o.tg.Texts("telegram:9"); len(got) != len(all)+1 || !strings.Contains(got[len(all)], "Smell gas? Leave") {
			t.Errorf("their own words of danger are answered with %q", got[len(all):])
		}
	})
}
