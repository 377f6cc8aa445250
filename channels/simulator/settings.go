package simulator

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strconv"
	"time"

	"concierge/channels"
)

// Settings is what the host gives. Receiver, PublicURL, Words and Languages must be there.
type Settings struct {
	Receiver  channels.Receiver
	PublicURL string   // "http://localhost:8080"; the page answers its host and loopback ones
	Hosts     []string // further host names it answers to

	Council string // its short name, on the phones
	// Words says a key of simulator.* in a language. vars are pairs, name and value: "Count", "2", "Encoding", "GSM-7".
	Words     func(tag, key string, vars ...string) string
	Languages []Language // those offered; the first is the page's own
	Places    []Place    // what the pin button offers
	Levers    []Lever    // in the order of their buttons

	// News tells of the newest case of these phones, in a language; nil: there never is one.
	News func(ctx context.Context, phones []channels.Address, tag string) (News, error)
	// Template gives the approved words of a WhatsApp template and its buttons; nil: the message's own text is shown.
	Template func(t channels.Template) (text string, buttons []string)
	// Known tells whether the concierge has met this address; a new phone avoids such numbers while it can.
	Known func(ctx context.Context, a channels.Address) bool
	// DeskLink signs the visitor in at the desk: an address below /desk/. nil: the page says where to get a link.
	DeskLink func(ctx context.Context) (string, error)

	Closed []channels.Name        // kinds with a real provider: their phone is drawn closed
	Price  func(parts int) string // what an SMS costs; nil: 4p a part
	Zone   *time.Location         // of the clock on the phones; nil: UTC
	Now    func() time.Time       // nil: time.Now
	Delay  bool                   // receipts take 50–300 ms, as they would; false: none
	Log    *slog.Logger
}

// Language is one the residents may have.
type Language struct {
	Tag, Name, Dir string   // "ur", "اردو", "rtl"
	Samples        []string // suggested first messages; the last one asks for a person
}

// Place is somewhere a pin can be dropped.
type Place struct {
	Label    string
	Lat, Lon float64
}

// Lever is a button that moves the world outside the phones. Its word is simulator.lever.<Key>.
type Lever struct {
	Key    string        // "forward", "not_ours", "day"
	Passes time.Duration // how far it moves the phones' own clock: WhatsApp's window shuts a day later
	Do     func(ctx context.Context, c Call) error
}

// Call is who pulled a lever.
type Call struct {
	Phones []channels.Address
	Tag    string // the visitor's language
}

// News is what the host knows of a visitor's phones.
type News struct {
	Case     *Case
	Asked    bool // a person was asked for
	Answered bool // a person has answered
}

// Case is the newest case, in the resident's words.
type Case struct {
	Reference string `json:"reference"` // "C7K-4M95"
	Title     string `json:"title"`     // "Pothole, Stratford Road"
	Status    string `json:"status"`    // "We are looking into it"
	Steps     []Step `json:"steps"`
	Track     string `json:"track,omitempty"` // "/t/…"
	Desk      string `json:"desk,omitempty"`  // "/desk/cases/C7K-4M95"
	Open      bool   `json:"open"`            // it can still go forward
}

// Step is one of the stations of a case. State is done, now or next.
type Step struct {
	Label string `json:"label"`
	State string `json:"state"`
}

// check tells everything that is missing, at once, and fills what has a default.
func (s *Settings) check() (*url.URL, error) {
	var errs []error
	if s.Receiver == nil {
		errs = append(errs, errors.New("simulator: no receiver"))
	}
	if s.Words == nil {
		errs = append(errs, errors.New("simulator: no words"))
	}
	if len(s.Languages) == 0 {
		errs = append(errs, errors.New("simulator: no language"))
	}
	public, err := url.Parse(s.PublicURL)
	if err != nil || public.Host == "" {
		errs = append(errs, errors.New("simulator: the public URL must be http://host"))
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	if s.Price == nil {
		s.Price = func(parts int) string { return strconv.Itoa(4*parts) + "p" }
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	return public, errors.Join(errs...)
}

// language is the visitor's, or the first one.
func (s *Simulator) language(tag string) Language {
	for _, l := range s.settings.Languages {
		if l.Tag == tag {
			return l
		}
	}
	return s.settings.Languages[0]
}
