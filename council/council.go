// Package council reads council.yaml: what only the council knows. Its name, hours, teams and services, its targets and emergency
// lines, who answers for what it does not, and where its files lie.
//
// Reading is strict: an unknown key is an error, and all errors are told at once with their lines. The package refuses to know
// trees, phrases, channels and databases; what must agree with those is asked through Known.
package council

import (
	"time"
)

// Council is one council.yaml, read and checked. Nothing in it changes after Load.
type Council struct {
	Identity     `yaml:"council"`
	Languages    Languages              `yaml:"languages"`
	Translations Translations           `yaml:"translations"`
	Office       Office                 `yaml:"office"`
	Teams        []string               `yaml:"teams"` // words: team.<name>; the first takes what no service sends elsewhere
	Timers       Timers                 `yaml:"timers"`
	Channels     Channels               `yaml:"channels"`
	SMS          SMS                    `yaml:"sms"`
	Places       Places                 `yaml:"places"`
	Cases        Cases                  `yaml:"cases"`
	Tracking     Tracking               `yaml:"tracking"`
	Retention    Retention              `yaml:"retention"`
	Lines        map[string][]Line      `yaml:"lines"`       // emergency → the numbers to give, the first open one wins
	Responsible  map[string]Responsible `yaml:"responsible"` // who answers for what is not ours
	Groups       []string               `yaml:"groups"`      // menu order; words: group.<name>
	Services     []Service              `yaml:"services"`
	Partners     map[string]Partner     `yaml:"partners"`
	Open311      Open311                `yaml:"open311"`
	Insights     Insights               `yaml:"insights"`

	lines map[string]int // "services[0].team" → the line it stands on
}

// Identity is who the council is. Names are not translated.
type Identity struct {
	Name          string         `yaml:"name"`
	ShortName     string         `yaml:"short_name"`
	TimeZone      *time.Location `yaml:"time_zone"`
	Phone         string         `yaml:"phone"`
	Website       string         `yaml:"website"`
	PrivacyNotice string         `yaml:"privacy_notice"`
	Brand         string         `yaml:"brand"` // "#1d4f91": at least 4.5 to 1 against white
}

// Languages are a wish: one with keys missing is held back.
type Languages struct {
	Source  string   `yaml:"source"`
	Offered []string `yaml:"offered"`
	Drafts  bool     `yaml:"drafts"` // offer translations nobody has reviewed, and say so
}

// Translations says how translators work.
type Translations struct {
	SecondPerson bool `yaml:"second_person"` // a second person approves
}

// Timers of a handoff. Hold and Offer count office time.
type Timers struct {
	Hold   time.Duration `yaml:"hold"`
	Offer  time.Duration `yaml:"offer"`
	Remind time.Duration `yaml:"remind"`
	Close  time.Duration `yaml:"close"`
}

// Channels are the manners of sending; numbers and keys are in the environment.
type Channels struct {
	CountryPrefixes   []string                     `yaml:"country_prefixes"`
	DailySpend        Spend                        `yaml:"daily_spend"`
	Prices            Prices                       `yaml:"prices"`
	QuietHours        Span                         `yaml:"quiet_hours"`
	Limits            Limits                       `yaml:"limits"`
	Rates             Rates                        `yaml:"rates"`
	SharedNumber      bool                         `yaml:"shared_number"` // other software sends from our number
	MediaHosts        []string                     `yaml:"media_hosts"`   // where Twilio's media may redirect
	WhatsAppTemplates map[string]map[string]string `yaml:"whatsapp_templates"`
	WhatsAppSession   map[string]string            `yaml:"whatsapp_session"`
}

// Spend caps a day's cost; 0 is no cap.
type Spend struct {
	Currency string  `yaml:"currency"`
	SMS      float64 `yaml:"sms"`
	WhatsApp float64 `yaml:"whatsapp"`
}

// Prices are what the provider's bill says, in the currency of Spend: the cap counts with them.
type Prices struct {
	SMSPart          float64 `yaml:"sms_part"`
	WhatsAppTemplate float64 `yaml:"whatsapp_template"`
}

// Limits count replies that leave the session unchanged.
type Limits struct {
	Minute   int `yaml:"minute"`
	Day      int `yaml:"day"`
	SameText int `yaml:"same_text"`
}

// Rates are messages a second and sender, over all nodes.
type Rates struct {
	SMS      float64 `yaml:"sms"`
	WhatsApp float64 `yaml:"whatsapp"`
	Telegram float64 `yaml:"telegram"`
	Each     Each    `yaml:"each"`
}

// Each is how far apart messages to one person must be on average; 0 is no limit.
type Each struct {
	WhatsApp time.Duration `yaml:"whatsapp"` // Meta: one in 6 s to one number, with bursts
	Telegram time.Duration `yaml:"telegram"` // core.telegram.org/bots/faq: one a second in one chat
}

// SMS is how texts are folded before they are counted.
type SMS struct {
	StripDiacritics []string `yaml:"strip_diacritics"` // tags, such as pl
}

// Places names the files of the gazetteer and the geocoder, if any.
type Places struct {
	Country   string   `yaml:"country"` // GB: its postcode rules
	Boundary  string   `yaml:"boundary"`
	Gazetteer []string `yaml:"gazetteer"`
	Wards     string   `yaml:"wards"`
	Owners    string   `yaml:"owners"`
	Geocoder  Geocoder `yaml:"geocoder"`
}

// Geocoder is a Nominatim-compatible service; an empty URL is off.
type Geocoder struct {
	URL       string  `yaml:"url"`
	UserAgent string  `yaml:"user_agent"`
	PerSecond float64 `yaml:"per_second"`
}

// Cases are the rules the council sets for its cases.
type Cases struct {
	Merge       time.Duration `yaml:"merge"` // later changes within it join one message at its end; 0 tells each at once
	ReopenDays  int           `yaml:"reopen_days"`
	ReopenLimit int           `yaml:"reopen_limit"`
	AskAfter    time.Duration `yaml:"ask_after"`
	Photos      Photos        `yaml:"photos"`
}

// Photos limits what a case carries.
type Photos struct {
	Count     int `yaml:"count"`
	Megabytes int `yaml:"megabytes"`
}

// Tracking is the page behind a case's link.
type Tracking struct {
	Expires time.Duration `yaml:"expires"` // after the case is done
	Tiles   Tiles         `yaml:"tiles"`
}

// Tiles is a map server; an empty URL means our own drawing alone.
type Tiles struct {
	URL         string `yaml:"url"`
	Attribution string `yaml:"attribution"`
	MaxZoom     int    `yaml:"max_zoom"`
}

// Retention says how long each kind is kept; Never (negative) keeps it.
type Retention struct {
	Received   Keep `yaml:"received"`
	Quarantine Keep `yaml:"quarantine"`
	Messages   Keep `yaml:"messages"`
	Contacts   Keep `yaml:"contacts"`
	Photos     Keep `yaml:"photos"`
	CaseText   Keep `yaml:"case_text"`
	Cases      Keep `yaml:"cases"`
	Audit      Keep `yaml:"audit"`
}

// Responsible is somebody else who answers for a thing.
type Responsible struct {
	Name string `yaml:"name"`
	Call string `yaml:"call"`
	Web  string `yaml:"web"`
	Do   string `yaml:"do"` // tell: no case · file: tell and file · pass: file and send
}

// Open311 is what our own server says of itself.
type Open311 struct {
	Jurisdiction string `yaml:"jurisdiction"`
	Contact      string `yaml:"contact"`
	KeyService   string `yaml:"key_service"`
}

// Insights are the council's own figures; what it does not know stays empty.
type Insights struct {
	Cost       Cost     `yaml:"cost"`
	Deflection *float64 `yaml:"deflection"`
	Baseline   string   `yaml:"baseline"` // a CSV of contacts a month before
}

// Cost of one contact by the old ways.
type Cost struct {
	Phone *float64 `yaml:"phone"`
	Email *float64 `yaml:"email"`
	Web   *float64 `yaml:"web"`
	Chat  *float64 `yaml:"chat"`
}
