package channels

import "github.com/rivo/uniseg"

// The encodings of an SMS.
const (
	GSM7 = "GSM-7"
	UCS2 = "UCS-2"
)

// Sizes of an SMS and of one part of a longer one, in septets and UTF-16 units (3GPP TS 23.040, six bytes of header a part).
const (
	gsmSingle, gsmPart   = 160, 153
	ucs2Single, ucs2Part = 70, 67
)

// Segments counts what a text costs as SMS, as Twilio counts it: the encoding, the parts, and the units in all. A sign of two
// septets and a grapheme (an emoji family, a letter with its vowel) never straddle two parts.
func Segments(text string) (encoding string, parts, units int) {
	for _, r := range text {
		n := septets(r)
		if n == 0 {
			return ucs2(text)
		}
		units += n
	}
	if units <= gsmSingle {
		return GSM7, 1, units
	}
	parts = 1
	used := 0
	for _, r := range text {
		n := septets(r)
		if used+n > gsmPart {
			parts, used = parts+1, 0
		}
		used += n
	}
	return GSM7, parts, units
}

func ucs2(text string) (string, int, int) {
	units := unitsOf(text)
	if units <= ucs2Single {
		return UCS2, 1, units
	}
	parts, used, state := 1, 0, -1
	for len(text) > 0 {
		var g string
		g, text, _, state = uniseg.FirstGraphemeClusterInString(text, state)
		n := unitsOf(g)
		if n <= ucs2Part && g != "\r\n" {
			if used+n > ucs2Part {
				parts, used = parts+1, 0
			}
			used += n
			continue
		}
		for _, r := range g { // longer than a part, or the end of a line: nothing but its signs to keep whole
			n := 1
			if r > 0xffff {
				n = 2
			}
			if used+n > ucs2Part {
				parts, used = parts+1, 0
			}
			used += n
		}
	}
	return UCS2, parts, units
}

// unitsOf counts UTF-16 units.
func unitsOf(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}
