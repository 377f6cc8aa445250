package locales

import "strings"

// place is where a key stands in a file, and what the comment above it (and behind it) says.
type place struct {
	line    int
	comment string
}

// placesOf finds the line and the comment of every key of a TOML file. The TOML library reads the values; it does not tell where
// they stand. A file it refuses gets as many places as can be found.
func placesOf(text string) map[string]place {
	s := lineScanner{text: text, line: 1, places: map[string]place{}}
	for s.pos < len(s.text) {
		s.one()
	}
	return s.places
}

type lineScanner struct {
	text    string
	pos     int
	line    int
	table   string
	comment []string
	places  map[string]place
}

// one reads one line, or one value over several.
func (s *lineScanner) one() {
	start := s.line
	rest := s.text[s.pos:]
	line, _, _ := strings.Cut(rest, "\n")
	trimmed := strings.TrimSpace(line)
	switch {
	case trimmed == "":
		s.comment = nil
		s.skip(len(line))
	case trimmed[0] == '#':
		s.comment = append(s.comment, strings.TrimSpace(trimmed[1:]))
		s.skip(len(line))
	case trimmed[0] == '[':
		header, tail, _ := strings.Cut(strings.TrimLeft(trimmed, "["), "]")
		s.table = dotted(header)
		s.put(s.table, start, tail)
		s.skip(len(line))
	default:
		name, _, found := strings.Cut(line, "=")
		if !found {
			s.skip(len(line))
			return
		}
		s.pos += len(name) + 1
		tail := s.value()
		key := dotted(name)
		if s.table != "" {
			key = s.table + "." + key
		}
		s.put(key, start, tail)
	}
}

func (s *lineScanner) put(key string, line int, tail string) {
	if _, c, ok := strings.Cut(tail, "#"); ok {
		s.comment = append(s.comment, strings.TrimSpace(c))
	}
	if _, again := s.places[key]; !again {
		s.places[key] = place{line: line, comment: strings.Join(s.comment, " ")}
	}
	s.comment = nil
}

func (s *lineScanner) skip(n int) {
	s.pos += n
	if s.pos < len(s.text) {
		s.pos++ // the line's end
	}
	s.line++
}

// value walks over a value to the end of its last line and gives back what follows it there: a comment, or nothing.
func (s *lineScanner) value() string {
	depth := 0
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"' || c == '\'':
			s.quoted(c)
			continue
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == '#':
			line, _, _ := strings.Cut(s.text[s.pos:], "\n")
			s.pos += len(line)
			if depth <= 0 {
				s.skip(0)
				return line
			}
			continue
		case c == '\n':
			if depth <= 0 {
				s.skip(0)
				return ""
			}
			s.line++
		}
		s.pos++
	}
	return ""
}

func (s *lineScanner) quoted(q byte) {
	triple := strings.Repeat(string(q), 3)
	long := strings.HasPrefix(s.text[s.pos:], triple)
	if long {
		s.pos += 3
	} else {
		s.pos++
	}
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		switch {
		case c == '\\' && q == '"':
			s.pos++
			if s.pos < len(s.text) && s.text[s.pos] == '\n' {
				s.line++
			}
		case long && strings.HasPrefix(s.text[s.pos:], triple):
			s.pos += 3
			for s.pos < len(s.text) && s.text[s.pos] == q { // a quote right before the closing three
				s.pos++
			}
			return
		case c == '\n':
			if !long {
				return // not closed: the TOML library tells
			}
			s.line++
		case c == q && !long:
			s.pos++
			return
		}
		s.pos++
	}
}

// dotted makes `pothole . "size"` into pothole.size.
func dotted(name string) string {
	parts := strings.Split(name, ".")
	for i, p := range parts {
		parts[i] = strings.Trim(strings.TrimSpace(p), `"'`)
	}
	return strings.Join(parts, ".")
}
