package main

import "slices"

// spoken is what the host asks of the words: only what is offered is matched.
type spoken struct{ *talk }

// Match finds the offered language a channel's tag means.
func (s spoken) Match(hint string) (string, bool) {
	tag, ok := s.words.Match(hint)
	if !ok || !slices.Contains(s.languages(), tag) {
		return "", false
	}
	return tag, true
}

// Draft tells whether a language still waits for a native reader.
func (s spoken) Draft(tag string) bool { return s.words.Draft(tag) }

// Words are what a language understands under a key.
func (s spoken) Words(tag, key string) []string { return s.words.Words(tag, key) }

// Keys are the keys of what a language understands, under a prefix.
func (s spoken) Keys(tag, prefix string) []string { return s.words.Keys(tag, prefix) }

// Tags are the languages there are.
func (s spoken) Tags() []string { return s.words.Tags() }
