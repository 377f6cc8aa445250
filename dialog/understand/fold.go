package understand

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold makes two ways of writing one thing equal: NFKC, lower case, no accents on Latin letters, one form for each Arabic letter,
// every script's digits as 0–9, punctuation as single spaces. Linear in the text.
//
//	Fold("  Stratford Rd., ١٢ ") == "stratford rd 12"
func Fold(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range norm.NFKD.String(s) {
		out, kind := foldRune(r)
		switch kind {
		case drop:
		case space:
			gap = b.Len() > 0
		case letter:
			if gap {
				b.WriteByte(' ')
				gap = false
			}
			b.WriteString(out)
		}
	}
	return b.String()
}

// plain spares the walk for what is folded already: most buttons, commands and numbers.
func plain(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			if c != ' ' || i == 0 || i == len(s)-1 || s[i-1] == ' ' {
				return false
			}
		}
	}
	return true
}

type runeKind int

const (
	drop runeKind = iota
	space
	letter
)

// unified are letters that people type for one another: Arabic, Persian and Urdu forms, and Latin letters that do not decompose.
var unified = map[rune]string{
	'ي': "ی", 'ى': "ی", 'ئ': "ی", 'ے': "ی", 'ك': "ک", 'ة': "ہ", 'ه': "ہ", 'ۂ': "ہ", 'ۃ': "ہ", 'ھ': "ہ", 'أ': "ا", 'إ': "ا", 'آ': "ا",
	'ٱ': "ا", 'ؤ': "و", 'ں': "ن", 'ء': "", 'ـ': "", 'ł': "l", 'ø': "o", 'đ': "d", 'ß': "ss", 'æ': "ae", 'œ': "oe", 'ı': "i",
}

func foldRune(r rune) (string, runeKind) {
	if r < 0x80 {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return ascii[r : r+1], letter
		case r >= 'A' && r <= 'Z':
			return ascii[r+32 : r+33], letter
		case r == '\'':
			return "", drop
		}
		return "", space
	}
	r = unicode.ToLower(r)
	if to, ok := unified[r]; ok {
		if to == "" {
			return "", drop
		}
		return to, letter
	}
	switch {
	case r == '’' || r == 'ʼ' || r == '\u20e3' || r == '\ufe0f': // apostrophes; a keycap's box
		return "", drop
	case unicode.Is(unicode.Nd, r):
		return string('0' + digit(r)), letter
	case unicode.Is(unicode.Cf, r): // bidi marks, joiners
		return "", drop
	case unicode.Is(unicode.Mn, r):
		if r < 0x0900 { // Latin accents and Arabic vowels; Indic vowel signs stay
			return "", drop
		}
		return string(r), letter
	case unicode.IsLetter(r), unicode.Is(unicode.Mc, r), unicode.IsNumber(r):
		return string(r), letter
	case unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r): // emoji carry meaning: a thumb is a yes
		return string(r), letter
	}
	return "", space
}

const ascii = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f" +
	" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\x7f"

// digit is the value of a decimal digit of any script: Unicode keeps each script's ten together, in order.
func digit(r rune) rune {
	n := rune(0)
	for unicode.Is(unicode.Nd, r-n-1) {
		n++
	}
	return n % 10
}

// Words splits a folded text.
func Words(folded string) []string { return strings.Fields(folded) }
