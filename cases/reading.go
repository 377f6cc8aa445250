package cases

import (
	"strings"
	"unicode"
)

// ParseReference finds a reference in what a person wrote: in any case, with any spacing or dash, in full width, with the digits of
// every script, alone or inside a sentence. Look-alikes that are no signs of ours are mended first: Z 2, S 5, G 6, B 8, N M, Q 9.
//
// ErrReference: there is none. ErrCheck: there is one, and one of its signs seems wrong; nobody guesses which.
func ParseReference(text string) (Reference, error) {
	runs := readRuns(text)
	wrong := false
	for i := range runs {
		for n := 1; n <= length && i+n <= len(runs); n++ {
			if n > 1 && !runs[i+n-1].near {
				break
			}
			s, clear := joinRuns(runs[i : i+n])
			if len(s) > length {
				break
			}
			if len(s) < length || neverMade(s) {
				continue
			}
			whole := i == 0 && n == len(runs)
			switch m := mended(s); {
			case m == "":
				wrong = wrong || (whole || clear) && nearly(s)
			case neverMade(m):
			case checks(m):
				return dashed(m), nil
			default:
				wrong = wrong || whole || clear
			}
		}
	}
	if wrong {
		return "", ErrCheck
	}
	return "", ErrReference
}

// run is a stretch of letters and digits, folded to A–Z and 0–9; near: only spaces and dashes part it from the run before.
type run struct {
	text string
	near bool
	dash bool
}

// maxRead bounds the work: a message is at most 4,096 runes.
const maxRead = 8192

func readRuns(text string) []run {
	var all []run
	var b strings.Builder
	near, dash, gap := true, false, 0
	end := func() {
		if b.Len() > 0 {
			all = append(all, run{b.String(), near, dash})
			near, dash, gap = true, false, 0
			b.Reset()
		}
	}
	for i, r := range text {
		if i > maxRead {
			break
		}
		if c, ok := sign(r); ok {
			b.WriteByte(c)
			continue
		}
		if silent(r) {
			continue
		}
		end()
		switch {
		case unicode.Is(unicode.Pd, r) || r == '_' || r == '−' || r == '.' || r == '·' || r == 'ー':
			dash = true
		case unicode.IsSpace(r):
		default:
			near = false
		}
		if gap++; gap > 4 {
			near = false
		}
	}
	end()
	return all
}

// sign folds one rune to an ASCII letter or digit. Letters of other alphabets stay foreign: they end a run.
func sign(r rune) (byte, bool) {
	switch {
	case r >= '０' && r <= 'ｚ' && r > 0xFF00:
		r -= 0xFEE0
	case r > unicode.MaxASCII:
		d, ok := digit(r)
		return d, ok
	}
	switch {
	case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z':
		return byte(r), true
	case r >= 'a' && r <= 'z':
		return byte(r) - 'a' + 'A', true
	}
	return 0, false
}

// digit reads a decimal digit of any script: Unicode gives each script ten in a row, from nought on.
func digit(r rune) (byte, bool) {
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return '0' + byte((r-rune(t.Lo))%10), true
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return '0' + byte((r-rune(t.Lo))%10), true
		}
	}
	return 0, false
}

// silent are marks that are not seen: joiners, direction marks, soft hyphens.
func silent(r rune) bool { return r != '\u200b' && unicode.Is(unicode.Cf, r) }

// joinRuns puts runs together; clear tells a shape that means a reference and nothing else: seven in one piece with both letters and
// digits, three and four, or seven single signs.
func joinRuns(runs []run) (s string, clear bool) {
	var b strings.Builder
	single := true
	for _, r := range runs {
		b.WriteString(r.text)
		single = single && len(r.text) == 1
		if b.Len() > length {
			return b.String(), false
		}
	}
	split := len(runs) == 2 && len(runs[0].text) == 3 && runs[1].dash
	return b.String(), mixed(b.String()) && (len(runs) == 1 || split || single)
}

// mixed tells at least one letter and one digit, as every reference has.
func mixed(s string) bool {
	letters := 0
	for i := range len(s) {
		if s[i] > '9' {
			letters++
		}
	}
	return letters >= 1 && letters < len(s)
}

// nearly tells a reference in which exactly one sign is none of ours.
func nearly(s string) bool {
	odd := 0
	for i := range len(s) {
		if mend(s[i]) == 0 {
			odd++
		}
	}
	return odd == 1
}

// mended is s in our signs, or "" when it cannot be.
func mended(s string) string {
	out := make([]byte, len(s))
	for i := range len(s) {
		if out[i] = mend(s[i]); out[i] == 0 {
			return ""
		}
	}
	return string(out)
}

func mend(c byte) byte {
	switch c {
	case 'Z':
		return '2'
	case 'S':
		return '5'
	case 'G':
		return '6'
	case 'B':
		return '8'
	case 'N':
		return 'M'
	case 'Q':
		return '9'
	}
	if strings.IndexByte(signs, c) < 0 {
		return 0
	}
	return c
}
