package concierge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/spool"
)

var spoolKey = bytes.Repeat([]byte{3}, 32)

func openSpool(t testing.TB, folder string, o spool.Options) *spool.Spool {
	t.Helper()
	s, err := spool.Open(folder, spoolKey, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// spooling is a host on a database, with a spool and a patience the test can wait for. It is not started.
func spooling(t testing.TB, db *database.DB, s *spool.Spool, patience time.Duration) *house {
	t.Helper()
	o := assemble(t, db, "node-1")
	o.h.s.Spool = s
	o.h.intake = newIntake(o.h)
	o.h.intake.patience = patience
	o.h.SetEngine(script(echo))
	t.Cleanup(o.stop)
	return o
}

func (o *house) start() {
	o.t.Helper()
	if err := o.h.Start(o.ctx); err != nil {
		o.t.Fatal(err)
	}
}

// drained waits until nothing is kept and nothing waits for its turn.
func (o *house) drained() {
	o.t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for {
		n, _ := o.h.s.Spool.Pending()
		if n == 0 && !o.h.intake.away.Load() {
			break
		}
		if time.Now().After(deadline) {
			o.t.Fatalf("%d records are still kept", n)
		}
		time.Sleep(10 * time.Millisecond)
	}
	o.eventually(0, `SELECT COUNT(*) FROM messages WHERE inbound AND taken = 'waiting'`)
	o.eventually(0, `SELECT COUNT(*) FROM spools`)
}

// The database is stopped while residents write, and comes back: every webhook was answered at once, every message is answered once
// and in order, and what a provider took meanwhile is not sent again.
func TestTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	server := databasetest.StartServer(t)
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{URL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "spool")
	o := spooling(t, db, openSpool(t, folder, spool.Options{}), receivePatience)
	o.start()
	defer o.stop() // before the database closes
	const residents, before, during, after = 6, 2, 8, 3
	who := func(r int) string { return fmt.Sprintf("telegram:%d", 100+r) }
	n := 0
	var took []time.Duration
	say := func(r int) {
		m := text(who(r), fmt.Sprint(n/residents))
		began := time.Now()
		if err := o.h.Receive(ctx, m); err != nil {
			t.Fatalf("message %d: %v", n, err)
		}
		took = append(took, time.Since(began))
		n++
	}
	round := func(rounds int) {
		for range rounds {
			for r := range residents {
				say(r)
			}
		}
	}
	round(before)
	took = nil
	server.Stop()
	round(during)
	if err := o.h.Receipt(ctx, channels.Receipt{Channel: channels.SMS, Handle: "SM0", Status: channels.Delivered}); err != nil {
		t.Errorf("receipt: %v", err)
	}
	if err := o.h.Quarantine(ctx, channels.Telegram, "77", []byte("unreadable \n\x00 bytes")); err != nil {
		t.Errorf("quarantine: %v", err)
	}
	slices.Sort(took)
	t.Logf("webhooks while the database was away: median %v, worst %v", took[len(took)/2], took[len(took)-1])
	if worst := took[len(took)-1]; worst > receivePatience+500*time.Millisecond {
		t.Errorf("a webhook waited %v", worst)
	}
	server.Start()
	back := time.Now()
	round(after)
	o.drained()
	t.Logf("drained %v after the database came back", time.Since(back).Round(time.Millisecond))
	for r := range residents {
		want := []string{"you said 0", "privacy.first"}
		for i := 1; i < before+during+after; i++ {
			want = append(want, fmt.Sprintf("you said %d", i))
		}
		o.hearsIn(20*time.Second, o.tg, who(r), want...) // a mark whose commit nobody heard of stands until its lease ends
	}
	o.eventually(1, `SELECT COUNT(*) FROM quarantine`)
	if left := files(t, folder); len(left) != 0 {
		t.Errorf("left in the spool: %v", left)
	}
	if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound`); n != residents*(before+during+after) {
		t.Errorf("%d messages stored", n)
	}
}

func files(t testing.TB, folder string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// block holds what a turn needs until the returned function is called.
func block(t testing.TB, o *house, conversation string) (free func()) {
	t.Helper()
	held, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		err := o.db.Write(o.ctx, func(tx *database.Tx) error {
			_, err := o.in.Lock(o.ctx, tx, conversation)
			close(held)
			<-release
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}()
	<-held
	return func() { close(release); <-done }
}

// The database is slow: the provider hears in time, the transaction goes on, and of it and the copy in the spool one counts.
func TestTheDatabaseIsSlow(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := spooling(t, db, openSpool(t, t.TempDir(), spool.Options{}), 150*time.Millisecond)
		o.start()
		o.receive(text(phone, "first"))
		o.hears(o.sms, phone, "you said first", "privacy.first")
		free := block(t, o, o.one(`SELECT id FROM conversations`))
		m := text(phone, "second")
		began := time.Now()
		o.receive(m)
		if d := time.Since(began); d < 150*time.Millisecond {
			t.Errorf("the provider waited %v", d)
		}
		if n, _ := o.h.s.Spool.Pending(); n != 1 {
			t.Errorf("%d records kept", n)
		}
		free()
		o.drained()
		o.receive(text(phone, "third"))
		o.receive(m) // the provider's copy
		o.hears(o.sms, phone, "you said first", "privacy.first", "you said second", "you said third")
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound`); n != 3 {
			t.Errorf("%d messages stored", n)
		}
	})
}

// After three in a row nobody waits any more; when the disk is full too, the provider is told, and nothing is forgotten that was taken.
func TestTheDiskIsFullToo(t *testing.T) {
	t.Parallel()
	const patience = 100 * time.Millisecond
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := spooling(t, db, openSpool(t, t.TempDir(), spool.Options{MaxBytes: 8 << 10}), patience)
		o.start()
		o.receive(text(phone, "0"))
		free := block(t, o, o.one(`SELECT id FROM conversations`))
		var kept, refused []channels.Message
		waited := 0
		for n := 1; n < 40; n++ {
			m := text(phone, fmt.Sprint(n))
			began := time.Now()
			if err := o.h.Receive(o.ctx, m); err == nil {
				kept = append(kept, m)
			} else if errors.Is(err, spool.ErrFull) {
				refused = append(refused, m)
			} else {
				t.Fatal(err)
			}
			if time.Since(began) >= patience {
				waited++
			}
		}
		if waited > 20 { // 39 did not know, or a busy machine holds a few
			t.Errorf("%d of 39 messages waited though the database is known to be away", waited)
		}
		if len(kept) < 5 || len(refused) < 5 {
			t.Errorf("%d kept, %d refused", len(kept), len(refused))
		}
		free()
		o.drained()
		for _, m := range refused { // the provider comes again
			o.receive(m)
		}
		o.drained()
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound`); n != 40 {
			t.Errorf("%d messages stored, want 40", n)
		}
		o.eventually(40+1, `SELECT COUNT(*) FROM messages WHERE NOT inbound AND status = 'sent'`)
	})
}

// What a node kept before it died is taken by its next start, before what comes then, with a word of apology once it is late.
func TestWhatWasKeptIsTakenAtTheNextStart(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		folder := t.TempDir()
		before := openSpool(t, folder, spool.Options{})
		alone := Spooler{Spool: before}
		for n := range 3 {
			m := text(phone, fmt.Sprint(n))
			if err := before.Append(keptMessage, time.Now().Add(-time.Hour+time.Duration(n)*time.Second), messageRecord(m)); err != nil {
				t.Fatal(err)
			}
		}
		other := text("telegram:5", "hello")
		if err := errors.Join(alone.Receive(t.Context(), other), alone.Receive(t.Context(), other), alone.Quarantine(t.Context(), channels.Telegram, "", []byte("?")),
			before.Append(keptMessage, time.Now(), []byte("no record of ours\n")), before.Append(99, time.Now(), nil), before.Close()); err != nil {
			t.Fatal(err)
		}
		o := spooling(t, db, openSpool(t, folder, spool.Options{}), receivePatience)
		o.start()
		o.receive(text(phone, "3"))
		o.drained()
		o.hears(o.sms, phone, "away.late\nyou said 0", "privacy.first", "you said 1", "you said 2", "you said 3")
		o.hears(o.tg, "telegram:5", "you said hello", "privacy.first")
		if n := o.count(`SELECT COUNT(*) FROM quarantine`); n != 1 {
			t.Errorf("%d in quarantine", n)
		}
		if left := files(t, folder); len(left) != 2 {
			t.Errorf("records nobody knows: want two .bad files, have %v", left)
		}
	})
}

// While another node copies in what it kept, messages are stored and their turns wait; then they are taken by the time they came.
func TestTurnsWaitForOtherNodes(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := spooling(t, db, openSpool(t, t.TempDir(), spool.Options{}), receivePatience)
		o.start()
		announce := func() {
			err := db.Write(o.ctx, func(tx *database.Tx) error { return o.in.Announce(o.ctx, tx, "node-2") })
			if err != nil {
				t.Fatal(err)
			}
		}
		o.receive(text(phone, "0"))
		o.hears(o.sms, phone, "you said 0", "privacy.first")
		announce()
		o.receive(text(phone, "3"))
		o.receive(text(phone, "4"))
		for n := 2; n > 0; n-- { // the other node's, in any order
			err := o.h.receiveNow(o.ctx, text(phone, fmt.Sprint(n)), coming{at: time.Now().Add(time.Duration(n)*time.Second - time.Minute), wait: true})
			if err != nil {
				t.Fatal(err)
			}
		}
		o.h.takeReady(o.ctx)
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound AND taken = 'waiting'`); n != 4 {
			t.Errorf("%d turns wait, want 4", n)
		}
		if n := o.count(`SELECT COUNT(*) FROM river_job WHERE kind = 'take'`); n != 1 {
			t.Errorf("%d jobs for the case that both nodes die, want 1", n)
		}
		if err := db.Write(o.ctx, func(tx *database.Tx) error { return o.in.Unannounce(o.ctx, tx, "node-2") }); err != nil {
			t.Fatal(err)
		}
		o.h.takeReady(o.ctx)
		o.hears(o.sms, phone, "you said 0", "privacy.first", "you said 1", "you said 2", "you said 3", "you said 4")
		if n := o.count(`SELECT COUNT(*) FROM messages a JOIN messages b ON a.conversation_id = b.conversation_id
			WHERE a.inbound AND b.inbound AND a.body < b.body AND a.seq > b.seq`); n != 0 {
			t.Errorf("the transcript has %d pairs of messages the wrong way round", n)
		}
	})
}

// The 257th transaction is not begun: its message is kept.
func TestBackPressure(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite, nil)
	o := spooling(t, db, openSpool(t, t.TempDir(), spool.Options{}), time.Minute)
	free := make(chan struct{})
	var all sync.WaitGroup
	for range inHand {
		all.Go(func() {
			_ = o.h.intake.take(channels.SMS, keptReceipt, nil, func() error { <-free; return nil })
		})
	}
	for len(o.h.intake.hand) < inHand {
		time.Sleep(time.Millisecond)
	}
	o.receive(text(phone, "one too many"))
	if n, _ := o.h.s.Spool.Pending(); n != 1 {
		t.Errorf("%d kept", n)
	}
	close(free)
	all.Wait()
}

// A provider took a message and the database will not hear of it: it is kept, and the message is not sent again.
func TestAResultIsKept(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := spooling(t, db, openSpool(t, t.TempDir(), spool.Options{}), receivePatience)
		o.h.out.sealed = true
		o.receive(text("telegram:8", "hello")) // marked by the turn; nobody sends
		o.h.out.sealed = false
		id := o.one(`SELECT id FROM messages WHERE NOT inbound AND status = 'sending'`)
		o.h.out.abandon([]inbox.Result{{Marked: &inbox.Marked{Out: channels.Outgoing{ID: id, Attempt: 1, To: "telegram:8"}}, Handle: "8:1"}}, errors.New("away"))
		o.start()
		o.drained()
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE id = $1 AND status = 'sent' AND handle = '8:1'`, id)
	})
}
