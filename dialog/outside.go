package dialog

import "concierge/dialog/understand"

// Alarm looks for words of danger in a text while a person holds the conversation and no turn is taken: the phrase safety.<kind> is
// said and the desk is told. "" is none.
func (e *Engine) Alarm(text string) (kind string) {
	return e.alarms.first(understand.Fold(cutRunes(text, 4096)))
}

// Command tells which command a whole message is, in their language or with one meaning in any: "bot" while they wait for a person.
// "" is none.
func (e *Engine) Command(tag, text string) string {
	folded := understand.Fold(cutRunes(text, 200))
	t := e.tongues[tag]
	if t == nil {
		t = e.tongues[e.source()]
	}
	return e.commandOf(t, folded)
}

// commandOf looks in their language, then in the source, then in any in which it means one thing.
func (e *Engine) commandOf(t *tongue, folded string) string {
	for _, commands := range []map[string]string{t.commands, e.tongues[e.source()].commands} {
		if c := commands[folded]; c != "" {
			return c
		}
	}
	return e.any.commands[folded]
}

// Nudge is the one reminder a report ever gets: its lines, and the session that remembers it was said. ok is false when nothing is
// open, nothing was answered, or it was said before. The host sends it as an update, two hours after the last turn.
func (e *Engine) Nudge(s Session) (after Session, lines []Line, ok bool) {
	now := e.Now(s)
	if now.Tree == "" || len(now.Answers) == 0 || s.Stack[len(s.Stack)-1].Nudged {
		return s, nil, false
	}
	s.Stack = append([]Run(nil), s.Stack...)
	s.Stack[len(s.Stack)-1].Nudged = true
	ask := now.Ask
	if now.Review {
		ask = Line{Key: "review.typed"}
	}
	return s, []Line{{Key: "resume.nudge", Vars: []Var{{Name: "Name", Key: now.Name.Key}}}, ask}, true
}
