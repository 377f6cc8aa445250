package dialog

import (
	"strings"

	"concierge/dialog/understand"
)

// joined reads a text that follows a miss, or a text at rest, within ten seconds, joined to the one before: "big pothole" "on
// Stratford Road".
func (t *turn) joined(folded string) bool {
	before := t.before()
	if before == nil || t.command(folded) != "" || t.yesNo(folded) != "" {
		return false
	}
	if n, ok := understand.Number(folded, t.tg.numbers); ok && n >= 0 {
		return false
	}
	if t.alone(folded, before.Value) {
		return false
	}
	text := t.in.Text
	saved := *t
	stack := append([]Run(nil), t.s.Stack...)
	t.in.Text = before.Value + " " + text
	both := understand.Fold(t.in.Text)
	if run := t.front(); run != nil && run.Misses > 0 {
		run.Misses--
	}
	t.s.Offered = Offer{}
	if t.front() == nil && t.clearSubject(both) && t.subject(both) || t.front() != nil && t.fitsOpen(both) {
		t.note("joined", both)
		t.s.Early = dropText(t.s.Early)
		t.s.Missed = t.s.Missed[:max(0, len(t.s.Missed)-1)]
		return true
	}
	*t = saved
	t.s.Stack = stack
	return false
}

// alone tells whether the open question reads a text surely without the one before: "45 Pershore Road" needs no "1" before it, but a
// street without a number takes the number sent before it.
func (t *turn) alone(folded, before string) bool {
	v, ok := t.now()
	if !ok {
		return false
	}
	q := v.question()
	if q == nil || q.Kind != AskPlace && q.Kind != AskList {
		return q != nil && t.value(q, folded) != ""
	}
	_, number := understand.Number(understand.Fold(before), t.tg.numbers)
	return t.surely(&v, q, t.in.Text) && !(number && !strings.ContainsAny(folded, "0123456789"))
}

// surely tells whether words are one place, or one entry of a list.
func (t *turn) surely(v *view, q *Question, text string) bool {
	var r PlaceReading
	var err error
	if q.Kind == AskList {
		r, err = t.look.List(t.ctx, q.List, text)
	} else {
		r, err = t.look.Place(t.ctx, PlaceInput{Text: text, Near: t.nearTo(v, q), Service: v.tree.Files})
	}
	return err == nil && r.Sure && len(r.Places) == 1
}

// fitsOpen lets the open question read the joined text. A text question would take anything, and a place in the end any words: two
// such texts stay two.
func (t *turn) fitsOpen(both string) bool {
	v, ok := t.now()
	if !ok {
		return false
	}
	q := v.question()
	if q == nil || q.Kind == AskText || (q.Kind == AskPlace || q.Kind == AskList) && !t.surely(&v, q, t.in.Text) {
		return false
	}
	return t.answered(both)
}

// clearSubject tells whether the joined text starts something by itself.
func (t *turn) clearSubject(both string) bool {
	g := t.guesses(both)
	return len(g) > 0 && g[0].Intent != understand.OffTopic && g[0].Sure >= sureAtRest && (len(g) == 1 || g[0].Sure-g[1].Sure >= leadAtRest)
}

// before is the last text, if it is younger than ten seconds and fitted nothing.
func (t *turn) before() *Piece {
	if t.in.Kind == Edit || t.in.Since.Seconds() > burst {
		return nil
	}
	for i := range t.s.Early {
		if p := &t.s.Early[i]; p.Kind == pieceText && p.Age <= burst {
			return p
		}
	}
	return nil
}

func dropText(early []Piece) []Piece {
	return aged(early, func(p *Piece) bool { return p.Kind != pieceText })
}

// keep remembers a text that fitted nothing, or that came at rest, for the next ten seconds.
func (t *turn) keep() {
	if t.final.Repair || t.front() == nil && t.s.Offered.Prompt != "" && t.in.Text != "" {
		t.keepEarly(Piece{Message: t.in.Message, Kind: pieceText, Value: cutRunes(t.in.Text, maxText)})
	}
}

// appended adds a text that answers nothing to the text answered just before: people send one thought in three messages.
func (t *turn) appended() bool {
	v, ok := t.now()
	if !ok || t.in.Since.Seconds() > burst || t.in.Since == 0 || len(v.run.Answers) == 0 {
		return false
	}
	last := v.run.Answers[len(v.run.Answers)-1]
	q := v.asked(last.Slot)
	if q == nil || q.Kind != AskText || last.From == Skipped || len(last.Messages) == maxMessages {
		return false
	}
	t.note("appended", last.Slot)
	last.Value = cutRunes(last.Value+" "+strings.TrimSpace(t.in.Text), q.Limit)
	if t.in.Message != "" {
		last.Messages = append(last.Messages[:len(last.Messages):len(last.Messages)], t.in.Message)
	}
	v.run.put(last, true)
	t.repeat(&v, short)
	t.final.Hold = true
	return true
}
