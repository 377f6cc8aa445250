package concierge

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"concierge/channels"
	"concierge/inbox"
)

const ours, others = channels.Address("sms:+447700900000"), channels.Address("sms:+447700900001")

// passing is a way out and the conversations that get through it, with the moment each did. A conversation's name says what it has to
// send, and by which sender.
type passing struct {
	*way
	start time.Time
	mu    sync.Mutex
	went  []string
	back  func(id string) // what becomes of each send; nil: it stays in the provider's hands
}

func newPassing(rate float64) *passing {
	p := &passing{start: time.Now()}
	p.way = newWay(rate, time.Now, func(id string) { p.try(id) })
	return p
}

func (p *passing) gate(id string) *gate {
	if strings.HasPrefix(id, "other") {
		return p.of(others)
	}
	return p.of(ours)
}

func toSend(id string) inbox.Kind {
	for _, k := range []inbox.Kind{inbox.Update, inbox.Agent, inbox.Safety} {
		if strings.Contains(id, string(k)) {
			return k
		}
	}
	return inbox.Reply
}

func (p *passing) try(id string) bool {
	if !p.gate(id).enter(id, toSend(id)) {
		return false
	}
	p.mu.Lock()
	p.went = append(p.went, fmt.Sprint(id, " ", time.Since(p.start)))
	back := p.back
	p.mu.Unlock()
	if back != nil {
		back(id)
	}
	return true
}

func (p *passing) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.went)
}

// until lets time go by, to the moment after the start.
func (p *passing) until(d time.Duration) {
	time.Sleep(time.Until(p.start.Add(d)))
	synctest.Wait()
}

func (p *passing) got(t *testing.T, want string) {
	t.Helper()
	var got []string
	for _, w := range p.all() { // to the millisecond
		id, at, _ := strings.Cut(w, " ")
		d, _ := time.ParseDuration(at)
		got = append(got, id+" "+d.Truncate(time.Millisecond).String())
	}
	if fmt.Sprint(got) != want {
		t.Errorf("through: %s, want %s", got, want)
	}
}

func missed() *channels.SendError { return &channels.SendError{Class: channels.Retry} }

func TestTheGateKeepsASendersRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(1)
		defer p.close()
		for _, id := range []string{"a", "b", "c", "b"} {
			p.try(id)
		}
		p.until(5 * time.Second)
		p.got(t, "[a 0s b 1s c 2s]")
	})
}

// In no second more go than the rate allows, but for the few that may go at one moment.
func TestTheGateSpreadsASecondsSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(30)
		defer p.close()
		p.back = func(id string) { p.gate(id).sent(nil) }
		for n := range 100 {
			p.try(fmt.Sprint(n))
		}
		p.until(time.Second)
		if n := len(p.all()); n < 30 || n > 33 {
			t.Errorf("%d in the first second", n)
		}
		p.until(2 * time.Second)
		if n := len(p.all()); n < 60 || n > 63 {
			t.Errorf("%d in two seconds", n)
		}
	})
}

// A burst of news must not delay an answer: what a resident waits for goes first, then a person's words, in order each.
func TestNewsWaitForAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(1)
		defer p.close()
		for n := range 500 {
			p.try(fmt.Sprint("update", n))
		}
		p.until(2500 * time.Millisecond)
		for _, id := range []string{"agent", "reply", "safety", "reply2"} {
			p.try(id)
		}
		p.gate("").enter("update400", inbox.Reply) // something urgent stands behind its news now
		p.until(8500 * time.Millisecond)
		p.got(t, "[update0 0s update1 1s update2 2s reply 3s safety 4s reply2 5s update400 6s agent 7s update3 8s]")
		if n := p.waiting(); n != 495 {
			t.Errorf("%d in line, want 495", n)
		}
	})
}

// A sender's rate is shared by the nodes that live, and comes back when one is gone.
func TestNodesShareTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(1)
		defer p.close()
		p.share(2)
		for n := range 20 {
			p.try(fmt.Sprint(n))
		}
		p.until(5 * time.Second)
		p.got(t, "[0 0s 1 2s 2 4s]")
		p.share(1)
		p.until(7900 * time.Millisecond)
		p.got(t, "[0 0s 1 2s 2 4s 3 5.5s 4 6.5s 5 7.5s]")
	})
}

// Ten that do not arrive shut the gate. Then one goes first, alone, however many wait; only when it arrives the others follow.
func TestTheGateShutsForAProviderThatCannotBeReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(0)
		defer p.close()
		for n := range breakAfter {
			if !p.try(fmt.Sprint(n)) {
				t.Fatalf("shut after %d", n)
			}
			p.of(ours).sent(missed())
		}
		p.went = nil
		for n := range 1000 {
			p.try(fmt.Sprint("w", n))
		}
		if len(p.all()) != 0 {
			t.Fatal("still open")
		}
		p.until(breakFor + time.Second)
		p.got(t, "[w0 15s]")
		p.of(ours).sent(missed())
		p.until(2*breakFor + 2*time.Second)
		p.got(t, "[w0 15s w1 31s]")
		p.of(ours).sent(&channels.SendError{Class: channels.Uncertain}) // no answer is no better
		p.until(3*breakFor + 3*time.Second)
		p.got(t, "[w0 15s w1 31s w2 47s]")
		p.back = func(id string) { p.gate(id).sent(nil) }
		p.of(ours).sent(nil)
		p.until(3*breakFor + 4*time.Second)
		if n := len(p.all()); n != 1000 || p.waiting() != 0 {
			t.Errorf("%d went, %d wait", n, p.waiting())
		}
	})
}

func TestTheGateWaitsAsLongAsTheProviderSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(0)
		defer p.close()
		for _, id := range []string{"a", "b", "c"} { // in hand at that moment: what they hear later is heeded too
			p.try(id)
		}
		p.of(ours).sent(&channels.SendError{Class: channels.Throttled, After: 7 * time.Second, Code: "20429"})
		p.of(ours).sent(&channels.SendError{Class: channels.Throttled, After: 3 * time.Second})
		p.of(ours).sent(nil) // one that was taken before
		news := p.untold()
		if len(news) != 1 || news[0].For != 7*time.Second || news[0].Why != channels.Throttled || news[0].Sender != ours || len(p.untold()) != 0 {
			t.Errorf("other nodes are told %+v", news)
		}
		p.went = nil
		for _, id := range []string{"d", "e", "other"} {
			p.try(id)
		}
		p.until(10 * time.Second)
		p.got(t, "[other 0s d 7s]")
		p.of(ours).sent(nil)
		p.got(t, "[other 0s d 7s e 10s]")
	})
}

// Told to slow down and not for how long, the pauses grow, and begin anew when a send is taken.
func TestTheGateSlowsDownByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(0)
		defer p.close()
		for n := range 6 {
			p.try(fmt.Sprint(n))
		}
		slow := func() { p.of(ours).sent(&channels.SendError{Class: channels.Throttled}) }
		for range 5 { // a storm: many are refused at one moment, which is one refusal
			slow()
		}
		p.of(ours).sent(nil)
		p.went = nil
		p.try("a")
		p.until(2 * time.Second)
		slow()
		p.try("b")
		p.until(63 * time.Second)
		slow()
		p.try("c")
		p.until(17 * time.Minute)
		p.of(ours).sent(nil)
		p.try("d")
		slow()
		p.try("e")
		p.until(18 * time.Minute)
		p.got(t, "[a 1s b 1m2s c 16m3s d 17m0s e 17m1s]")
	})
}

// What one node heard holds the sender on the others.
func TestAHoldIsHeardOfElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(0)
		defer p.close()
		p.of(ours).obey(inbox.Hold{Sender: ours, For: 5 * time.Second, Why: channels.Configuration, Code: "20003"})
		p.of(ours).obey(inbox.Hold{Sender: ours, For: 2 * time.Second, Why: channels.Throttled})
		for _, id := range []string{"a", "b", "other"} {
			p.try(id)
		}
		p.until(9 * time.Second)
		p.got(t, "[other 0s a 5s]") // one goes first
		if news := p.untold(); len(news) != 0 {
			t.Errorf("told again: %+v", news)
		}
	})
}

func TestTheGateHasSoManyPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(0)
		defer p.close()
		for n := range slots {
			p.try(fmt.Sprint(n))
		}
		if p.try("late") || p.try("other") { // the channel's places are all its senders'
			t.Fatal("more at once than there are places")
		}
		p.went = nil
		p.until(500 * time.Millisecond)
		p.of(ours).sent(nil)
		p.of(ours).sent(nil)
		p.got(t, "[late 500ms other 500ms]")
	})
}

// Room that a conversation has no use for, since another node sent its message, is the next one's at once.
func TestRoomThatIsNotUsedIsTheNexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPassing(1)
		defer p.close()
		p.try("a")
		p.way.wake = func(id string) {
			if id == "gone" {
				p.unused(id)
				return
			}
			p.try(id)
		}
		for _, id := range []string{"gone", "b", "c"} {
			p.of(ours).queue(id, 2)
		}
		p.next()
		p.until(2500 * time.Millisecond)
		p.got(t, "[a 0s b 1s c 2s]")
		g := p.of(ours)
		p.until(3500 * time.Millisecond)
		if !g.ask("d", inbox.Reply) || !p.try("e") { // a question costs no send
			t.Error("a question took a send's place")
		}
		g.asked()
		g.leave() // e was not sent after all
		if !p.try("f") {
			t.Error("what was given back is gone")
		}
	})
}
