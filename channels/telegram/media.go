package telegram

import "concierge/channels"

// maxFile is the largest file a bot may fetch (core.telegram.org/bots/api#getfile).
const maxFile = 20 << 20

// sorts are the fields that carry a file, what we call it, and its usual type. An animation also carries a document: it comes first.
var sorts = [...]struct{ field, kind, typ string }{
	{"animation", "video", "video/mp4"},
	{"document", "file", ""},
	{"voice", "voice", "audio/ogg"},
	{"audio", "audio", "audio/mpeg"},
	{"video", "video", "video/mp4"},
	{"video_note", "video", "video/mp4"},
	{"sticker", "sticker", "image/webp"},
}

// media reads a file of theirs; without one the message stays of kind other.
func media(m *channels.Message, f fields) {
	if sizes := f.list("photo"); len(sizes) > 0 {
		m.Kind, m.Media = channels.KindMedia, []channels.Media{largest(sizes)}
		return
	}
	for _, s := range sorts {
		if f.has(s.field) {
			m.Kind, m.Media = channels.KindMedia, []channels.Media{one(f.object(s.field), s.kind, s.typ)}
			return
		}
	}
}

// largest is the largest size of a photo we may fetch; without one, a photo that is not to be had.
func largest(sizes []fields) channels.Media {
	best, area := channels.Media{Kind: "photo", Type: "image/jpeg", Gone: true}, int64(-1)
	for _, s := range sizes {
		w, _ := s.number("width")
		h, _ := s.number("height")
		if p := one(s, "photo", "image/jpeg"); !p.Gone && w*h > area {
			best, area = p, w*h
		}
	}
	return best
}

func one(f fields, kind, typ string) channels.Media {
	size, _ := f.number("file_size")
	m := channels.Media{Ref: f.text("file_id"), Kind: kind, Type: typ, Size: max(size, 0)}
	if t := f.text("mime_type"); t != "" && len(t) <= 100 {
		m.Type = t
	}
	if m.Ref == "" || len(m.Ref) > 256 || size > maxFile {
		m.Ref, m.Gone = "", true
	}
	return m
}
