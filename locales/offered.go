package locales

import "fmt"

// Offered tells which of the languages a council wishes for residents can have, in the order of the wish, and why the others are
// held back: a tag that is not loaded, a key missing, or a draft where drafts are not wanted. Needed are the keys of the trees and
// services switched on; none given means everything residents may read. English is always offered.
func (s *Set) Offered(wish []string, drafts bool, need []string) (offered []string, held map[string]string) {
	held = map[string]string{}
	if need == nil {
		need = s.residents()
	}
	for _, tag := range wish {
		switch why := s.held(tag, drafts, need); {
		case contains(offered, tag):
		case why != "":
			held[tag] = why
		default:
			offered = append(offered, tag)
		}
	}
	if !contains(offered, Source) {
		offered = append(offered, Source)
	}
	return offered, held
}

func (s *Set) held(tag string, drafts bool, need []string) string {
	if tag == Source {
		return ""
	}
	if s.langs[tag] == nil {
		return "no such language is loaded"
	}
	missing, first := 0, ""
	for _, key := range need {
		if !s.Has(tag, key) && s.Has(Source, key) && !Staff(key) {
			if missing == 0 {
				first = key
			}
			missing++
		}
	}
	switch {
	case missing == 1:
		return "1 message is missing: " + first
	case missing > 1:
		return fmt.Sprintf("%d messages are missing, the first is %s", missing, first)
	case !drafts && s.Draft(tag):
		return "it is a draft: no reader has approved it, and languages.drafts is off"
	}
	return ""
}

// residents are the keys of the source that residents may read.
func (s *Set) residents() []string {
	var keys []string
	for _, key := range s.MessageKeys(Source, "") {
		if !Staff(key) {
			keys = append(keys, key)
		}
	}
	return keys
}
