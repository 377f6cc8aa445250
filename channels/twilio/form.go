package twilio

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// form is a request's fields, split by us from the raw body: what was signed is what is read.
type form map[string][]string

// splitForm splits on & and unescapes each side; ok is false when an escape is bad. url.ParseQuery would refuse a raw ";".
func splitForm(body string) (f form, ok bool) {
	f = make(form, 32)
	for pair := range strings.SplitSeq(body, "&") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(k)
		if err != nil {
			return nil, false
		}
		value, err := url.QueryUnescape(v)
		if err != nil {
			return nil, false
		}
		f[key] = append(f[key], value)
	}
	return f, true
}

// signed is what Twilio signs behind the URL: each key, sorted, with its value. A repeated key is signed with each of its values,
// sorted, once each.
func (f form) signed() string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(f)) {
		vs := f[k]
		if len(vs) > 1 {
			vs = slices.Clone(vs)
			slices.Sort(vs)
			vs = slices.Compact(vs)
		}
		for _, v := range vs {
			b.WriteString(k)
			b.WriteString(v)
		}
	}
	return b.String()
}

// get is the first value of a key.
func (f form) get(k string) string {
	if vs := f[k]; len(vs) > 0 {
		return vs[0]
	}
	return ""
}

// first is the first of the keys that has a value.
func (f form) first(keys ...string) string {
	for _, k := range keys {
		if v := f.get(k); v != "" {
			return v
		}
	}
	return ""
}
