package channels

import "strings"

// Why we never write to an address. Staff read the reason in the desk.
const (
	OtherCountry  = "country" // outside the countries the council writes to
	SpecialNumber = "special" // a short, a premium or no number at all
)

// premium begins numbers of the United Kingdom that cost more than a call: 09 and 087 (Ofcom, National Telephone Numbering Plan).
var premium = [...]string{"+449", "+4487"}

// Barred tells why nothing may be sent to an address; "" when it may. Prefixes are those of the countries allowed, "+44"; none allows
// all. A chat of Telegram's and a user id of WhatsApp's are no numbers, and cost nothing by where they are.
func Barred(a Address, prefixes []string) (why string) {
	if a.Kind() == Telegram || a.Kind() == WhatsApp && a.IsBSUID() {
		return ""
	}
	if !a.IsPhone() {
		return SpecialNumber
	}
	v := a.Value()
	if rest, uk := strings.CutPrefix(v, "+44"); uk && !national(rest) {
		return SpecialNumber
	}
	for _, p := range prefixes {
		if strings.HasPrefix(v, p) {
			return ""
		}
	}
	if len(prefixes) == 0 {
		return ""
	}
	return OtherCountry
}

// national tells whether this is a whole number of the United Kingdom without its +44, and no premium one: 9 or 10 digits, never with
// the 0 that is dialled inside the country.
func national(rest string) bool {
	if len(rest) < 9 || len(rest) > 10 || rest[0] == '0' {
		return false
	}
	for _, p := range premium {
		if strings.HasPrefix("+44"+rest, p) {
			return false
		}
	}
	return true
}
