package channels

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// septets tells what a rune costs in GSM-7 (3GPP TS 23.038): 1, 2 from the extension table, 0 when it has none. The Latin letters
// with accents that look as if they belonged (ç á í ó ú ê â), the backquote, the tab and the no-break space do not.
func septets(r rune) int {
	switch {
	case r == '\n' || r == '\r':
		return 1
	case r == '\f':
		return 2
	case r < ' ':
		return 0
	case r == '`' || r == 0x7f:
		return 0
	case r < 0x7f:
		if strings.IndexByte(`^{}[]~\|`, byte(r)) >= 0 {
			return 2
		}
		return 1
	}
	switch r {
	case '€':
		return 2
	case '£', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', 'Ø', 'ø', 'Å', 'å', 'Δ', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', 'Æ', 'æ', 'ß', 'É',
		'¤', '¡', 'Ä', 'Ö', 'Ñ', 'Ü', '§', '¿', 'ä', 'ö', 'ñ', 'ü', 'à':
		return 1
	}
	return 0
}

// isGSM7 tells whether a phone network sends the text in seven bits.
func isGSM7(s string) bool {
	for _, r := range s {
		if septets(r) == 0 {
			return false
		}
	}
	return true
}

// FoldSMS gives the text in NFC, LF only, with typographic quotes, dashes, spaces and full-width signs as their GSM-7
// look-alikes, the last only if the whole text then is GSM-7: in a text that costs UCS-2 anyway they stay as written.
func FoldSMS(text string) string {
	text = lines(norm.NFC.String(text))
	if isGSM7(text) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		if septets(r) > 0 {
			b.WriteRune(r)
			continue
		}
		f, ok := lookAlike(r)
		if !ok {
			return text
		}
		b.WriteString(f)
	}
	return b.String()
}

// lookAlike is the GSM-7 sign a reader takes for r; an odd space becomes one space.
func lookAlike(r rune) (string, bool) {
	switch r {
	case '‘', '’', '‚', '‛', '′', '´', '`', 'ʹ', 'ʻ', 'ʼ', '‹', '›':
		return "'", true
	case '“', '”', '„', '‟', '″', '«', '»':
		return `"`, true
	case '‐', '‑', '‒', '–', '—', '―', '−', '⁃', '﹘', '﹣':
		return "-", true
	case '…':
		return "...", true
	case '•', '·', '‣', '∙', '●', '▪', '◦':
		return "-", true
	case '⁄', '∕':
		return "/", true
	case '\t', '\u00a0', '\u1680', '\u202f', '\u205f', '\u3000', '\u2028', '\u2029':
		return " ", true
	case '\u00ad', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u200e', '\u200f':
		return "", true
	}
	if r >= 0x2000 && r <= 0x200a {
		return " ", true
	}
	if r >= 0xff01 && r <= 0xff5e {
		if h := r - 0xfee0; septets(h) > 0 {
			return string(h), true
		}
		return "'", true // the full-width backquote
	}
	return "", false
}

// lines is the text with LF only, no NUL, and valid UTF-8.
func lines(s string) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

// maxText is the longest inbound text kept, in runes (Telegram's longest; SMS and WhatsApp are shorter).
const maxText = 4096

// Clean is an inbound text as Message promises it: UTF-8, no NUL, LF only, at most 4,096 runes.
func Clean(s string) string {
	s = lines(s)
	if len(s) <= maxText {
		return s
	}
	n := 0
	for i := range s {
		if n == maxText {
			return s[:i]
		}
		n++
	}
	return s
}
