package channels

import "time"

// Class decides what happens to a message that was not sent: retry, log level, and the desk's words.
type Class string

// The classes of failed sends (channels documentation: docs/channels.md).
const (
	Retry         Class = "retry"     // surely not sent; try again soon
	Throttled     Class = "throttled" // slow down; binds the sender
	Uncertain     Class = "uncertain" // nobody knows: never a blind second POST
	OptedOut      Class = "opted_out"
	Unreachable   Class = "unreachable"
	WindowShut    Class = "window_shut" // WhatsApp: outside 24 hours, template only
	Refused       Class = "refused"     // this text, for good
	Expired       Class = "expired"
	Configuration Class = "configuration" // hold the sender and raise an alarm
)

// SendError is the one error of Channel.Send. Its text shows no URL, no body and no number.
type SendError struct {
	Class Class
	Code  string        // the provider's
	After time.Duration // not before this long; 0 when the provider did not say
}

// Error names class and code.
func (e *SendError) Error() string { return "send: " + string(e.Class) + " " + e.Code }
