package dialog

import (
	"slices"
	"strings"

	"concierge/dialog/understand"
)

// fixed reads an answer to "is it fixed?", or the words "still there", after an update about a case.
func (t *turn) fixed(folded string) bool {
	if t.front() != nil && !t.in.Quoted || len(t.in.About) == 0 {
		return false
	}
	answer := ""
	if t.in.Fixed {
		if answer = t.yesNo(folded); answer == "" {
			answer, _ = t.tg.leading.head(folded)
		}
	}
	if answer == "" && t.tg.broken.first(folded) != "" {
		answer = "no"
	}
	if answer == "" {
		return false
	}
	if len(t.in.About) > 1 && !t.in.Fixed {
		t.askCase("dispute." + answer)
		return true
	}
	t.disputed(t.in.About[0], answer)
	return true
}

// disputed answers "is it fixed?" with the words and photos of this very message.
func (t *turn) disputed(reference, answer string) {
	run := Run{Tree: "not_fixed", About: reference}
	t.dispute(run, []Answer{{Slot: "fixed", Value: answer, From: Asked}})
}

// dispute tells the host what they say of a case; one that is not fixed is asked about further.
func (t *turn) dispute(run Run, answers []Answer) {
	answer := valueOf(answers, "fixed")
	reference := t.about(run)
	if reference == "" {
		t.showCases()
		t.backBelow()
		return
	}
	f := FixedAnswered{Reference: reference, Answer: answer, Photos: t.photos()}
	if len(understand.Words(understand.Fold(t.in.Text))) > 1 {
		f.Text = cutRunes(strings.TrimSpace(t.in.Text), maxText)
	}
	t.flush(Said{})
	t.emit(f)
	ref := Var{Name: "Ref", Text: reference}
	t.s.Early = nil
	if answer == "yes" {
		t.say("not_fixed.thanks", ref)
		t.backBelow()
		return
	}
	t.say("not_fixed.reopened", ref, Var{Name: "Due"})
	if f.Text == "" && len(f.Photos) == 0 && t.e.on(t.e.trees.named["add_update"]) {
		t.push("add_update", reference)
		t.proceed()
		return
	}
	t.backBelow()
}

// about is the case a run is about: its own, or that of our last update.
func (t *turn) about(run Run) string {
	if run.About == "" && len(t.in.About) > 0 {
		return t.in.About[0]
	}
	return run.About
}

// photos are the messages with photos not yet used: this one and those that waited.
func (t *turn) photos() []string {
	var all []string
	for _, p := range t.s.Early {
		if p.Kind == piecePhoto && !slices.Contains(all, p.Message) {
			all = append(all, p.Message)
		}
	}
	return all
}

// updates offers to add a bare text to the case we wrote about last.
func (t *turn) updates(folded string) bool {
	if t.front() != nil && !t.in.Quoted || len(t.in.About) == 0 {
		return false
	}
	t.keepEarly(Piece{Message: t.in.Message, Kind: pieceText, Value: cutRunes(t.in.Text, maxText)})
	if len(t.in.About) > 1 {
		t.askCase("add." + cutRunes(t.in.Text, maxText))
		return true
	}
	t.offerAdd(cutRunes(t.in.Text, maxText))
	return true
}

// photoOfCase asks about a photo alone after an update.
func (t *turn) photoOfCase() bool {
	if len(t.in.About) == 0 {
		return false
	}
	if len(t.in.About) > 1 {
		t.askCase("add.")
		return true
	}
	t.offerAdd("")
	return true
}

func (t *turn) offerAdd(text string) {
	ref := t.in.About[0]
	t.prompt("update", ref+"\n"+text, Line{Key: "updates.add", Vars: []Var{{Name: "Ref", Text: ref}}}, "add", "new")
}

// askCase asks which of several cases is meant.
func (t *turn) askCase(what string) {
	t.prompt("which_case", what, Line{Key: "updates.which"}, t.in.About[:min(len(t.in.About), 5)]...)
}

func (t *turn) whichCase(what, reference string) {
	if answer, ok := strings.CutPrefix(what, "dispute."); ok {
		t.in.Text = ""
		t.disputed(reference, answer)
		return
	}
	t.addTo(reference, strings.TrimPrefix(what, "add."))
	t.backBelow()
}

// toCase adds the text to the case, or reads it as a new report.
func (t *turn) toCase(extra string, add bool) {
	reference, text, _ := strings.Cut(extra, "\n")
	if add {
		t.addTo(reference, text)
		t.backBelow()
		return
	}
	t.in.Text, t.in.About = text, nil
	t.s.Early = dropText(t.s.Early)
	folded := understand.Fold(text)
	if folded == "" || !t.subject(folded) {
		t.menu()
	}
}

func (t *turn) addTo(reference, text string) {
	t.emit(Added{Reference: reference, Text: text, Photos: t.photos()})
	t.s.Early = nil
	t.say("updates.added", Var{Name: "Ref", Text: reference})
}

// add puts what the tree add_update gathered on its case.
func (t *turn) add(run Run, answers []Answer) {
	a := Added{Reference: t.about(run)}
	for _, one := range answers {
		switch one.Slot {
		case "details":
			a.Text = one.Value
		case "photo":
			a.Photos = one.Messages
			if one.From == Skipped {
				a.Photos = nil
			}
		}
	}
	if a.Reference == "" || a.Text == "" && len(a.Photos) == 0 {
		t.say("updates.nothing")
		return
	}
	t.emit(a)
	t.say("updates.added", Var{Name: "Ref", Text: a.Reference})
}

// setUpdates switches news off or on: for the case at hand, or for all.
func (t *turn) setUpdates(on bool) {
	u := UpdatesSet{On: on}
	if run := t.front(); run != nil && run.About != "" {
		u.Reference = run.About
	}
	t.emit(u)
	if on {
		t.say("updates.on")
		return
	}
	t.say("updates.off")
}
