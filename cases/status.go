package cases

// Status is where a case stands.
type Status string

// The statuses. The first four are open, the last two done.
const (
	Received      Status = "received"
	Investigating Status = "investigating"
	Planned       Status = "planned"
	InProgress    Status = "in_progress"
	Fixed         Status = "fixed"
	Closed        Status = "closed"
)

// Statuses lists all of them in the order of a case's life.
func Statuses() []Status {
	return []Status{Received, Investigating, Planned, InProgress, Fixed, Closed}
}

// Open tells a case somebody still works on.
func (s Status) Open() bool {
	return s == Received || s == Investigating || s == Planned || s == InProgress
}

// Done tells a case nobody works on: fixed or closed.
func (s Status) Done() bool { return s == Fixed || s == Closed }

// Known tells one of ours.
func (s Status) Known() bool { return s.Open() || s.Done() }

// Reason says why a case stands where it does.
type Reason string

// The reasons, by status.
const (
	ReasonNew      Reason = "new" // received
	ReasonReopened Reason = "reopened"

	ReasonVisit         Reason = "visit" // investigating
	ReasonAskedResident Reason = "asked_resident"

	ReasonMadeSafe   Reason = "made_safe" // planned
	ReasonParts      Reason = "parts"
	ReasonWeather    Reason = "weather"
	ReasonPermit     Reason = "permit"
	ReasonOtherParty Reason = "other_party"
	ReasonProgramme  Reason = "programme"

	ReasonRepaired     Reason = "repaired" // fixed: one is needed
	ReasonAlready      Reason = "already"
	ReasonReportedDone Reason = "reported_done"
	ReasonByResident   Reason = "by_resident"

	ReasonNoAction      Reason = "no_action" // closed: one is needed
	ReasonNotOurs       Reason = "not_ours"
	ReasonDuplicate     Reason = "duplicate"
	ReasonReferred      Reason = "referred"
	ReasonWithdrawn     Reason = "withdrawn"
	ReasonNotFound      Reason = "not_found"
	ReasonNoAccess      Reason = "no_access"
	ReasonSomethingElse Reason = "something_else"
	ReasonUnstated      Reason = "unstated" // from partners only
)

// Reasons lists the reasons a status can have. Fixed and closed must have one; the others may.
func Reasons(s Status) []Reason {
	switch s {
	case Received:
		return []Reason{ReasonNew, ReasonReopened}
	case Investigating:
		return []Reason{ReasonVisit, ReasonAskedResident}
	case Planned:
		return []Reason{ReasonMadeSafe, ReasonParts, ReasonWeather, ReasonPermit, ReasonOtherParty, ReasonProgramme}
	case Fixed:
		return []Reason{ReasonRepaired, ReasonAlready, ReasonReportedDone, ReasonByResident}
	case Closed:
		return []Reason{ReasonNoAction, ReasonNotOurs, ReasonDuplicate, ReasonReferred, ReasonWithdrawn, ReasonNotFound,
			ReasonNoAccess, ReasonSomethingElse, ReasonUnstated}
	}
	return nil
}

func (r Reason) of(s Status) bool {
	for _, each := range Reasons(s) {
		if each == r {
			return true
		}
	}
	return false
}
