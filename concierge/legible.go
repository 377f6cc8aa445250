package concierge

import (
	"slices"

	"concierge/channels"
)

// legible makes every word of a message one that we can keep: not only its text, for a label or a type of its sender's stands in the
// database too, and Postgres takes no NUL and nothing but UTF-8. The caller's message is not changed.
func legible(m channels.Message) channels.Message {
	for _, s := range []*string{&m.Text, &m.Press.Data, &m.Press.Label, &m.Album, &m.Payload, &m.Language, (*string)(&m.Press.On),
		(*string)(&m.ReplyTo), (*string)(&m.Edits)} {
		*s = bounded(*s)
	}
	if m.Location != nil {
		l := *m.Location
		l.Label, l.Address = bounded(l.Label), bounded(l.Address)
		m.Location = &l
	}
	m.Media = slices.Clone(m.Media)
	for i := range m.Media {
		f := &m.Media[i]
		f.Ref, f.Kind, f.Type = bounded(f.Ref), bounded(f.Kind), bounded(f.Type)
	}
	m.Also = slices.Clone(m.Also)
	for i := range m.Also {
		m.Also[i] = channels.Address(bounded(string(m.Also[i])))
	}
	return m
}
