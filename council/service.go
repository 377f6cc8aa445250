package council

import (
	"strings"
	"time"
)

// Service is one thing residents can report. Its words are service.<code>.name and .about in locales.
type Service struct {
	Code       string               `yaml:"code"` // Open311 service_code, never renamed or reused: "street_light"
	Group      string               `yaml:"group"`
	Team       string               `yaml:"team"`
	Keywords   []string             `yaml:"keywords"` // Open311 tags
	Target     Target               `yaml:"target"`
	Radius     float64              `yaml:"radius"`     // metres within which reports join; 0 never
	Precise    bool                 `yaml:"precise"`    // a postcode alone is not a place
	Public     bool                 `yaml:"public"`     // in the keyless Open311 feed, rounded
	Exact      bool                 `yaml:"exact"`      // there with its exact point
	Proof      string               `yaml:"proof"`      // photo: fixed/repaired needs one
	Stoppers   map[string]Stopper   `yaml:"stoppers"`   // "danger.yes" → what it stops
	NotOurs    map[string]string    `yaml:"not_ours"`   // "where.motorway" → a key of responsible
	Attributes map[string]Attribute `yaml:"attributes"` // slot → its Open311 attribute
	Partner    *Route               `yaml:"partner"`    // nil: our own desk
}

// Stopper is what an answer sets off: a line to give, and whether anything is filed after it.
type Stopper struct {
	Line string `yaml:"line"` // a key of lines; words: stop.<line>
	File string `yaml:"file"` // Never or Urgent
}

// The fates of a stopped report.
const (
	Never  = "never"  // the report ends, nothing is filed
	Urgent = "urgent" // it goes on and is filed urgent
)

// What is done about what is not ours.
const (
	Tell = "tell" // say whose it is, file nothing
	File = "file" // say whose it is, and file
	Pass = "pass" // file, and send it to them
)

// Attribute is a slot as Open311 sees it; the keys of its values are the slot's choices.
type Attribute struct {
	Code     string `yaml:"code"`
	Datatype string `yaml:"datatype"`
	Required bool   `yaml:"required"`
}

// Route is where a service's cases go: a partner, and the partner's code for it.
type Route struct {
	Name string `yaml:"name"`
	Code string `yaml:"code"`
}

// Target is by when a case shall be looked after. The zero Target promises nothing. At most one field is set.
type Target struct {
	WorkingDays int `yaml:"working_days"`
	Days        int `yaml:"days"`
	Hours       int `yaml:"hours"`
}

// IsZero tells a service that promises no date.
func (t Target) IsZero() bool { return t == Target{} }

// Service finds a service by its code.
func (c *Council) Service(code string) (Service, bool) {
	for _, s := range c.Services {
		if s.Code == code {
			return s, true
		}
	}
	return Service{}, false
}

// InGroup lists a group's services in file order.
func (c *Council) InGroup(group string) []Service {
	var in []Service
	for _, s := range c.Services {
		if s.Group == group {
			in = append(in, s)
		}
	}
	return in
}

// TeamOf names the team that takes a service's cases: its own, or the first.
func (c *Council) TeamOf(service string) string {
	if s, ok := c.Service(service); ok && s.Team != "" {
		return s.Team
	}
	return c.Teams[0]
}

// Due is when a case of this service filed then shall be looked after, in UTC; ok is false when the service promises no date.
//
// Working days: day zero is the filing day when it is a working day and before closing, else the next working day; due at closing
// of the Nth working day after it. Days are calendar days after the filing day, due at closing. Hours are clock hours.
func (c *Council) Due(service string, filed time.Time) (due time.Time, ok bool) {
	s, found := c.Service(service)
	if !found || s.Target.IsZero() {
		return time.Time{}, false
	}
	at := filed.In(c.TimeZone)
	switch t := s.Target; {
	case t.Hours > 0:
		return filed.Add(time.Duration(t.Hours) * time.Hour).UTC(), true
	case t.Days > 0:
		return c.closing(dateOf(at).add(t.Days)).UTC(), true
	default:
		return c.closing(c.AddWorkingDays(at, t.WorkingDays)).UTC(), true
	}
}

// split cuts "slot.answer" in two.
func split(key string) (slot, answer string, ok bool) {
	slot, answer, ok = strings.Cut(key, ".")
	return slot, answer, ok && slot != "" && answer != ""
}
