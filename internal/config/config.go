// Package config reads the settings of one process from its environment and refuses, all at once, those that cannot work. What only
// the council knows stands in council.yaml, not here.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"sort"
	"strings"
)

// Settings are the CONCIERGE_* variables. Unset means the embedded default.
type Settings struct {
	Listen         string `env:"CONCIERGE_LISTEN" default:"localhost:8080" help:"Address to listen on."`
	PublicURL      string `env:"CONCIERGE_PUBLIC_URL" default:"http://localhost:8080" help:"The URL providers and residents see."`
	Database       string `env:"CONCIERGE_DATABASE" help:"postgres://…, or empty for SQLite in the data folder."`
	Data           string `env:"CONCIERGE_DATA" default:"./data" help:"Folder for SQLite, photos and the spool."`
	Council        string `env:"CONCIERGE_COUNCIL" help:"Folder with council.yaml, trees, locales and places; empty is the demo."`
	Secret         string `env:"CONCIERGE_SECRET" help:"Root key of what is sealed. Made once on SQLite; nodes on Postgres share it. Two, new,old, while changing it."`
	Simulator      string `env:"CONCIERGE_SIMULATOR" enum:"on,off,auto" default:"auto" help:"Demo phones: on, off, or by themselves when nothing is configured."`
	Media          string `env:"CONCIERGE_MEDIA" help:"Folder for photos; empty is in the data folder."`
	TrustedProxies string `env:"CONCIERGE_TRUSTED_PROXIES" help:"Networks whose forwarded address is believed, comma-separated."`
	Log            string `env:"CONCIERGE_LOG" default:"info,text" help:"Level and form: debug, info, warn, error; text or json."`
	MetricsListen  string `env:"CONCIERGE_METRICS_LISTEN" help:"Address for Prometheus and pprof; never a public one."`

	TwilioAccountSID          string `env:"CONCIERGE_TWILIO_ACCOUNT_SID" help:"AC…"`
	TwilioAuthToken           string `env:"CONCIERGE_TWILIO_AUTH_TOKEN" help:"One, or two comma-separated while rotating."`
	TwilioSMSFrom             string `env:"CONCIERGE_TWILIO_SMS_FROM" help:"Our SMS number, +44…"`
	TwilioMessagingServiceSID string `env:"CONCIERGE_TWILIO_MESSAGING_SERVICE_SID" help:"MG…"`
	TwilioWhatsAppFrom        string `env:"CONCIERGE_TWILIO_WHATSAPP_FROM" help:"Our WhatsApp number, +44…"`
	TwilioAPIURL              string `env:"CONCIERGE_TWILIO_API_URL" help:"Redirects every REST call: tests, proxies."`

	TelegramToken  string `env:"CONCIERGE_TELEGRAM_TOKEN" help:"From BotFather."`
	TelegramSecret string `env:"CONCIERGE_TELEGRAM_SECRET" help:"At least 32 signs A–Z a–z 0–9 _ -, sent back with each update."`
	TelegramAPIURL string `env:"CONCIERGE_TELEGRAM_API_URL" help:"Redirects every call: tests, a local server."`
	TelegramMode   string `env:"CONCIERGE_TELEGRAM_MODE" enum:"webhook,poll" default:"webhook" help:"poll needs no public URL."`
}

var (
	secretShape = regexp.MustCompile(`^[A-Za-z0-9_-]{32,256}$`)
	sidShape    = regexp.MustCompile(`^AC[0-9a-zA-Z]{32}$`)
	tokenShape  = regexp.MustCompile(`^[a-zA-Z0-9]+$`)
	phoneShape  = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
)

// later are settings of house rooms that are not in this version; naming them beats silently ignoring them.
var later = map[string]string{
	"CONCIERGE_OIDC_ISSUER": "single sign-on", "CONCIERGE_OIDC_CLIENT_ID": "single sign-on", "CONCIERGE_OIDC_CLIENT_SECRET": "single sign-on",
}

// others are read by partners (council.yaml's keys_env) and by the tests.
var others = []string{"CONCIERGE_PARTNER_", "CONCIERGE_TEST_"}

// Validate returns every setting that cannot work, each with what to do.
func (s *Settings) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	s.PublicURL = strings.TrimSuffix(s.PublicURL, "/")
	if u, err := url.Parse(s.PublicURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.Fragment != "" {
		bad("CONCIERGE_PUBLIC_URL: %q is no address such as https://concierge.council.example", s.PublicURL)
	} else if u.Path != "" {
		bad("CONCIERGE_PUBLIC_URL: leave out the path %q: the routes stand at the root", u.Path)
	}
	if s.Postgres() && len(s.Secrets()) == 0 {
		bad("CONCIERGE_SECRET: nodes on Postgres share it, so it must be set; make one with `openssl rand -hex 32`")
	}
	secrets := s.Secrets()
	for _, one := range secrets {
		if len(one) < 16 {
			bad("CONCIERGE_SECRET: too short; make one with `openssl rand -hex 32`")
		}
	}
	if len(secrets) > 2 {
		bad("CONCIERGE_SECRET: at most two secrets, the new one, a comma, and the old one")
	}
	if s.Database != "" && !s.Postgres() {
		bad("CONCIERGE_DATABASE: write postgres://user@host/name, or leave it empty for SQLite in CONCIERGE_DATA")
	}
	if strings.HasPrefix(s.Media, "s3://") {
		bad("CONCIERGE_MEDIA: this version keeps photos in a folder; leave it empty or name one")
	}
	if _, err := s.Proxies(); err != nil {
		bad("CONCIERGE_TRUSTED_PROXIES: %w", err)
	}
	s.twilio(bad)
	s.telegram(bad)
	return errors.Join(errs...)
}

func (s *Settings) twilio(bad func(string, ...any)) {
	if !s.Twilio() {
		return
	}
	if !sidShape.MatchString(s.TwilioAccountSID) {
		bad("CONCIERGE_TWILIO_ACCOUNT_SID: Twilio is half configured; set it to the account's SID, AC and 32 signs")
	}
	if s.TwilioAuthToken == "" {
		bad("CONCIERGE_TWILIO_AUTH_TOKEN: Twilio is half configured; without the token no webhook can be checked")
	}
	tokens := s.TwilioTokens()
	if len(tokens) > 2 {
		bad("CONCIERGE_TWILIO_AUTH_TOKEN: at most two tokens, the new one and the old")
	}
	for _, t := range tokens {
		if !tokenShape.MatchString(t) {
			bad("CONCIERGE_TWILIO_AUTH_TOKEN: a token is letters and digits only; separate two with a comma")
		}
	}
	if s.TwilioSMSFrom == "" && s.TwilioMessagingServiceSID == "" && s.TwilioWhatsAppFrom == "" {
		bad("CONCIERGE_TWILIO_SMS_FROM or CONCIERGE_TWILIO_WHATSAPP_FROM: set the number residents write to")
	}
	for name, v := range map[string]string{"CONCIERGE_TWILIO_SMS_FROM": s.TwilioSMSFrom, "CONCIERGE_TWILIO_WHATSAPP_FROM": strings.TrimPrefix(s.TwilioWhatsAppFrom, "whatsapp:")} {
		if v != "" && !phoneShape.MatchString(v) && !shortCode(v) {
			bad("%s: write the number as +447700900123", name)
		}
	}
}

func (s *Settings) telegram(bad func(string, ...any)) {
	if s.TelegramToken == "" && s.TelegramSecret == "" && s.TelegramAPIURL == "" {
		return
	}
	if s.TelegramToken == "" {
		bad("CONCIERGE_TELEGRAM_TOKEN: Telegram is half configured; BotFather gives the token")
	}
	if s.TelegramMode != "poll" && !secretShape.MatchString(s.TelegramSecret) {
		bad("CONCIERGE_TELEGRAM_SECRET: needed, 32 signs or more of A–Z a–z 0–9 _ -; make one with `openssl rand -hex 32`")
	}
}

func shortCode(v string) bool {
	return len(v) >= 5 && len(v) <= 6 && strings.Trim(v, "0123456789") == ""
}

// Twilio tells whether any Twilio setting is there.
func (s *Settings) Twilio() bool {
	return s.TwilioAccountSID+s.TwilioAuthToken+s.TwilioSMSFrom+s.TwilioMessagingServiceSID+s.TwilioWhatsAppFrom != ""
}

// Telegram tells whether the bot is configured.
func (s *Settings) Telegram() bool { return s.TelegramToken != "" }

// Postgres tells which engine.
func (s *Settings) Postgres() bool {
	return strings.HasPrefix(s.Database, "postgres://") || strings.HasPrefix(s.Database, "postgresql://")
}

// Secrets are the secret and, while it is being changed, the one before it; none when it is not set.
func (s *Settings) Secrets() []string {
	var all []string
	for one := range strings.SplitSeq(s.Secret, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// TwilioTokens are the one or two tokens.
func (s *Settings) TwilioTokens() []string { return split(s.TwilioAuthToken) }

// Loopback tells whether the public URL is this machine: the desk over http, the simulator and the demo sign-in depend on it.
func (s *Settings) Loopback() bool {
	u, err := url.Parse(s.PublicURL)
	if err != nil {
		return false
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (ip != nil && ip.IsLoopback())
}

// SimulatorOn tells whether the demo phones are served.
func (s *Settings) SimulatorOn() bool {
	switch s.Simulator {
	case "on":
		return true
	case "off":
		return false
	}
	return s.Loopback() && !s.Twilio() && !s.Telegram()
}

// Proxies are the networks whose X-Forwarded-For is believed.
func (s *Settings) Proxies() ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, p := range split(s.TrustedProxies) {
		n, err := netip.ParsePrefix(p)
		if err != nil {
			return nil, fmt.Errorf("%q is no network such as 10.0.0.0/8", p)
		}
		all = append(all, n)
	}
	return all, nil
}

// Unknown names each CONCIERGE_ variable of the environment that nobody reads, with the closest one that somebody does.
func Unknown(environ []string, known []string) error {
	var errs []error
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, "CONCIERGE_") || contains(known, name) || prefixed(name, others) {
			continue
		}
		if what, ok := later[name]; ok {
			errs = append(errs, fmt.Errorf("%s: %s is not in this version; unset it", name, what))
			continue
		}
		errs = append(errs, fmt.Errorf("%s: no such setting; did you mean %s?", name, nearest(name, known)))
	}
	return errors.Join(errs...)
}

// Environ is Unknown over this process's environment.
func Environ(known []string) error { return Unknown(os.Environ(), known) }

func nearest(name string, known []string) string {
	sorted := append([]string(nil), known...)
	sort.Slice(sorted, func(i, j int) bool { return apart(name, sorted[i]) < apart(name, sorted[j]) })
	return sorted[0]
}

// apart is the Levenshtein distance.
func apart(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func prefixed(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
