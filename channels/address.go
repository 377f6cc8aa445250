package channels

import (
	"errors"
	"strings"
	"unicode"
)

// ErrAddress is what ParseAddress says of anything that is no address.
var ErrAddress = errors.New("not an address")

// maxAddress is the longest address we keep, in bytes.
const maxAddress = 140

// ParseAddress reads "sms:+447700900123". A value of an unknown shape (a short code, a sender's name) is kept as it came.
func ParseAddress(s string) (Address, error) {
	a := Address(s)
	if len(s) > maxAddress || a.Value() == "" {
		return "", ErrAddress
	}
	switch a.Kind() {
	case SMS, WhatsApp, Telegram:
	default:
		return "", ErrAddress
	}
	for _, r := range a.Value() {
		if r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.IsSpace(r) {
			return "", ErrAddress
		}
	}
	return a, nil
}

// MakeAddress joins a channel and a value, "sms" and "+447700900123".
func MakeAddress(n Name, value string) Address { return Address(string(n) + ":" + value) }

// Kind is the channel the address belongs to.
func (a Address) Kind() Name {
	n, _, _ := strings.Cut(string(a), ":")
	return Name(n)
}

// Value is the address as its channel knows it: "+447700900123", "GB.70210034455667788990", "12345".
func (a Address) Value() string {
	_, v, _ := strings.Cut(string(a), ":")
	return v
}

// IsPhone tells whether the value is a phone number in E.164.
func (a Address) IsPhone() bool {
	v := a.Value()
	if len(v) < 8 || len(v) > 16 || v[0] != '+' || v[1] == '0' {
		return false
	}
	return digits(v[1:])
}

// IsBSUID tells whether the value is a business-scoped user id, which WhatsApp gives when the number is hidden: "GB.7021…",
// "GB.ENT.7021…".
func (a Address) IsBSUID() bool {
	v := a.Value()
	if len(v) < 4 || !upper(v[0]) || !upper(v[1]) || v[2] != '.' {
		return false
	}
	id := strings.TrimPrefix(v[3:], "ENT.")
	if id == "" || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; !upper(c) && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func upper(c byte) bool { return c >= 'A' && c <= 'Z' }

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
