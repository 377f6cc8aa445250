// Package concierge is the host: it receives messages, takes turns, applies what a turn wants done, writes to residents unasked,
// delivers what was written, and reminds. It brings the rooms together in transactions and refuses to know how any of them works
// inside: no tree, no phrase, no provider's API and no page is here.
package concierge
