package places

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// token is one word of a text: folded, and where it stood.
type token struct {
	word       string
	start, end int // bytes in the text
}

// tokens cuts a text into folded words. Apostrophes belong to a word and are dropped.
func tokens(text string) []token {
	var all []token
	start := -1
	flush := func(end int) {
		if start >= 0 {
			if w := fold(text[start:end]); w != "" {
				all = append(all, token{w, start, end})
			}
			start = -1
		}
	}
	for i, r := range text {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), isApostrophe(r), r == '\u200c', r == '\u200d':
			if start < 0 {
				start = i
			}
		default:
			flush(i)
			if r == '&' {
				all = append(all, token{"and", i, i + 1})
			}
		}
	}
	flush(len(text))
	return all
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == '‘' || r == '`' || r == 'ʼ' }

// fold makes spellings of one word equal: lower case, no marks on Latin, Greek, Cyrillic or Arabic letters, one form of each Arabic
// letter, ASCII digits, no apostrophes. Indic vowel signs stay.
func fold(word string) string {
	if plain(word) {
		return strings.ToLower(word)
	}
	var b strings.Builder
	keep := false // the letter before keeps its marks
	for _, r := range norm.NFKD.String(word) {
		switch {
		case isApostrophe(r), r == 'ـ', unicode.Is(unicode.Cf, r):
			continue
		case unicode.Is(unicode.Mn, r):
			if !keep {
				continue
			}
		case unicode.Is(unicode.Nd, r):
			r = digit(r)
		default:
			r = letter(unicode.ToLower(r))
			keep = !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic)
		}
		b.WriteRune(r)
	}
	return b.String()
}

func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x80 || c == '\'' || c == '`' {
			return false
		}
	}
	return true
}

// digit is the ASCII digit of any script's: blocks of ten start at a zero.
func digit(r rune) rune {
	if r < 0x80 {
		return r
	}
	zero := r
	for zero > 0 && r-zero < 10 && unicode.Is(unicode.Nd, zero-1) && r-zero < 9 {
		zero--
	}
	return '0' + (r - zero)
}

func letter(r rune) rune {
	switch r {
	case 'ł':
		return 'l'
	case 'ø':
		return 'o'
	case 'đ', 'ð':
		return 'd'
	case 'ı':
		return 'i'
	case 'ي', 'ى', 'ئ':
		return 'ی'
	case 'ك':
		return 'ک'
	case 'ة', 'ۃ', 'ہ', 'ھ', 'ە':
		return 'ه'
	case 'أ', 'إ', 'آ', 'ٱ':
		return 'ا'
	case 'ؤ':
		return 'و'
	}
	return r
}

// short spells out what people shorten. "st" is saint in front, street behind.
var short = map[string]string{"rd": "road", "ave": "avenue", "av": "avenue", "cres": "crescent", "cresc": "crescent", "pk": "park",
	"sq": "square", "ln": "lane", "dr": "drive", "gdns": "gardens", "gdn": "garden", "ct": "court", "pl": "place", "ter": "terrace",
	"terr": "terrace", "tce": "terrace", "grn": "green", "gr": "grove", "gro": "grove", "stn": "station", "hosp": "hospital",
	"center": "centre", "ctr": "centre", "uni": "university", "sch": "school", "cl": "close", "wy": "way", "hwy": "highway"}

// spell spells out the words of one name, in place.
func spell(words []string) []string {
	for i, w := range words {
		switch long, is := short[w]; {
		case w == "st" && i == 0:
			words[i] = "saint"
		case w == "st" || w == "str":
			words[i] = "street"
		case is && (i > 0 || len(words) == 1):
			words[i] = long
		}
	}
	return words
}

// generic words say what a thing is, not which.
var generic = map[string]bool{"road": true, "street": true, "avenue": true, "lane": true, "drive": true, "close": true, "crescent": true,
	"park": true, "square": true, "gardens": true, "garden": true, "court": true, "place": true, "terrace": true, "green": true,
	"grove": true, "hill": true, "way": true, "station": true, "hospital": true, "centre": true, "university": true, "school": true,
	"house": true, "church": true, "library": true, "the": true, "and": true, "of": true, "saint": true, "walk": true, "row": true,
	"highway": true, "recreation": true, "ground": true, "country": true, "city": true, "north": true, "south": true, "east": true,
	"west": true, "high": true, "new": true, "old": true}

func words(text string) []string {
	all := tokens(text)
	out := make([]string, len(all))
	for i, t := range all {
		out[i] = t.word
	}
	return out
}
