package concierge

import (
	"fmt"
	"testing"

	"concierge/channels"
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// quiz asks a question with buttons for each text; what begins with "hold" waits, and "hush" says nothing.
func quiz(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
	s.Turns++
	if in.Text == "hush" {
		return s, nil
	}
	said := dialog.Said{Lines: []dialog.Line{{Text: "after " + in.Text}}, Hold: in.Text == "hold"}
	if in.Text != "bye" {
		for _, v := range []string{"yes", "no"} {
			said.Choices = append(said.Choices, dialog.Choice{Value: v, Data: fmt.Sprintf("%d:q=%s", s.Turns, v), Label: dialog.Line{Text: v}})
		}
	}
	return s, []dialog.Event{said}
}

// retires waits until the nth message to the chat was sent and tells which prompts went with it.
func (o *house) retires(n int, want ...channels.Handle) {
	o.t.Helper()
	sent, err := o.tg.WaitFor(o.ctx, n)
	if err != nil {
		o.t.Fatal(err)
	}
	if got := fmt.Sprint(sent[n-1].Retire); got != fmt.Sprint(want) && !(len(want) == 0 && len(sent[n-1].Retire) == 0) {
		o.t.Errorf("message %d, %q, takes along the buttons of %v, not of %v", n, sent[n-1].Text, got, want)
	}
}

func TestSpentButtonsGoWithTheNextMessage(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		const chat = "telegram:77"
		o := open(t, db, script(quiz))
		o.receive(text(chat, "hello"))
		o.retires(1) // nothing was asked before
		o.retires(2) // who we are: what was just asked stands
		o.eventually(2, `SELECT COUNT(*) FROM messages WHERE NOT inbound AND status = 'sent'`)
		o.receive(text(chat, "one"))
		o.retires(3, "telegram-1")
		o.receive(text(chat, "hush"))
		o.eventually(1, `SELECT COUNT(*) FROM prompts WHERE NOT spent`)
		o.eventually(0, `SELECT COUNT(*) FROM prompts WHERE spent`)         // what went with a message is forgotten
		o.conversation(func(tx *database.Tx, c *inbox.Conversation) error { // news asks by itself: it leaves what is asked alone
			return o.in.Write(o.ctx, tx, c, inbox.Update, inbox.Words{Text: "fixed?", Cause: "update:1:1", Choices: []inbox.Choice{{Data: "case:C7K-4M95=yes",
				Label: dialog.Line{Text: "Yes"}}}})
		})
		o.retires(4)
		o.eventually(4, `SELECT COUNT(*) FROM messages WHERE NOT inbound AND status = 'sent'`)
		o.receive(text(chat, "bye"))
		o.retires(5, "telegram-3")
		o.eventually(0, `SELECT COUNT(*) FROM prompts`)
		press := text(chat, "")
		press.Kind, press.Press = channels.KindPress, channels.Press{Data: "case:C7K-4M95=yes", On: "telegram-4"}
		o.receive(press)
		o.retires(6, "telegram-4")
		o.eventually(1, `SELECT COUNT(*) FROM prompts`)
	})
}

func TestSpentButtonsAreNotForgottenByAPauseOrAHold(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		const chat = "telegram:78"
		o := open(t, db, script(quiz))
		o.receive(text(chat, "hello"))
		o.eventually(2, `SELECT COUNT(*) FROM messages WHERE NOT inbound AND status = 'sent'`)
		o.receive(text(chat, "hold")) // withdrawn by the next, and the buttons it should have taken go with that
		o.tg.Fail(&channels.SendError{Class: channels.Throttled, Code: "429"})
		o.receive(text(chat, "two"))
		o.retires(3, "telegram-1")
		o.eventually(1, `SELECT COUNT(*) FROM prompts`)
	})
}

func TestOnSMSNothingIsTakenBack(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(quiz))
		for _, words := range []string{"one", "two", "three"} {
			o.receive(text(phone, words))
		}
		sent, err := o.sms.WaitFor(o.ctx, 4)
		if err != nil || len(sent[3].Retire) > 0 || o.count(`SELECT COUNT(*) FROM prompts`) > 0 {
			t.Errorf("%v, %+v", err, sent)
		}
	})
}
