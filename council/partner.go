package council

import "time"

// Partner is a works system that takes or changes cases: over Open311, or over our API.
type Partner struct {
	Open311  *GeoReport `yaml:"open311"`
	KeysEnv  KeysEnv    `yaml:"keys_env"`
	Signed   string     `yaml:"signed"` // optional or required: Standard Webhooks headers on its calls
	May      []string   `yaml:"may"`    // read, change; text (words, photos), contact by agreement
	Services []string   `yaml:"services"`
	Webhook  *Webhook   `yaml:"webhook"`

	Keys Keys `yaml:"-"` // what the variables of KeysEnv hold
}

// GeoReport says how a partner's Open311 server is spoken to.
type GeoReport struct {
	URL          string        `yaml:"url"`
	Jurisdiction string        `yaml:"jurisdiction"`
	Updates      string        `yaml:"updates"` // extension (servicerequestupdates) or status (GET requests)
	Every        time.Duration `yaml:"every"`
	Statuses     string        `yaml:"statuses"`     // extended or plain
	ClosedMeans  string        `yaml:"closed_means"` // fixed or closed
	OurID        string        `yaml:"our_id"`       // the attribute that carries our reference
	Uncertain    string        `yaml:"uncertain"`    // ask or retry, when an answer never came
	Overlap      time.Duration `yaml:"overlap"`
	Span         time.Duration `yaml:"span"`
	Send         []string      `yaml:"send"` // easting, northing, report_url
	Reopen       bool          `yaml:"reopen"`
	Publishes    bool          `yaml:"publishes"`
}

// KeysEnv names the variables that hold a partner's keys.
type KeysEnv struct {
	Out     string `yaml:"out"`
	In      string `yaml:"in"`
	Signing string `yaml:"signing"`
}

// Keys are what those variables hold: two each while rotating.
type Keys struct{ Out, In, Signing []string }

// Webhook is where we call a partner, and about what.
type Webhook struct {
	URL    string   `yaml:"url"`
	Events []string `yaml:"events"`
}

// Allows tells whether a partner may do a thing to a service's cases.
func (p Partner) Allows(do, service string) bool {
	return contains(p.May, do) && (len(p.Services) == 0 || contains(p.Services, service))
}

func contains(all []string, one string) bool {
	for _, a := range all {
		if a == one {
			return true
		}
	}
	return false
}
