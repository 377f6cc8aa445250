package places

import (
	"regexp"
	"strings"
)

var (
	gbFull    = regexp.MustCompile(`(?i)\b([a-z]{1,2}[0-9][a-z0-9]?)\s{0,2}([0-9][a-z]{2})\b`)
	gbOutward = regexp.MustCompile(`(?i)\b[a-z]{1,2}[0-9][a-z0-9]?\b`)
)

// postcode finds a full British postcode: "b1 1bb" is B11BB.
func (x *Index) postcode(text string) (code string, start, end int, ok bool) {
	if x.country != "GB" {
		return "", 0, 0, false
	}
	plain := latinDigits(text)
	at := gbFull.FindStringSubmatchIndex(plain.text)
	if at == nil {
		return "", 0, 0, false
	}
	code = strings.ToUpper(plain.text[at[2]:at[3]] + plain.text[at[4]:at[5]])
	return code, plain.at(at[0]), plain.at(at[1]), true
}

// outwardIn finds a known first half, or a full postcode of a known first half, and gives the text without it.
func (x *Index) outwardIn(text string) (n int, rest string, ok bool) {
	if x.country != "GB" {
		return 0, "", false
	}
	plain := latinDigits(text).text
	if at := gbFull.FindStringSubmatchIndex(plain); at != nil {
		if n, ok := x.outward[strings.ToUpper(plain[at[2]:at[3]])]; ok {
			return n, plain[:at[0]] + " " + plain[at[1]:], true
		}
	}
	for _, at := range gbOutward.FindAllStringIndex(plain, 8) {
		if n, ok := x.outward[strings.ToUpper(plain[at[0]:at[1]])]; ok {
			return n, plain[:at[0]] + " " + plain[at[1]:], true
		}
	}
	return 0, "", false
}
