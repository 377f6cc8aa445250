package desk

import (
	"slices"
	"strings"

	"concierge/inbox"
)

// Act is something a person may be allowed to do.
type act string

const (
	anyone    act = ""         // also without signing in
	signedIn  act = "signed"   // whatever the role
	seeWork   act = "see"      // conversations and cases
	doWork    act = "work"     // claim, reply, note, return, close; change a case
	takeOver  act = "takeover" // from another agent
	seeHealth act = "health"
	setHealth act = "health.set" // dismiss what nobody could read
	assign    act = "assign"
	setStaff  act = "staff"
	seeStaff  act = "staff.see"
)

// Reach is how far a right goes.
type reach int

const (
	none reach = iota
	ownTeams
	everything
)

// The roles there are. A person's roles add up.
const (
	Viewer     = "viewer"
	Agent      = "agent"
	Supervisor = "supervisor"
	Translator = "translator"
	Auditor    = "auditor"
	Admin      = "admin"
)

// Roles lists every role, in the order they are shown.
func Roles() []string { return []string{Viewer, Agent, Supervisor, Translator, Auditor, Admin} }

// rights is the whole table of who may do what.
func rights(role string) map[act]reach {
	switch role {
	case Viewer:
		return map[act]reach{seeWork: ownTeams}
	case Agent:
		return map[act]reach{seeWork: ownTeams, doWork: ownTeams, takeOver: ownTeams}
	case Supervisor:
		return map[act]reach{seeWork: everything, doWork: everything, takeOver: everything, seeHealth: everything, setHealth: everything,
			assign: everything}
	case Auditor:
		return map[act]reach{seeWork: everything, seeHealth: everything, seeStaff: everything}
	case Admin:
		return map[act]reach{seeHealth: everything, setHealth: everything, setStaff: everything, seeStaff: everything}
	}
	return nil // a translator's pages are their own
}

// may tells how far somebody with these roles may go.
func may(roles []string, a act) reach {
	if a == anyone || a == signedIn {
		return everything
	}
	most := none
	for _, r := range roles {
		most = max(most, rights(r)[a])
	}
	return most
}

// actor is the person as the inbox knows them: what they may see is part of its queries. With the reach of a is meant, so that an
// agent who may see all teams still works only in their own.
func (p *person) actor(a act) inbox.Actor {
	return inbox.Actor{
		ID: p.ID, Name: p.Name, Teams: p.Teams, All: may(p.Roles, a) == everything,
		Sensitive: slices.Contains(p.Roles, Supervisor) || slices.Contains(p.Teams, safeguarding), Supervises: slices.Contains(p.Roles, Supervisor),
	}
}

// safeguarding is the one team whose conversations the others do not see.
const safeguarding = "safeguarding"

func words(s string) []string { return strings.Fields(s) }
