package cases

import (
	"errors"
	"io"
	"strings"
)

// Reference names a case for people: six random signs and a check sign, "C7K-4M95". It is an identifier, never a key.
type Reference string

// What ParseReference may find instead of a reference.
var (
	ErrReference = errors.New("there is no case reference in it")
	ErrCheck     = errors.New("one sign of the case reference seems wrong")
)

// signs are without vowels (no words come out), without 0 1 O I L, and with only one of each pair that eyes or ears take for another:
// 2/Z 5/S 6/G 8/B U/V M/N; of the letters that rhyme only C P T. A sign's value is its place.
const signs = "23456789CFHJKMPRTWX"

const (
	digits    = 8 // the first of signs
	prime     = int64(len(signs))
	length    = 7
	undoSeven = 11 // 7 × 11 ≡ 1 mod 19: the check sign stands at the seventh place
)

// NewReference draws a reference from r, which must not end: crypto/rand.Reader, or a seeded one in tests.
func NewReference(r io.Reader) Reference {
	for {
		var drawn [length]byte
		for i := range length - 1 {
			drawn[i] = signs[draw(r)]
		}
		drawn[length-1] = checkSign(drawn[:length-1])
		if s := string(drawn[:]); !neverMade(s) {
			return dashed(s)
		}
	}
}

// String is "C7K-4M95".
func (r Reference) String() string { return string(r) }

// draw is an even draw from 0 to 18.
func draw(r io.Reader) int64 {
	var b [1]byte
	for {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			panic("cases: the source of random signs has ended")
		}
		if n := int64(b[0]); n < 256/prime*prime {
			return n % prime
		}
	}
}

// checkSign makes Σ i·vᵢ (i = 1…7) ≡ 0 mod 19. 19 is prime and no two places weigh the same, so that every single wrong sign and
// every swap of two different signs breaks the sum.
func checkSign(six []byte) byte {
	sum := int64(0)
	for i, c := range six {
		sum += int64(i+1) * value(c)
	}
	return signs[(prime-sum%prime)*undoSeven%prime]
}

func value(c byte) int64 { return int64(strings.IndexByte(signs, c)) }

func checks(s string) bool { return checkSign([]byte(s[:length-1])) == s[length-1] }

func dashed(s string) Reference { return Reference(s[:3] + "-" + s[3:]) }

// neverMade are texts that look like something else: numbers, words and the two postcode shapes of seven signs.
func neverMade(s string) bool {
	shape := make([]byte, len(s))
	for i := range len(s) {
		shape[i] = 'L'
		if s[i] >= '0' && s[i] <= '9' {
			shape[i] = 'D'
		}
	}
	switch string(shape) {
	case "DDDDDDD", "LLLLLLL", "LLDLDLL", "LLDDDLL":
		return true
	}
	return false
}
