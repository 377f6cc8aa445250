package locales

// Variables are the names of a message's variables in the order its English source first names them: WhatsApp numbers them so, the
// same in every language.
func (s *Set) Variables(key string) []string {
	l := s.langs[Source]
	if l == nil || l.messages[key] == nil {
		return nil
	}
	var names []string
	for _, form := range l.messages[key].forms {
		more, err := varsOf(form.text)
		if err != nil {
			return nil // a Set holds only messages that were read without an error
		}
		for _, name := range more {
			if !contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
