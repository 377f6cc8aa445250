package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"concierge/channels"
	"concierge/council"
	"concierge/dialog"
	"concierge/internal/phrase"
	"concierge/places"
)

// walk is one resident on their way through a tree.
type walk struct {
	out     strings.Builder
	talk    *talk
	engine  *dialog.Engine
	tree    *dialog.Tree
	service council.Service
	tag     string
	can     channels.Capabilities
	now     time.Time
	session dialog.Session
	known   []phrase.Var // what the host would fill in
	said    dialog.Said  // the last that was said
	n       int
}

func newWalk(h *house, t *talk, e *dialog.Engine, tree *dialog.Tree, p localesPreview) *walk {
	w := &walk{talk: t, engine: e, tree: tree, tag: p.Lang, can: channels.Can(channels.Name(p.Channel)), now: time.Now()}
	w.service, _ = t.council.Service(tree.Files)
	c := t.council
	w.known = []phrase.Var{{Name: "Council", Text: c.Name}, {Name: "Phone", Text: c.Phone}, {Name: "Privacy", Text: c.PrivacyNotice},
		{Name: "Website", Text: c.Website}, {Name: "Ref", Text: "C7K-4M95"},
		{Name: "Link", Text: h.settings.PublicURL + "/t/4kWz9QxT7mJc2RfVbN8sLp"}}
	if due, ok := c.Due(tree.Files, w.now); ok {
		w.known = append(w.known, phrase.Var{Name: "Due", Date: due.In(c.TimeZone).Format(time.DateOnly)})
	}
	return w
}

// run opens the tree and answers until it ends, or leads to another. unasked is a chosen slot that this way never asks for.
func (w *walk) run(ctx context.Context, chosen map[string]string) (unasked string, err error) {
	if !w.open(ctx) {
		w.session = dialog.Session{Lang: w.tag, Runs: 12, Stack: []dialog.Run{{No: 12, Tree: w.tree.Name}}}
		w.turn(ctx, dialog.Input{Kind: dialog.Resume})
	}
	asked := map[string]bool{}
	for range mostTurns {
		now := w.engine.Now(w.session)
		if now.Tree != w.tree.Name {
			for slot := range chosen {
				if !asked[slot] {
					unasked = max(unasked, slot)
				}
			}
			return unasked, nil
		}
		asked[now.Slot] = true
		w.turn(ctx, w.answer(now, chosen[now.Slot]))
	}
	return "", fmt.Errorf("%s does not end on this way", w.tree.Name)
}

// open starts the tree with a resident's first message, when a phrase of their language starts it and answers nothing yet.
func (w *walk) open(ctx context.Context) bool {
	for _, intent := range w.tree.StartsOn {
		for _, text := range w.talk.words.Words(w.tag, "intent."+intent) {
			before := dialog.Session{Lang: w.tag, Runs: 12}
			after, _ := w.engine.Turn(ctx, around{w.talk, w.service}, before, w.input(dialog.Input{Kind: dialog.Text, Text: text}))
			if now := w.engine.Now(after); now.Tree == w.tree.Name && len(now.Answers) == 0 && now.Slot != "" {
				w.session = before
				w.turn(ctx, dialog.Input{Kind: dialog.Text, Text: text, First: true})
				return true
			}
		}
	}
	return false
}

func (w *walk) input(in dialog.Input) dialog.Input {
	w.n++
	in.Message, in.Since = fmt.Sprint("m", w.n), time.Minute
	in.Plain, in.Upload = w.can.Buttons == 0, w.can.UploadPage
	return in
}

// answer is what the resident sends to the open question: the choice wanted, a place there is, a photo where one can be sent.
func (w *walk) answer(now dialog.Now, want string) dialog.Input {
	if now.Review {
		if w.can.Buttons == 0 {
			return dialog.Input{Kind: dialog.Text, Text: w.talk.words.SayKey(w.tag, "review.send")}
		}
		return w.press("send")
	}
	q := w.tree.Question(now.Slot)
	if want == "" {
		want = w.usual(q)
	}
	if in := w.press(want); in.Kind != "" {
		return in
	}
	switch q.Kind {
	case dialog.AskPlace, dialog.AskList:
		return dialog.Input{Kind: dialog.Text, Text: w.somewhere(q)}
	case dialog.AskPhoto:
		return dialog.Input{Kind: dialog.Media, Media: []string{"photo"}}
	case dialog.AskDate:
		return dialog.Input{Kind: dialog.Text, Text: w.now.Format(time.DateOnly)}
	case dialog.AskNumber:
		return dialog.Input{Kind: dialog.Text, Text: fmt.Sprint(max(q.Min, 1))}
	case dialog.AskText:
		return dialog.Input{Kind: dialog.Text, Text: w.talk.words.SayKey(w.tag, "simulator.sample.first")}
	}
	if in := w.press(nextPage); in.Kind != "" {
		return in
	}
	return dialog.Input{Kind: dialog.Text, Text: want}
}

// usual is the answer most people give: the first that neither stops the report nor makes it another's; what may be skipped is, but
// for a photo where one can be sent.
func (w *walk) usual(q *dialog.Question) string {
	if q.Kind == dialog.AskPhoto && !w.can.UploadPage {
		return ""
	}
	for _, c := range q.Choices {
		_, stops := w.service.Stoppers[q.Slot+"."+c]
		_, others := w.service.NotOurs[q.Slot+"."+c]
		if !stops && !others {
			return c
		}
	}
	if q.Optional {
		return skipped
	}
	return ""
}

// press picks a choice of the last message: its number where there are no buttons. The zero Input means that it is not there.
func (w *walk) press(value string) dialog.Input {
	for i, c := range w.said.Choices {
		if c.Value != value {
			continue
		}
		if w.can.Buttons == 0 {
			return dialog.Input{Kind: dialog.Text, Text: fmt.Sprint(i + 1)}
		}
		return dialog.Input{Kind: dialog.Press, Press: c.Data, Label: w.talk.words.Say(w.tag, w.line(c.Label))}
	}
	return dialog.Input{}
}

// somewhere is a place of the council's own: one of the list, or in it, or any street that is the council's.
func (w *walk) somewhere(q *dialog.Question) string {
	if q.Near != "" {
		q = w.tree.Question(q.Near)
	}
	if q.Kind == dialog.AskList {
		if all := w.talk.places.List(kindOfList(q.List), ""); len(all) > 0 {
			return all[0].Label
		}
	}
	for _, p := range w.talk.places.Samples(12) {
		r := w.talk.places.Read(places.Input{Text: p.Label})
		if r.Sure && r.Places[0].Owner == "" && r.Places[0].How == "street" {
			return p.Label
		}
	}
	return w.talk.council.Name
}

// turn prints what the resident sends and what they read.
func (w *walk) turn(ctx context.Context, in dialog.Input) {
	switch {
	case in.Kind == dialog.Press:
		fmt.Fprintf(&w.out, "> [%s]\n", in.Label)
	case in.Kind == dialog.Media:
		fmt.Fprintln(&w.out, "> [photo]")
	case in.Text != "":
		fmt.Fprintf(&w.out, "> %s\n", in.Text)
	}
	var events []dialog.Event
	w.session, events = w.engine.Turn(ctx, around{w.talk, w.service}, w.session, w.input(in))
	for _, e := range events {
		if said, ok := e.(dialog.Said); ok {
			w.said = said
			w.print(said)
		}
	}
	if !in.First {
		return
	}
	lines := []dialog.Line{phrase.Say("privacy.first")}
	if w.talk.words.Draft(w.tag) {
		lines = append(lines, phrase.Say("privacy.draft"))
	}
	w.print(dialog.Said{Lines: lines})
}

// print words a message and shows every piece of it as the channel sends it.
func (w *walk) print(said dialog.Said) {
	o := channels.Outgoing{Named: said.Named}
	var texts []string
	for _, l := range said.Lines {
		if text := w.talk.words.Say(w.tag, w.line(l)); text != "" {
			texts = append(texts, text)
		}
	}
	o.Text = strings.Join(texts, "\n")
	for _, c := range said.Choices {
		o.Choices = append(o.Choices, channels.Choice{Data: c.Data, Label: w.talk.words.Say(w.tag, w.line(c.Label))})
	}
	if said.Pin && w.can.PinButton {
		o.Pin = w.talk.words.SayKey(w.tag, "host.share_place")
	}
	for _, piece := range channels.Render(o, w.can) {
		for i, line := range strings.Split(piece.Text, "\n") {
			mark := "< "
			if i > 0 {
				mark = "  "
			}
			fmt.Fprintln(&w.out, mark+line)
		}
		for _, label := range buttonsOf(piece) {
			fmt.Fprintf(&w.out, "  [%s]\n", label)
		}
		if w.can.Parts > 0 {
			encoding, parts, units := channels.Segments(piece.Text)
			fmt.Fprintf(&w.out, "    %s, %d signs, %d SMS\n", encoding, units, parts)
		}
	}
}

func buttonsOf(o channels.Outgoing) []string {
	var all []string
	if o.Pin != "" {
		all = append(all, o.Pin)
	}
	for _, c := range o.Choices {
		all = append(all, c.Label)
	}
	return all
}

// line fills in what the engine leaves to the host.
func (w *walk) line(l dialog.Line) dialog.Line {
	if l.Key == "" {
		return l
	}
	vars := slices.Clone(w.known)
	if name, ok := strings.CutPrefix(l.Key, "stop."); ok {
		call, ok := w.talk.council.Line(name, w.now)
		if !ok {
			call, _ = w.talk.council.Line("emergency", w.now)
		}
		vars = append(vars, phrase.Var{Name: "Phone", Text: call})
	}
	for _, v := range l.Vars {
		known := slices.ContainsFunc(vars, func(k phrase.Var) bool { return k.Name == v.Name })
		if !known || v.Text != "" || v.Key != "" || v.Date != "" || v.Lines != nil || v.Count != 0 {
			vars = append(vars, v)
		}
	}
	l.Vars = vars
	return l
}
