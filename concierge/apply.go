package concierge

import (
	"context"
	"encoding/json"
	"fmt"

	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/feed"
	"concierge/internal/phrase"
)

// apply does what one event wants done, in the turn's own transaction. Events come in order: what is said after a case was filed may
// name it.
func (t *turn) apply(ctx context.Context, e dialog.Event) error {
	switch e := e.(type) {
	case dialog.Said:
		return t.say(e)
	case dialog.LanguageChosen:
		t.h.s.Inbox.SetLanguage(t.b, t.c, e.Tag)
		t.tag = e.Tag
		return nil
	case dialog.HandedOff:
		return t.handOff(ctx, e)
	case dialog.Flagged:
		return t.flagged(ctx)
	case dialog.Stopped:
		t.b.Exec(`INSERT INTO stops (id, at, conversation_id, service, answer, line, words, language) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			t.h.s.NewID(), t.now, t.c.ID, e.Service, e.Answer, e.Line, t.words(), t.tag)
		return nil
	case dialog.RightsAsked:
		return t.rightsAsked(ctx, e)
	case dialog.UpdatesSet:
		t.stopping = t.stopping || !e.On
		if e.Reference == "" {
			t.setUpdatesAll(e.On)
			return nil
		}
	}
	_, err := t.onCase(ctx, e)
	return err
}

// say makes one message of the resident's.
func (t *turn) say(e dialog.Said) error {
	if t.away && !e.Safety {
		t.away = false
		e.Lines = append([]dialog.Line{phrase.Say("away.late")}, e.Lines...)
	}
	t.spoke = t.spoke || !e.Safety
	t.linkUpload(e.Upload)
	w := inbox.Words{Lines: t.lines(e.Lines...), Named: e.Named, Pin: e.Pin, Keep: e.Keep, Cause: t.causeOf(t.said)}
	if !e.Open.IsZero() {
		w.Open = t.line(e.Open)
	}
	for _, c := range e.Choices {
		w.Choices = append(w.Choices, inbox.Choice{Data: c.Data, Label: t.line(c.Label), Hint: t.line(c.Hint)})
	}
	if t.m != nil && !e.Safety && (e.Hold || t.m.Album != "" || t.busy && (e.Idle || e.Repair)) { // of an album each photo is a message: one "got it" will do
		w.Hold = holdFor(t.c.Channel)
		t.hold = w.Hold
	}
	kind := inbox.Reply
	if e.Safety {
		kind = inbox.Safety
	}
	return t.write(kind, w)
}

func (t *turn) setUpdatesAll(on bool) {
	if on {
		t.h.s.Inbox.OptIn(t.b, t.c)
		return
	}
	t.h.s.Inbox.OptOut(t.b, t.c, t.now)
}

// summary is what staff see first of a handoff: the answers so far, and what was not understood.
type summary struct {
	Tree    string          `json:"tree,omitempty"`
	Service string          `json:"service,omitempty"`
	Answers []dialog.Answer `json:"answers,omitempty"`
	Missed  []string        `json:"missed,omitempty"`
	Asked   string          `json:"asked,omitempty"` // data or erase
}

func (t *turn) handOff(ctx context.Context, e dialog.HandedOff) error {
	return t.request(ctx, inbox.Reason(e.Reason), e.Service, summary{Tree: e.Tree, Service: e.Service, Answers: e.Answers, Missed: e.Missed})
}

// rightsAsked gives DATA and ERASE to a person, who proves who asks.
func (t *turn) rightsAsked(ctx context.Context, e dialog.RightsAsked) error {
	s := summary{Asked: "data"}
	if e.Erase {
		s.Asked = "erase"
	}
	return t.request(ctx, inbox.Asked, "", s)
}

func (t *turn) request(ctx context.Context, why inbox.Reason, topic string, s summary) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("summarise: %w", err)
	}
	if t.c.Language == "" {
		t.c.Language = t.tag // for the lines of the handoff: the contact's own stays unknown
		defer func() { t.c.Language = "" }()
	}
	return t.h.s.Handoffs.Request(ctx, t.tx, t.c, inbox.Request{Reason: why, Topic: topic, Summary: string(text)})
}

// flagged tells the desk that emergency words were read.
func (t *turn) flagged(ctx context.Context) error {
	if t.c.Owner == inbox.Bot {
		return feed.Append(ctx, t.tx, inbox.FeedConversation, t.c.ID, inbox.FeedState)
	}
	return t.h.s.Handoffs.Raise(ctx, t.tx, t.c)
}

// words are the resident's own, for the record of a stopper.
func (t *turn) words() string {
	if t.m == nil {
		return ""
	}
	return t.spoken("")
}
