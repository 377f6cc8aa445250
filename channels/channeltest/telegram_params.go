package channeltest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// params are a call's fields, of a form or of JSON.
func params(r *http.Request) (map[string]string, error) {
	out := map[string]string{}
	typ := r.Header.Get("Content-Type")
	if strings.HasPrefix(typ, "application/json") {
		var raw map[string]json.RawMessage
		if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20)).Decode(&raw); err != nil {
			return out, fmt.Errorf("the body is no JSON object")
		}
		for k, v := range raw {
			out[k] = string(v)
			var s string
			if json.Unmarshal(v, &s) == nil {
				out[k] = s
			}
		}
		return out, nil
	}
	if strings.HasPrefix(typ, "multipart/form-data") {
		m, err := r.MultipartReader()
		if err != nil {
			return out, err
		}
		f, err := m.ReadForm(1 << 20)
		if errors.Is(err, io.EOF) {
			return out, nil // the library sends getMe and its like as a form without parts
		}
		if err != nil {
			return out, err
		}
		defer func() { _ = f.RemoveAll() }()
		for k, vs := range f.Value {
			if len(vs) > 1 {
				return out, fmt.Errorf("repeated field %s", k)
			}
			out[k] = vs[0]
		}
		if len(f.File) > 0 {
			return out, fmt.Errorf("an uploaded file, which we never send")
		}
		return out, nil
	}
	if err := r.ParseForm(); err != nil {
		return out, err
	}
	for k, vs := range r.Form {
		if len(vs) > 1 {
			return out, fmt.Errorf("repeated field %s", k)
		}
		out[k] = vs[0]
	}
	return out, nil
}

// bucket lets so many a second pass, and no more than most at once.
type bucket struct {
	rate, most, left float64
	at               time.Time
}

// take takes one; when there is none, the seconds to wait.
func (b *bucket) take(now time.Time) (wait int) {
	if b.at.IsZero() {
		b.left = b.most
	} else {
		b.left = min(b.most, b.left+now.Sub(b.at).Seconds()*b.rate)
	}
	b.at = now
	if b.left < 1 {
		return 1 + int((1-b.left)/b.rate)
	}
	b.left--
	return 0
}
