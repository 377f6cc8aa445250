package dialog

import "strings"

// caseButton is a button on a case message: yes, no, partly, status, updates_off, updates_on, add, rate_1 … rate_5.
func (t *turn) caseButton(reference, word string) bool {
	switch word {
	case "yes", "no", "partly":
		t.in.Text = ""
		t.disputed(reference, word)
	case "status":
		if r, ok, err := t.look.Reference(t.ctx, reference); err == nil && ok && r.Found {
			t.tellCase(r.Case)
		} else {
			t.say("status.unknown", Var{Name: "Ref", Text: reference})
		}
		t.afterwards()
	case "add":
		t.push("add_update", reference)
		t.proceed()
	case "updates_off", "updates_on":
		t.emit(UpdatesSet{On: word == "updates_on", Reference: reference})
		t.say("updates." + strings.TrimPrefix(word, "updates_"))
		t.afterwards()
	case "rate_1", "rate_2", "rate_3", "rate_4", "rate_5":
		t.emit(Rated{Reference: reference, Stars: int(word[5] - '0')})
		t.say("rating.thanks")
		t.afterwards()
	default:
		t.closed()
	}
	return true
}
