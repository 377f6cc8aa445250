package understand

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold makes two ways of writing one thing equal: NFKC, lower case, no accents on Latin letters, one form for each Arabic letter,
// every script's digits as 0–9, punctuation as single spaces. Linear in the text; folding twice changes nothing more.
//
//	Fold("  Stratford Rd., ١٢ ") == "stratford rd 12"
func Fold(s string) string {
	if plain(s) {
		return s
	}
	out, marks := walk(s)
	if marks && !norm.NFKD.IsNormalString(out) { // marks out of order, Hangul
		return norm.NFKD.String(out)
	}
	return out
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

// What a rune may fold to, beside another rune.
const (
	gap  rune = -1 // a space, unless one stands there already
	drop rune = -2
	long rune = -3 // more than one rune: see decompose
)

// common holds what every rune below it folds to, worked out once: all scripts of our languages are in it.
var common = sync.OnceValue(func() *[0x1000]rune {
	var table [0x1000]rune
	for r := range table {
		table[r] = foldRune(rune(r))
	}
	return &table
})

// walk folds rune by rune. It tells whether anything stands in it that may have to be put in order.
func walk(s string) (string, bool) {
	table := common()
	out := make([]byte, 0, len(s)+len(s)/8)
	space, marks := false, false
	put := func(r rune) {
		marks = marks || r >= 0x0900
		if space {
			out = append(out, ' ')
			space = false
		}
		out = utf8.AppendRune(out, r)
	}
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		to := long
		if int(r) < len(table) {
			to = table[r]
		} else {
			to = foldRune(r)
		}
		switch to {
		case gap:
			space = len(out) > 0
		case drop:
		case long:
			for _, d := range decompose(r) {
				switch to := foldRune(d); to {
				case gap:
					space = len(out) > 0
				case drop, long:
				default:
					put(to)
				}
			}
		default:
			put(to)
		}
		i += size
	}
	return string(out), marks
}

// decompose is a rune's NFKD, or what Unicode does not take apart but people type as two letters.
func decompose(r rune) string {
	switch r {
	case 'ß', 'ẞ':
		return "ss"
	case 'æ', 'Æ':
		return "ae"
	case 'œ', 'Œ':
		return "oe"
	}
	return norm.NFKD.String(string(r))
}

// unified are letters that people type for one another: Arabic, Persian, Urdu and Pashto forms, and Latin letters that do not
// decompose.
var unified = map[rune]rune{
	'ي': 'ی', 'ى': 'ی', 'ے': 'ی', 'ې': 'ی', 'ۍ': 'ی', 'ك': 'ک', 'ڪ': 'ک', 'ة': 'ہ', 'ه': 'ہ', 'ۃ': 'ہ', 'ھ': 'ہ', 'ە': 'ہ',
	'ٱ': 'ا', 'ں': 'ن', 'ګ': 'گ', 'ء': drop, 'ـ': drop,
	'ł': 'l', 'ø': 'o', 'đ': 'd', 'ı': 'i', 'ɖ': 'd', 'ħ': 'h',
	'\'': drop, '`': drop, '’': drop, '‘': drop, 'ʼ': drop, '´': drop, 'ʻ': drop, // a word stays one word
}

func foldRune(r rune) rune {
	r = unicode.ToLower(r)
	if to, ok := unified[r]; ok {
		return to
	}
	if r < 0x80 {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return gap
	}
	if r == 'ß' || r == 'æ' || r == 'œ' {
		return long
	}
	if d := norm.NFKD.PropertiesString(string(r)).Decomposition(); d != nil {
		return short(string(d))
	}
	switch {
	case unicode.Is(unicode.Nd, r):
		return '0' + digit(r)
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Me, r): // bidi marks, joiners, a keycap's box
		return drop
	case r >= 0x1f3fb && r <= 0x1f3ff: // a thumb's skin tone
		return drop
	case unicode.Is(unicode.Mn, r):
		if r < 0x0900 || r >= 0x1ab0 && r < 0x1b00 || r >= 0x1dc0 && r < 0x1e00 || r >= 0x20d0 && r < 0x2100 || r >= 0xfe00 && r < 0xfe30 {
			return drop // Latin accents, Arabic vowels, variation selectors; Indic vowel signs stay
		}
		return r
	case unicode.IsLetter(r), unicode.Is(unicode.Mc, r), unicode.IsNumber(r):
		return r
	case unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r): // emoji carry meaning: a thumb is a yes
		return r
	}
	return gap
}

// short is what a decomposition folds to if that is one rune; accents fall away.
func short(d string) rune {
	found := drop
	for _, r := range d {
		switch to := foldRune(r); {
		case to == drop:
		case found == drop:
			found = to
		default:
			return long
		}
	}
	return found
}

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
