package desk

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"concierge/inbox"
	"concierge/internal/database"
)

// raced tells an error that means somebody was quicker.
func raced(err error) bool {
	return errors.Is(err, inbox.ErrHeld) || errors.Is(err, inbox.ErrStale) || errors.Is(err, inbox.ErrNotFound)
}

// step does one thing to the conversation of the address and returns to its page, or to the queue when it is no longer this person's.
func (d *Desk) step(w http.ResponseWriter, r *request, to, done string, f func(tx *database.Tx, a inbox.Actor, id string, version int64) error) error {
	id := r.PathValue("id")
	version, _ := strconv.ParseInt(r.PostForm.Get("version"), 10, 64)
	err := d.write(r.Context(), func(tx *database.Tx) error { return f(tx, r.Person.actor(r.Act), id, version) })
	if err != nil {
		return err
	}
	if to == "" {
		to = "/desk/conversations/" + id
	}
	return back(w, r, to, done)
}

func (d *Desk) claim(w http.ResponseWriter, r *request) error {
	return d.step(w, r, "", "claimed", func(tx *database.Tx, a inbox.Actor, id string, version int64) error {
		return d.Handoffs.Claim(r.Context(), tx, a, id, version)
	})
}

func (d *Desk) takeOver(w http.ResponseWriter, r *request) error {
	return d.step(w, r, "", "taken_over", func(tx *database.Tx, a inbox.Actor, id string, version int64) error {
		return d.Handoffs.TakeOver(r.Context(), tx, a, id, version)
	})
}

// reply sends. What the agent has not seen yet, or a shut window, gives the same page back with their text kept.
func (d *Desk) reply(w http.ResponseWriter, r *request) error {
	form := inbox.ReplyForm{ID: r.PostForm.Get("id"), Text: r.PostForm.Get("text"), LastSeen: r.PostForm.Get("last_seen_message_id"),
		Anyway: r.PostForm.Get("anyway") == "1", Wait: r.PostForm.Get("then") == "wait"}
	if form.ID == "" || len(form.ID) > 64 {
		return inbox.ErrIncomplete
	}
	form.ID = r.Person.ID + ":" + form.ID
	err := d.step(w, r, "", "replied", func(tx *database.Tx, a inbox.Actor, id string, _ int64) error {
		return d.Handoffs.Reply(r.Context(), tx, a, id, form)
	})
	status, problem := http.StatusConflict, ""
	var held *inbox.Held
	switch {
	case err == nil:
		return nil
	case errors.Is(err, inbox.ErrNewer):
	case errors.As(err, &held):
		problem = "held"
	case errors.Is(err, inbox.ErrNotYours):
		problem = "not_yours"
	case errors.Is(err, inbox.ErrWindow):
		status, problem = http.StatusUnprocessableEntity, "window_closed"
	case errors.Is(err, inbox.ErrIncomplete):
		status, problem = http.StatusUnprocessableEntity, "empty_reply"
	default:
		return err
	}
	since := ""
	if problem == "" {
		since = form.LastSeen
	}
	p, err := d.conversation(w, r, since)
	if err != nil {
		return err
	}
	p.Reply, p.ReplyID, p.Conflict = r.PostForm.Get("text"), r.PostForm.Get("id"), problem == ""
	if problem != "" {
		name := ""
		if held != nil {
			name = held.Name
		}
		p.Error = p.T("problem."+problem+".about", "Name", name)
	}
	d.render(w, r, status, "conversation", p)
	return nil
}

// draft keeps an unsent reply: by the button, or by a script two seconds after the last key.
func (d *Desk) draft(w http.ResponseWriter, r *request) error {
	err := d.DB.Write(r.Context(), func(tx *database.Tx) error {
		return inbox.SaveDraft(r.Context(), tx, r.Person.actor(doWork), r.PathValue("id"), r.PostForm.Get("text"))
	})
	if err != nil {
		return err
	}
	if r.Header.Get(liveHeader) != "" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return back(w, r, "/desk/conversations/"+r.PathValue("id"), "drafted")
}

func (d *Desk) note(w http.ResponseWriter, r *request) error {
	return d.step(w, r, "", "noted", func(tx *database.Tx, a inbox.Actor, id string, _ int64) error {
		return inbox.AddNote(r.Context(), tx, a, id, r.PostForm.Get("text"))
	})
}

// retry sends a failed message again.
func (d *Desk) retry(w http.ResponseWriter, r *request) error {
	return d.step(w, r, "", "retried", func(tx *database.Tx, a inbox.Actor, id string, _ int64) error {
		return d.Handoffs.Retry(r.Context(), tx, a, id, r.PostForm.Get("message"))
	})
}

func (d *Desk) release(w http.ResponseWriter, r *request) error {
	return d.step(w, r, "/desk/queue", "released", func(tx *database.Tx, a inbox.Actor, id string, version int64) error {
		return d.Handoffs.Release(r.Context(), tx, a, id, version)
	})
}

func (d *Desk) transfer(w http.ResponseWriter, r *request) error {
	return d.step(w, r, "/desk/queue", "transferred", func(tx *database.Tx, a inbox.Actor, id string, version int64) error {
		return d.Handoffs.Transfer(r.Context(), tx, a, id, version, r.PostForm.Get("team"), r.PostForm.Get("note"))
	})
}

func (d *Desk) giveBack(w http.ResponseWriter, r *request) error {
	return d.step(w, r, "", "returned", func(tx *database.Tx, a inbox.Actor, id string, version int64) error {
		return d.Handoffs.Return(r.Context(), tx, a, id, version, r.PostForm.Get("how"), r.PostForm.Get("reference"))
	})
}

func (d *Desk) wait(w http.ResponseWriter, r *request) error {
	return d.step(w, r, "/desk/queue", "waiting", func(tx *database.Tx, a inbox.Actor, id string, version int64) error {
		return d.Handoffs.Wait(r.Context(), tx, a, id, version)
	})
}

func (d *Desk) snooze(w http.ResponseWriter, r *request) error {
	hours, err := strconv.Atoi(r.PostForm.Get("hours"))
	if err != nil {
		return inbox.ErrIncomplete
	}
	return d.step(w, r, "/desk/queue", "snoozed", func(tx *database.Tx, a inbox.Actor, id string, version int64) error {
		return d.Handoffs.Snooze(r.Context(), tx, a, id, version, tx.Now().Add(time.Duration(hours)*time.Hour))
	})
}

func (d *Desk) prioritise(w http.ResponseWriter, r *request) error {
	return d.step(w, r, "", "prioritised", func(tx *database.Tx, a inbox.Actor, id string, version int64) error {
		return d.Handoffs.Prioritise(r.Context(), tx, a, id, version, r.PostForm.Get("priority"))
	})
}

// assign gives the conversation to somebody else; a supervisor's.
func (d *Desk) assign(w http.ResponseWriter, r *request) error {
	return d.step(w, r, "", "assigned", func(tx *database.Tx, a inbox.Actor, id string, version int64) error {
		to, err := personBy(r.Context(), tx, "id", r.PostForm.Get("agent"))
		if errors.Is(err, ErrNobody) || errors.Is(err, errBarred) || err == nil && may(to.Roles, doWork) == none {
			return inbox.ErrIncomplete
		}
		if err != nil {
			return err
		}
		return d.Handoffs.Assign(r.Context(), tx, a, id, version, to.actor(doWork))
	})
}

func (d *Desk) closeConversation(w http.ResponseWriter, r *request) error {
	return d.step(w, r, "/desk/queue", "closed", func(tx *database.Tx, a inbox.Actor, id string, version int64) error {
		return d.Handoffs.Close(r.Context(), tx, a, id, version, inbox.Outcome(r.PostForm.Get("outcome")), r.PostForm.Get("tell") == "1")
	})
}
