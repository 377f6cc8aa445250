package locales

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// State is where one translation stands.
type State string

// The states of a translation. A machine may draft; only a named native reader approves.
const (
	Missing   State = "missing"
	Drafted   State = "draft"
	Approved  State = "approved"
	Outdated  State = "outdated"   // the English changed since; the translation stays in use
	NotNeeded State = "not_needed" // the same as the English, on purpose
)

// Review is one line of review.json. Of is a hash of every plural form of the English it was made from.
type Review struct {
	State   State             `json:"state"`
	By      string            `json:"by,omitempty"`
	At      string            `json:"at,omitempty"` // 2027-04-05
	Of      string            `json:"of,omitempty"`
	English map[string]string `json:"english,omitempty"` // the English of that day, kept when it has changed since
}

func reviewFile(file, text string) (map[string]Review, Findings) {
	var r map[string]Review
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		line := 1 + strings.Count(text[:min(int(d.InputOffset()), len(text))], "\n")
		return nil, Findings{{File: file, Line: line, Message: "review.json cannot be read: " + err.Error()}}
	}
	var findings Findings
	for _, key := range sortedKeys(r) {
		switch r[key].State {
		case Drafted, Approved, Outdated, NotNeeded:
		default:
			findings = append(findings, Finding{File: file, Key: key,
				Message: fmt.Sprintf("the state is %q: write draft, approved, outdated or not_needed", r[key].State)})
		}
		if r[key].State == Approved && strings.TrimSpace(r[key].By) == "" {
			findings = append(findings, Finding{File: file, Key: key, Message: "approved by nobody: a named native reader approves, by = …"})
		}
	}
	return r, findings
}

// hash is of the forms of a message, never of its comment.
func (m *message) hash() string {
	h := sha256.New()
	for _, f := range m.forms {
		fmt.Fprintf(h, "%s\x00%s\x00", f.name, f.text)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// state is where a translation stands today, against the English of today.
func (l *tongue) state(key string, source *message) State {
	if l.tag == Source {
		return Approved
	}
	if l.messages[key] == nil {
		return Missing
	}
	r, ok := l.review[key]
	if !ok {
		return Drafted
	}
	if r.State == Approved && source == nil || r.State != NotNeeded && r.Of != "" && source != nil && r.Of != source.hash() {
		return Outdated
	}
	return r.State
}

// State is where a language's translation of a key stands.
func (s *Set) State(tag, key string) State {
	l := s.langs[tag]
	if l == nil {
		return Missing
	}
	return l.state(key, s.langs[Source].messages[key])
}

// Draft tells whether anything a resident may read in a language still waits for a reader's approval.
func (s *Set) Draft(tag string) bool { return s.drafts[tag] }

func (s *Set) isDraft(l *tongue) bool {
	if l.tag == Source {
		return false
	}
	for key := range l.messages {
		if Staff(key) {
			continue
		}
		if st := s.State(l.tag, key); st == Drafted || st == Outdated {
			return true
		}
	}
	return false
}

// Stand writes the review.json of a language as it should be today: every translation has a line, new ones as drafts by the named
// hand, and where the English changed the state is outdated, but for what that same hand drafted: it has just gone through them.
// Nothing approved is lost, nothing is approved.
func (s *Set) Stand(tag, by, day string) ([]byte, error) {
	l := s.langs[tag]
	if l == nil || tag == Source {
		return nil, fmt.Errorf("stand of %s: no such translation", tag)
	}
	var b bytes.Buffer
	b.WriteString("{")
	sep := "\n"
	for _, key := range sortedKeys(l.messages) {
		source := s.langs[Source].messages[key]
		r, known := l.review[key]
		switch {
		case source == nil:
			continue // an orphan: check tells
		case !known, r.By == by && r.Of != source.hash() && (r.State == Drafted || r.State == Outdated):
			r = Review{State: Drafted, By: by, At: day, Of: source.hash()}
		case r.State != NotNeeded && r.Of != source.hash():
			r.State = Outdated
		}
		line, err := json.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("stand of %s: %w", tag, err)
		}
		name, err := json.Marshal(key)
		if err != nil {
			return nil, fmt.Errorf("stand of %s: %w", tag, err)
		}
		b.WriteString(sep)
		b.Write(name)
		b.WriteString(": ")
		b.Write(line)
		sep = ",\n"
	}
	b.WriteString("\n}\n")
	return b.Bytes(), nil
}
