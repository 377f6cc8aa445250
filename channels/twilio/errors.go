package twilio

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"concierge/channels"

	"github.com/twilio/twilio-go/client"
)

// classOf tells what a code of Twilio's means for the message, at once or by callback. An unknown code is refused: the same text
// is never sent again.
func classOf(code int) channels.Class {
	switch code {
	case 30036:
		return channels.Expired
	case 20429, 30001, 63018, 63038:
		return channels.Throttled
	case 21610, 63014:
		return channels.OptedOut
	case 21211, 21614, 21635, 21408, 30003, 30004, 30005, 30006, 30008, 63003, 63024:
		return channels.Unreachable
	case 63016:
		return channels.WindowShut
	case 20003, 21222, 21224, 21603, 21606, 21612, 63007, 63015:
		return channels.Configuration
	}
	return channels.Refused
}

// pause is how long to wait where the provider did not say.
func pause(code int) time.Duration {
	switch code {
	case 20429, 0:
		return time.Second
	case 30001:
		return time.Minute
	case 63018, 63038:
		return 15 * time.Minute
	case 30003, 30008: // the phone may be off; once more for updates and agents
		return time.Hour
	}
	return 0
}

// failure classes what CreateMessage said. What the transport saw is trusted over the error's words, which quote the account.
func (c *request) failure(err error) *channels.SendError {
	e := &channels.SendError{Class: channels.Uncertain, After: c.After}
	if c.Status == 0 {
		if c.Never {
			e.Class, e.Code = channels.Retry, "connection"
		}
		if local := (*client.TwilioRestError)(nil); errors.As(err, &local) { // refused before any call: 21222, 21224
			e.Class, e.Code = channels.Configuration, strconv.Itoa(local.Code)
		}
		return e
	}
	rest := (*client.TwilioRestError)(nil)
	n := 0
	if errors.As(err, &rest) {
		n = rest.Code
		if n > 0 {
			e.Code = strconv.Itoa(n)
		}
	}
	if e.Code == "" {
		e.Code = strconv.Itoa(c.Status)
	}
	switch {
	case c.Status == http.StatusTooManyRequests:
		e.Class = channels.Throttled
	case c.Status == http.StatusUnauthorized:
		e.Class = channels.Configuration
	case c.Status >= 400 && c.Status < 500 && n > 0:
		e.Class = classOf(n)
	case c.Status >= 400 && c.Status < 500:
		e.Class = channels.Refused
	}
	if e.After == 0 && (e.Class == channels.Throttled || e.Class == channels.Unreachable) {
		e.After = pause(n)
	}
	return e
}
