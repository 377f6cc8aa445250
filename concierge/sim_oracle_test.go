package concierge

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"concierge/channels"
)

// simOracle judges by what went in and by what the provider took. The database it reads for three things only: that nothing is
// stuck, which cases there are, and that no status went back.
type simOracle struct {
	w     *simWorld
	backs int
}

// simWords are a message's words without the line that says why it comes late.
func simWords(text string) string {
	if _, rest, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(text, "away.late") {
		return rest
	}
	return text
}

// simOurs tells the engine's words from other lines, with what they answer and the number of the turn.
func simOurs(text string) (what string, turn int, engine bool) {
	head, n, ok := strings.Cut(simWords(text), " #")
	if !ok {
		return "", 0, false
	}
	turn, err := strconv.Atoi(n)
	return head, turn, err == nil
}

// called sees each call begin: what may not be said any more.
func (o *simOracle) called(r *simResident, c *simCall) {
	what, _, engine := simOurs(c.out.Text)
	if !engine || strings.HasPrefix(what, "filed ") {
		return
	}
	for _, s := range r.stretches {
		if !s.sure.IsZero() && s.sure.Before(c.at) && s.maybe == 0 && s.done == 0 {
			o.w.breaks("epoch: %q is sent although a person has the conversation", c.out.Text)
		}
	}
}

// took sees each message the provider takes.
func (o *simOracle) took(t *simTaken) {
	r := o.w.residentAt(t.call.out.To)
	if strings.HasPrefix(t.call.out.Text, "case.head") && o.stoppedSurely(r) {
		o.w.breaks("an update was sent after STOP: %q", t.call.out.Text)
	}
}

// stoppedSurely tells that their last word on updates was STOP and that it is in the database, alone: nothing that could lift it is
// on its way.
func (o *simOracle) stoppedSurely(r *simResident) bool {
	stopped := false
	for _, m := range r.sent {
		switch m.msg.Text {
		case "STOP":
			stopped = m.there > 0
		case "START":
			stopped = false
		}
	}
	return stopped
}

// look is taken after each step.
func (o *simOracle) look() {
	for _, m := range o.w.written {
		if k := m.keeper; k != nil && m.there == 0 && !k.isDead() && !k.draining {
			if n, _ := k.spool.Pending(); n == 0 {
				m.there = o.w.tick()
			}
		}
	}
	back := o.w.read(`SELECT id, was, became FROM sim_back`)
	for _, b := range back[o.backs:] {
		o.w.breaks("status of %s went back from %s to %s", b[0], b[1], b[2])
	}
	o.backs = len(back)
}

// judge counts at the end: nothing lost, nothing doubled, in order, cases as told, nothing stuck.
func (o *simOracle) judge() {
	o.stuck()
	for _, r := range o.w.people {
		o.stored(r)
		o.copies(r)
		o.answered(r)
		o.order(r)
	}
	o.cases()
	o.news()
	o.statuses()
}

func (o *simOracle) stuck() {
	for what, query := range map[string]string{
		"outbound":   `SELECT id, status, reason, due_at, attempt FROM messages WHERE NOT inbound AND status IN ('queued', 'sending')`,
		"waiting":    `SELECT id, body FROM messages WHERE inbound AND taken = 'waiting'`,
		"lease":      `SELECT id, lease_until FROM conversations WHERE lease_until > '` + simSQL(time.Now()) + `'`,
		"spool open": `SELECT node FROM spools`,
		"job":        `SELECT kind, args FROM sim_jobs`,
	} {
		for _, row := range o.w.read(query) {
			o.w.breaks("R: stuck %s: %v", what, row)
		}
	}
	for _, n := range o.w.nodes {
		if k, _ := n.spool.Pending(); k > 0 {
			o.w.breaks("R: %s still keeps %d", n.name, k)
		}
	}
}

// stored: what a resident wrote came once.
func (o *simOracle) stored(r *simResident) {
	for _, m := range r.sent {
		n := len(o.w.read(`SELECT id FROM messages WHERE inbound AND handle = $1`, string(m.msg.Handle)))
		if n > 1 {
			o.w.breaks("D: %q is stored %d times", m.msg.Text, n)
		}
		switch {
		case n > 0:
		case m.acked > 0:
			o.w.breaks("L: %q was answered with 2xx and is not stored", m.msg.Text)
		default: // it stands in Twilio's list; Telegram brings it until it is taken
			o.w.breaks("L: %q was never taken in", m.msg.Text)
		}
	}
}

func (o *simOracle) taken(r *simResident) (all []*simTaken) {
	for _, p := range []*simProvider{o.w.twilio, o.w.telegram} {
		for _, t := range p.taken {
			if t.call.out.To == r.address {
				all = append(all, t)
			}
		}
	}
	return all
}

// calls are those made to say something, by the id of the message or by its text.
func (o *simOracle) calls(f func(channels.Outgoing) bool) (all []*simCall) {
	for _, p := range []*simProvider{o.w.twilio, o.w.telegram} {
		for _, c := range p.calls {
			if f(c.out) {
				all = append(all, c)
			}
		}
	}
	return all
}

// copies: a message is on the phone once; by Telegram once more for each send in doubt.
func (o *simOracle) copies(r *simResident) {
	copies, texts := map[string]int{}, map[string]string{}
	for _, t := range o.taken(r) {
		out := t.call.out
		copies[out.ID]++
		if id, ok := texts[out.Text]; ok && id != out.ID && !repeats(out.Text) {
			o.w.breaks("D: %q is two messages", out.Text)
		}
		if _, _, engine := simOurs(out.Text); engine || strings.HasPrefix(out.Text, "privacy.first") {
			texts[out.Text] = out.ID
		}
	}
	for id, n := range copies {
		allowed := 1
		if r.channel == channels.Telegram {
			for _, c := range o.calls(func(out channels.Outgoing) bool { return out.ID == id }) {
				if c.class == channels.Uncertain || !c.ended || c.n.isDead() || c.n.troubled {
					allowed++
				}
			}
		}
		if n > allowed {
			o.w.breaks("D: %d copies of %s on the phone of %s", n, id, r.address)
		}
	}
	heard := map[string]int{}
	for _, t := range o.taken(r) {
		what, turn, engine := simOurs(t.call.out.Text)
		if !engine || what == "back" || what == "heard START" || what == "heard STOP" {
			continue
		}
		if was, ok := heard[what]; ok && was != turn {
			o.w.breaks("D: %q was acted on twice, in turns %d and %d", what, was, turn)
		}
		heard[what] = turn
	}
}

func repeats(text string) bool { return strings.HasPrefix(text, "back ") }

// answered: each message was answered, unless something was seen that excuses it.
func (o *simOracle) answered(r *simResident) {
	for _, m := range r.sent {
		reply := replyTo(m)
		if reply == "" || o.excused(r, m) {
			continue
		}
		if o.phoneShows(r, reply) || o.refused(func(out channels.Outgoing) bool { return strings.HasPrefix(simWords(out.Text), reply+" #") }) {
			continue
		}
		o.w.breaks("L: nobody answered %q", m.msg.Text)
	}
}

func replyTo(m *simIn) string {
	switch what, ok := strings.CutPrefix(m.msg.Text, "file "); {
	case ok:
		return "filed " + what
	case m.msg.Text == "STOP" || m.msg.Text == "START":
		return ""
	}
	return "heard " + m.msg.Text
}

func (o *simOracle) phoneShows(r *simResident, reply string) bool {
	for _, t := range o.taken(r) {
		if strings.HasPrefix(simWords(t.call.out.Text), reply+" #") {
			return true
		}
	}
	return false
}

// excused: a person had the conversation at some time since, or it is too old to be sure of.
func (o *simOracle) excused(r *simResident, m *simIn) bool {
	for _, s := range r.stretches {
		if s.done == 0 || s.done > m.begun || m.begun == 0 {
			return true
		}
	}
	return time.Since(m.msg.At) > time.Hour
}

// refused: the provider refused it for good, or three sends ended in doubt.
func (o *simOracle) refused(f func(channels.Outgoing) bool) bool {
	doubts := 0
	for _, c := range o.calls(f) {
		switch c.class {
		case channels.OptedOut, channels.Refused, channels.Unreachable:
			return true
		case channels.Uncertain:
			doubts++
		}
	}
	return doubts >= 3
}

// order: turns were taken in the order in which messages were answered with 2xx, and their answers came in that order.
func (o *simOracle) order(r *simResident) {
	last := 0
	seen := map[string]bool{}
	turns := map[string]int{}
	for _, t := range o.taken(r) {
		what, turn, engine := simOurs(t.call.out.Text)
		if !engine || seen[t.call.out.ID] {
			continue
		}
		seen[t.call.out.ID], turns[what] = true, turn
		if turn < last {
			o.w.breaks("O: %q came after the answer of turn %d", t.call.out.Text, last)
		}
		last = max(last, turn)
	}
	for _, a := range r.sent {
		for _, b := range r.sent {
			ta, tb := turns[replyTo(a)], turns[replyTo(b)]
			if before(a, b) && ta > 0 && tb > 0 && ta > tb {
				o.w.breaks("O: %q was answered with 2xx before %q came, and its turn was after", a.msg.Text, b.msg.Text)
			}
		}
	}
}

// before tells that a must be acted on before b: it was in the database when b came.
func before(a, b *simIn) bool { return a != b && a.there > 0 && b.begun > a.there }

// cases: each report is one case, and who was told of it has it.
func (o *simOracle) cases() {
	for _, m := range o.w.written {
		what, ok := strings.CutPrefix(m.msg.Text, "file ")
		if !ok {
			continue
		}
		n := len(o.w.read(`SELECT reference FROM cases WHERE description = $1`, what))
		told := o.phoneShows(m.r, "filed "+what)
		switch {
		case n > 1, told && n == 0:
			o.w.breaks("C: %q is %d cases, told %v", m.msg.Text, n, told)
		case n == 0 && !o.excused(m.r, m):
			o.w.breaks("C: %q is no case", m.msg.Text)
		case n == 1 && !told && time.Since(m.msg.At) < time.Hour && !o.refused(func(out channels.Outgoing) bool {
			return strings.HasPrefix(simWords(out.Text), "filed "+what+" #")
		}):
			o.w.breaks("C: nobody was told of the case %q", what)
		}
	}
}

// news: who follows a case was told its last state, once a change.
func (o *simOracle) news() {
	for _, row := range o.w.read(`SELECT reference, description FROM cases`) {
		var moves []*simMoved
		sure := true
		for _, m := range o.w.moves {
			if m.ref == row[0] {
				moves = append(moves, m)
				sure = sure && m.sure
			}
		}
		r := o.reporter(row[1])
		head := "case.head " + row[0]
		told, n := "", 0
		for _, t := range o.taken(r) {
			if strings.HasPrefix(t.call.out.Text, head) && t.call.out.Attempt > 0 {
				told = t.call.out.Text
				n++
			}
		}
		if n > len(moves) && r.channel != channels.Telegram {
			o.w.breaks("D: %d updates of a case that changed %d times", n, len(moves))
		}
		if len(moves) == 0 || !sure || o.deaf(r) {
			continue
		}
		last := moves[len(moves)-1].state
		if !strings.Contains(told, "case.said."+last+".") {
			o.w.breaks("L: the case is %s, and they were told %q", last, told)
		}
	}
}

func (o *simOracle) reporter(what string) *simResident {
	for _, m := range o.w.written {
		if m.msg.Text == "file "+what {
			return m.r
		}
	}
	panic("simulation: a case nobody reported: " + what)
}

// deaf: they said STOP at some time, or the provider could not bring them something.
func (o *simOracle) deaf(r *simResident) bool {
	for _, m := range r.sent {
		if m.msg.Text == "STOP" {
			return true
		}
	}
	return o.refused(func(out channels.Outgoing) bool { return out.To == r.address })
}

// statuses: what a callback told us and we answered is what the desk shows.
func (o *simOracle) statuses() {
	for _, t := range o.w.twilio.sorted() {
		if t.told == "" {
			continue
		}
		for _, row := range o.w.read(`SELECT status FROM messages WHERE id = $1`, t.call.out.ID) {
			if channels.Status(row[0]).Rank() < t.told.Rank() {
				o.w.breaks("status of %s is %s, and we were told %s", fmt.Sprint(t.handle), row[0], t.told)
			}
		}
	}
}
