package locales

import "strings"

// Coverage is how far a language has come with the messages residents read, under a prefix or with all of them.
type Coverage struct {
	Keys                                          int // of English
	Approved, Draft, Outdated, NotNeeded, Missing int
}

// Percent is the share of messages that are there, in any state.
func (c Coverage) Percent() int {
	if c.Keys == 0 {
		return 100
	}
	return 100 * (c.Keys - c.Missing) / c.Keys
}

// Coverage counts a language's messages under a prefix ("pothole.", "" for all that residents read).
func (s *Set) Coverage(tag, prefix string) Coverage {
	var c Coverage
	for key := range s.langs[Source].messages {
		if Staff(key) || !strings.HasPrefix(key, prefix) {
			continue
		}
		c.Keys++
		switch s.State(tag, key) {
		case Approved:
			c.Approved++
		case Outdated:
			c.Outdated++
		case NotNeeded:
			c.NotNeeded++
		case Missing:
			c.Missing++
		default:
			c.Draft++
		}
	}
	return c
}
