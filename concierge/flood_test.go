package concierge

import (
	"encoding/json"
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
	"concierge/internal/phrase"
)

// furnished is a started host with the real engine and words.
func furnished(t *testing.T, db *database.DB, node string) *house {
	t.Helper()
	o := assemble(t, db, node)
	furnish(t, o)
	if err := o.h.Start(o.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.stop)
	return o
}

// rests waits until nothing is to be sent and everything sent is stored.
func (o *house) rests() {
	o.t.Helper()
	o.eventually(0, `SELECT COUNT(*) FROM messages WHERE NOT inbound AND status IN ('queued', 'sending')`)
}

const waitingFor = `SELECT c.owner || ' ' || h.reason FROM conversations c JOIN handoffs h ON h.conversation_id = c.id AND h.ended_at IS NULL`

// TestTwoMachinesStopAnsweringEachOther: whatever we say comes back, to one node or the other, the first of a turn's messages and the last.
func TestTwoMachinesStopAnsweringEachOther(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		nodes := []*house{furnished(t, db, "node-1"), furnished(t, db, "node-2")}
		sent := func() (all []string) {
			for _, o := range nodes {
				all = append(all, o.tg.Texts("telegram:9")...)
			}
			return all
		}
		nodes[0].receive(text("telegram:9", "big pothole outside 12 Stratford Road"))
		nodes[0].rests()
		first := len(sent())
		came := map[string]int{}
		for round := range 40 {
			again := false
			for _, words := range sent() {
				if came[words] >= 8 {
					continue
				}
				came[words]++
				again = true
				nodes[round%2].receive(text("telegram:9", words))
				nodes[0].rests()
			}
			if !again {
				break
			}
		}
		if n := len(sent()) - first; n > 3 {
			t.Errorf("%d replies to ourselves:\n%s", n, strings.Join(sent()[first:], "\n--\n"))
		}
		if got := nodes[0].one(waitingFor); got != "queue flood" {
			t.Errorf("it is with %s", got)
		}
		if last := sent()[len(sent())-1]; !strings.Contains(last, "BOT later") {
			t.Errorf("the last words are %q", last)
		}
	})
}

func TestAnAutomaticAnswerIsNotAnsweredForEver(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := furnished(t, db, "node-1")
		for range 12 {
			o.receive(text("telegram:9", "Thank you for your mail. I am on leave until the ninth."))
			o.rests()
		}
		if got := o.tg.Texts("telegram:9"); len(got) > 5 { // the first contact, three replies
			t.Errorf("%d replies:\n%s", len(got), strings.Join(got, "\n--\n"))
		}
		if got := o.one(waitingFor); got != "queue flood" {
			t.Errorf("it is with %s", got)
		}
	})
}

// counts puts a conversation's count at so many replies in this minute.
func (o *house) counts(n int) {
	now := time.Now().Unix()
	text, _ := json.Marshal(map[string]int64{"m": now, "n": int64(n), "d": now, "c": int64(n)})
	o.exec(`UPDATE conversations SET flood = $1`, string(text))
}

// unmoved says the same to everything, and brings nobody on.
func unmoved(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
	if in.Kind == dialog.Returned {
		return s, []dialog.Event{dialog.Said{Lines: []dialog.Line{phrase.Say("handoff.returned")}}}
	}
	all := []dialog.Event{dialog.Said{Lines: []dialog.Line{{Text: "again: " + in.Text}}, Idle: true}}
	if strings.Contains(in.Text, "gas") {
		all = append([]dialog.Event{dialog.Said{Lines: []dialog.Line{{Text: "call 0800"}}, Safety: true}}, all...)
	}
	return s, all
}

func TestPastTheLimitOneLineAndThenThePeople(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(unmoved))
		const them = "telegram:9"
		o.receive(text(them, "one"))
		o.hears(o.tg, them, "again: one", "privacy.first")
		o.counts(10)
		o.receive(text(them, "smell gas")) // the eleventh: danger is answered all the same
		o.rests()
		if got := o.tg.Texts(them); len(got) != 4 || !strings.Contains(strings.Join(got, "|"), "call 0800") || !strings.Contains(strings.Join(got, "|"), "handoff.flood") {
			t.Fatalf("heard %q", got)
		}
		heard := o.tg.Texts(them)
		if got := o.one(waitingFor); got != "queue flood" {
			t.Fatalf("it is with %s", got)
		}
		for _, words := range []string{"two", "bot", "1", "three"} { // silence
			o.receive(text(them, words))
		}
		o.rests()
		o.hears(o.tg, them, heard...)
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound AND taken = 'desk'`); n != 4 {
			t.Errorf("%d of 4 wait for a person", n)
		}
		o.exec(`UPDATE conversations SET flood = '{"u":1}'`) // the minute is over
		o.receive(text(them, "bot"))
		o.hears(o.tg, them, append(heard, "handoff.returned")...)
		if got := o.one(`SELECT owner FROM conversations`); got != "bot" {
			t.Errorf("it is with %s", got)
		}
	})
}

func TestAPersonsAnswerEndsTheSilence(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(unmoved))
		const them = "telegram:9"
		o.receive(text(them, "one"))
		o.hears(o.tg, them, "again: one", "privacy.first")
		o.counts(60)
		o.receive(text(them, "two"))
		o.hears(o.tg, them, "again: one", "privacy.first", "handoff.flood")
		o.rests()
		id := o.one(`SELECT id FROM conversations`)
		var epoch int64
		o.conversation(func(tx *database.Tx, c *inbox.Conversation) error { // as the desk's Return does
			c.Owner, c.State, c.AgentID = inbox.Bot, inbox.Active, ""
			c.Epoch++
			epoch = c.Epoch
			return o.in.Save(o.ctx, tx, c)
		})
		if err := o.h.resume(o.ctx, inbox.Resume{Conversation: id, Epoch: epoch, How: "menu"}); err != nil {
			t.Fatal(err)
		}
		o.receive(text(them, "three"))
		o.hears(o.tg, them, "again: one", "privacy.first", "handoff.flood", "handoff.returned", "again: three")
	})
}

// TestAnswersThatAreTakenNeverCount: 1, 1, 1 typed fast is normal, and so is the same word again and again.
func TestAnswersThatAreTakenNeverCount(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite, nil)
	o := open(t, db, script(func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
		return s, []dialog.Event{dialog.Said{Lines: []dialog.Line{{Text: fmt.Sprintf("ask %p", &s)}}}}
	}))
	for range 80 {
		o.receive(text("telegram:9", "1"))
	}
	o.rests()
	if n := o.count(`SELECT COUNT(*) FROM handoffs`); n != 0 {
		t.Error("an accepted answer was counted")
	}
	if n := len(o.tg.Texts("telegram:9")); n != 81 {
		t.Errorf("%d replies", n)
	}
}

// TestABurstIsHeld is fifty messages at one moment: what is said about them waits for the last.
func TestABurstIsHeld(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		for name, words := range map[string]func(n int) string{
			"a greeting":  func(int) string { return "hello" },
			"a question":  func(int) string { return "how long does a repair take" },
			"what we say": func(int) string { return "What would you like to report, or ask about?" },
			"noise":       func(n int) string { return fmt.Sprintf("qwx zzt %d plk", n) },
		} {
			t.Run(name, func(t *testing.T) {
				o := furnished(t, db, "node-"+name)
				from := channels.Address("telegram:" + fmt.Sprint(len(name)*1000))
				var all sync.WaitGroup
				room := make(chan struct{}, 8) // as many webhooks at once as SQLite's one writer bears without a spool
				for n := range 50 {
					m := text(string(from), words(n))
					room <- struct{}{}
					all.Go(func() { o.receive(m); <-room })
				}
				all.Wait()
				o.rests()
				if got := o.tg.Texts(from); len(got) > 8 {
					t.Errorf("%d replies to fifty at once:\n%s", len(got), strings.Join(got, "\n--\n"))
				}
			})
		}
	})
}
