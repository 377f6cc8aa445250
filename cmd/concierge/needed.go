package main

import "concierge/locales"

// needed are the keys a language must have to be offered: all that residents may read, save those of services that are switched off.
func (t *talk) needed() []string {
	on := func(code string) bool { _, ok := t.council.Service(code); return ok }
	var keys []string
	for _, key := range t.words.MessageKeys(locales.Source, "") {
		if !locales.Staff(key) && !t.trees.Unused(key, on) {
			keys = append(keys, key)
		}
	}
	return keys
}
