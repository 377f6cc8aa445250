package desk

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// legible makes of what a browser sent text that both databases take: valid UTF-8 without NUL, which Postgres refuses in a text.
func legible(r *http.Request) {
	if q, err := url.ParseQuery(r.URL.RawQuery); err != nil || mend(q) { // what cannot be read of it is left out
		r.URL.RawQuery = q.Encode()
	}
}

// mend does that with values and tells whether anything was wrong.
func mend(values url.Values) (wrong bool) {
	for _, all := range values {
		for i, v := range all {
			if utf8.ValidString(v) && !strings.Contains(v, "\x00") {
				continue
			}
			wrong = true
			all[i] = strings.ReplaceAll(strings.ToValidUTF8(v, "\uFFFD"), "\x00", "")
		}
	}
	return wrong
}
