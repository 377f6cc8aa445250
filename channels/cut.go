package channels

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// fits tells whether a text is one message.
func (c Capabilities) fits(s string) bool {
	if c.Parts > 0 {
		if len(s) > 2*gsmPart*c.Parts { // a septet is two bytes at most, a UCS-2 unit three; counting a novel helps nobody
			return false
		}
		_, parts, units := Segments(s)
		return parts <= c.Parts && units <= c.Text
	}
	return len(s) <= c.Text || len(s) <= 3*c.Text && unitsOf(s) <= c.Text
}

// cut parts a text into messages: at a blank line, else a line, a sentence, a space, a grapheme; never inside a URL.
func cut(s string, c Capabilities) []string {
	var out []string
	for s = strings.TrimSpace(s); s != ""; {
		if c.fits(s) {
			return append(out, s)
		}
		at := breakAt(s, longest(s, c))
		if p := strings.TrimSpace(s[:at]); p != "" {
			out = append(out, p)
		}
		s = strings.TrimSpace(s[at:])
	}
	return out
}

// cutLines parts a numbered list between its lines; only a line longer than a message is cut inside.
func cutLines(s string, c Capabilities) []string {
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		if n := len(out); n > 0 && c.fits(out[n-1]+"\n"+l) {
			out[n-1] += "\n" + l
			continue
		}
		out = append(out, cut(l, c)...)
	}
	return out
}

// longest is the length of the longest prefix of whole graphemes that fits.
func longest(s string, c Capabilities) int {
	var ends []int
	state, rest, most := -1, s, 3*c.Text
	if c.Parts > 0 {
		most = 2 * gsmPart * c.Parts
	}
	for at := 0; len(rest) > 0 && at <= most; {
		var g string
		g, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		at += len(g)
		ends = append(ends, at)
	}
	lo, hi := 0, len(ends) // ends[:lo] fit, a prefix only grows dearer
	for lo < hi {
		mid := (lo + hi) / 2
		if c.fits(s[:ends[mid]]) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo > 0 {
		return ends[lo-1]
	}
	_, n := utf8.DecodeRuneInString(s) // one grapheme longer than a message: only its signs are left to cut between
	at := n
	for at < ends[0] {
		_, n = utf8.DecodeRuneInString(s[at:])
		if !c.fits(s[:at+n]) {
			break
		}
		at += n
	}
	return at
}

// breakAt finds the best place to cut in the first limit bytes. A blank line or a line counts only past a quarter, so that no
// piece is a mere greeting.
func breakAt(s string, limit int) int {
	p := s[:limit]
	if i := strings.LastIndex(p, "\n\n"); i > limit/4 {
		return i
	}
	if limit < len(s) && s[limit] == '\n' {
		return limit
	}
	if i := strings.LastIndexByte(p, '\n'); i > limit/4 {
		return i
	}
	if i := sentence(p); i > limit/4 {
		return i
	}
	if r, _ := utf8.DecodeRuneInString(s[limit:]); unicode.IsSpace(r) {
		return limit
	}
	if i := strings.LastIndexFunc(p, unicode.IsSpace); i > 0 {
		return i
	}
	if i := max(strings.LastIndex(p, "https://"), strings.LastIndex(p, "http://")); i > 0 {
		return i
	}
	return limit
}

// sentence is the end of the last sentence in p that a space follows; the full stops of Chinese and Japanese need none.
func sentence(p string) int {
	last := 0
	ended := false
	for i, r := range p {
		if ended && unicode.IsSpace(r) {
			last = i
		}
		switch r {
		case '.', '!', '?', '؟', '۔', '।':
			ended = true
		case '。', '！', '？':
			ended = true
			last = i + utf8.RuneLen(r)
		default:
			ended = false
		}
	}
	return last
}

// ellipsis cuts a label to limit units, the last being "…".
func ellipsis(s string, limit int) string {
	if unitsOf(s) <= limit {
		return s
	}
	used, state, rest := 0, -1, s
	kept := 0
	for len(rest) > 0 {
		var g string
		g, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += unitsOf(g); used > limit-1 {
			break
		}
		kept += len(g)
	}
	return strings.TrimRight(s[:kept], " ") + "…"
}
