package telegram

import (
	"bytes"
	"encoding/json"
)

// fields is a JSON object read one field at a time. A field of another shape than we know is as good as absent, so a new word of
// Telegram's never costs us the whole message (the library's models fail whole).
type fields map[string]json.RawMessage

func (f fields) has(k string) bool {
	v, ok := f[k]
	return ok && !bytes.Equal(v, []byte("null"))
}

func (f fields) text(k string) string {
	var s string
	if v, ok := f[k]; !ok || json.Unmarshal(v, &s) != nil {
		return ""
	}
	return s
}

func (f fields) number(k string) (n int64, ok bool) {
	v, ok := f[k]
	ok = ok && decoded(v, &n)
	return n, ok
}

func (f fields) decimal(k string) (n float64, ok bool) {
	v, ok := f[k]
	ok = ok && decoded(v, &n)
	return n, ok
}

func (f fields) object(k string) fields {
	var o fields
	if v, ok := f[k]; ok {
		_ = json.Unmarshal(v, &o)
	}
	return o
}

func (f fields) list(k string) []fields {
	var raw []json.RawMessage
	v, ok := f[k]
	if !ok || json.Unmarshal(v, &raw) != nil {
		return nil
	}
	var out []fields
	for _, r := range raw {
		var o fields
		if json.Unmarshal(r, &o) == nil {
			out = append(out, o)
		}
	}
	return out
}

func decoded(v json.RawMessage, into any) bool {
	return !bytes.Equal(v, []byte("null")) && json.Unmarshal(v, into) == nil
}
