package cases

import (
	"time"
	"unicode/utf8"
)

// Move is a change asked for. An empty To keeps the status; without To, or with the same one, empty fields keep what stands.
//
//	Move{To: Planned, Reason: ReasonParts, PlannedFor: "2027-04-05", Text: "New lamp ordered.", Language: "en"}
type Move struct {
	To         Status
	Reason     Reason
	NextStep   string    // staff's words for the resident; for not_ours and referred: who it is, and how to reach them
	PlannedFor string    // a date to come, "2027-04-05"
	Text       string    // what followers read besides, as written; at most 4,000 runes
	Language   string    // of Text and NextStep: "en"
	Photos     []string  // media ids
	Original   Reference // for closed/duplicate
	Source     string    // when it can come twice: the second time changes nothing
}

// Words are what somebody adds to a case without moving it.
type Words struct {
	Text     string // at most 4,000 runes
	Language string
	Photos   []string // media ids
	Source   string   // when it can come twice: the second time changes nothing
}

const maxText = 4000 // runes; cases.description has the same bound

// filled is the move with what it leaves out taken from the case, when the status stays.
func (m Move) filled(c Case) Move {
	if m.To == "" {
		m.To = c.Status
	}
	if m.To != c.Status {
		return m
	}
	if m.Reason == "" {
		m.Reason = c.Reason
	}
	if m.NextStep == "" && m.Reason == c.Reason {
		m.NextStep = c.NextStep
	}
	if m.PlannedFor == "" {
		m.PlannedFor = c.PlannedFor
	}
	return m
}

// check holds a filled move against the rules of the case. It knows the facts given, no database.
func (m Move) check(c Case, by Actor, r Rules, now time.Time) error {
	if !m.To.Known() {
		return ErrRefused{"status", "unknown"}
	}
	if m.Reason != "" && !m.Reason.of(m.To) {
		return ErrRefused{"reason", "unknown"}
	}
	if utf8.RuneCountInString(m.Text) > maxText {
		return ErrRefused{"text", "too_long"}
	}
	if utf8.RuneCountInString(m.NextStep) > maxText {
		return ErrRefused{"next_step", "too_long"}
	}
	if err := m.allowed(c, by); err != nil {
		return err
	}
	if err := m.complete(c); err != nil {
		return err
	}
	if err := m.dated(c, r, now); err != nil {
		return err
	}
	if m.same(c) {
		return ErrRefused{"status", "same"}
	}
	return nil
}

// allowed is the table of who may make which move.
func (m Move) allowed(c Case, by Actor) error {
	switch by.Kind {
	case Staff, Partner:
		return m.allowedOffice(c, by)
	case Resident:
		return m.allowedResident(c)
	}
	return ErrRefused{"actor", "not_allowed"} // no timer moves a case
}

func (m Move) allowedOffice(c Case, by Actor) error {
	switch {
	case m.To == Received && c.Status.Open() && c.Status != Received:
		return ErrRefused{"status", "not_allowed"}
	case m.To == Received && m.Reason != ReasonReopened && c.Status.Done():
		return ErrRefused{"reason", "needed"}
	case m.To == Received && c.Status == Received && m.Reason != c.Reason:
		return ErrRefused{"reason", "not_allowed"}
	case m.Reason == ReasonUnstated && by.Kind != Partner && c.Reason != ReasonUnstated:
		return ErrRefused{"reason", "not_allowed"}
	case m.Reason == ReasonByResident && by.Kind == Partner:
		return ErrRefused{"reason", "not_allowed"}
	}
	return nil
}

func (m Move) allowedResident(c Case) error {
	switch {
	case m.To == Fixed && c.Status != Fixed:
		if m.Reason != ReasonByResident {
			return ErrRefused{"reason", "not_allowed"}
		}
	case m.To == Closed && c.Status.Open():
		if m.Reason != ReasonWithdrawn {
			return ErrRefused{"reason", "not_allowed"}
		}
	default: // a reopen has its own door, with its own limits
		return ErrRefused{"status", "not_allowed"}
	}
	if m.NextStep != "" || m.PlannedFor != "" || m.Original != "" {
		return ErrRefused{"next_step", "not_allowed"}
	}
	return nil
}

// complete holds what fixed and closed must say.
func (m Move) complete(c Case) error {
	if m.To.Done() && m.Reason == "" {
		return ErrRefused{"reason", "needed"}
	}
	if m.To != Closed {
		return nil
	}
	switch m.Reason {
	case ReasonNoAction, ReasonSomethingElse:
		if m.NextStep == "" && m.Text == "" {
			return ErrRefused{"text", "needed"}
		}
	case ReasonNotOurs, ReasonReferred:
		if m.NextStep == "" {
			return ErrRefused{"next_step", "needed"}
		}
	case ReasonDuplicate:
		if m.Original == "" && c.DuplicateOf == "" {
			return ErrRefused{"original", "needed"}
		}
	}
	if m.Reason != ReasonDuplicate && m.Original != "" {
		return ErrRefused{"original", "not_allowed"}
	}
	return nil
}

func (m Move) dated(c Case, r Rules, now time.Time) error {
	if m.PlannedFor == "" || m.PlannedFor == c.PlannedFor && m.To == c.Status {
		return nil
	}
	if m.To.Done() {
		return ErrRefused{"planned_for", "not_allowed"}
	}
	end, ok := r.Closing(m.PlannedFor)
	if !ok {
		return ErrRefused{"planned_for", "unknown"}
	}
	if !end.After(now) {
		return ErrRefused{"planned_for", "past"}
	}
	return nil
}

// same tells a move that would change nothing anybody could read.
func (m Move) same(c Case) bool {
	return m.To == c.Status && m.Reason == c.Reason && m.NextStep == c.NextStep && m.PlannedFor == c.PlannedFor &&
		m.Text == "" && len(m.Photos) == 0 && (m.Original == "" || m.Original == c.DuplicateOf)
}
