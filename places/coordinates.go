package places

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var (
	decimal = regexp.MustCompile(`(?i)([ns]\s*)?([-+−]?\d{1,3}[.,]\d{3,15})\s*°?\s*([ns]\b)?\s*[,;/ ]\s*([ew]\s*)?([-+−]?\d{1,3}[.,]\d{3,15})\s*°?\s*([ew]\b)?`)
	flipped = regexp.MustCompile(`(?i)(\d{1,3}[.,]\d{3,15})\s*°?\s*([ew])\s*[,;/ ]?\s*(\d{1,3}[.,]\d{3,15})\s*°?\s*([ns])\b`)
	degrees = regexp.MustCompile(`(?i)(\d{1,3})\s*[°º ]\s*(\d{1,2}(?:[.,]\d+)?)\s*(?:['′’ ]\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:"|″|”|''|’’)?)?)?\s*([nsew])\b`)
)

// coordinates finds a latitude and a longitude in a text. They are swapped when only that is inside.
func (x *Index) coordinates(text string) (lat, lon float64, start, end int, ok bool) {
	plain := latinDigits(text)
	if !strings.ContainsAny(plain.text, "0123456789") {
		return 0, 0, 0, 0, false
	}
	lat, lon, start, end, ok = readDegrees(plain.text)
	if !ok {
		lat, lon, start, end, ok = readDecimal(plain.text)
	}
	if !ok {
		return 0, 0, 0, 0, false
	}
	lat, lon, ok = x.turn(lat, lon)
	return lat, lon, plain.at(start), plain.at(end), ok
}

// turn swaps the two when only that is inside, and refuses what is no point on earth.
func (x *Index) turn(lat, lon float64) (float64, float64, bool) {
	if x.boundary != nil && valid(lon, lat) && (!valid(lat, lon) || !x.Inside(lat, lon)) && x.Inside(lon, lat) {
		return lon, lat, true
	}
	return lat, lon, valid(lat, lon)
}

func valid(lat, lon float64) bool {
	return math.Abs(lat) <= 90 && math.Abs(lon) <= 180 && !(lat == 0 && lon == 0)
}

func readDecimal(text string) (lat, lon float64, start, end int, ok bool) {
	if m := flipped.FindStringSubmatchIndex(text); m != nil {
		return signed(group(text, m, 3), group(text, m, 4)), signed(group(text, m, 1), group(text, m, 2)), m[0], m[1], true
	}
	m := decimal.FindStringSubmatchIndex(text)
	if m == nil {
		return 0, 0, 0, 0, false
	}
	lat = signed(group(text, m, 2), group(text, m, 1)+group(text, m, 3))
	lon = signed(group(text, m, 5), group(text, m, 4)+group(text, m, 6))
	return lat, lon, m[0], m[1], true
}

func readDegrees(text string) (lat, lon float64, start, end int, ok bool) {
	found := degrees.FindAllStringSubmatchIndex(text, 2)
	if len(found) != 2 || found[1][0]-found[0][1] > 4 {
		return 0, 0, 0, 0, false
	}
	var got [2]bool
	for _, m := range found {
		value := number(group(text, m, 1)) + number(group(text, m, 2))/60 + number(group(text, m, 3))/3600
		side := strings.ToLower(group(text, m, 4))
		if side == "s" || side == "w" {
			value = -value
		}
		if side == "n" || side == "s" {
			lat, got[0] = value, true
		} else {
			lon, got[1] = value, true
		}
	}
	return lat, lon, found[0][0], found[1][1], got[0] && got[1]
}

func signed(digits, side string) float64 {
	value := number(digits)
	if s := strings.ToLower(strings.TrimSpace(side)); s == "s" || s == "w" {
		return -math.Abs(value)
	}
	return value
}

func number(s string) float64 {
	f, err := strconv.ParseFloat(strings.NewReplacer(",", ".", "−", "-").Replace(s), 64)
	if err != nil {
		return 0
	}
	return f
}

func group(text string, m []int, n int) string {
	if m[2*n] < 0 {
		return ""
	}
	return text[m[2*n]:m[2*n+1]]
}

// digits is a text with ASCII digits, and where each byte of it stood before.
type digits struct {
	text string
	from []int // nil: as before
}

// latinDigits turns the digits of every script, full width letters and the Arabic decimal sign into ASCII.
func latinDigits(text string) digits {
	if plain(text) {
		return digits{text: text}
	}
	var b strings.Builder
	from := make([]int, 0, len(text)+1)
	for i, r := range text {
		switch {
		case r == '٫':
			r = '.'
		case r == '،' || r == '，':
			r = ','
		case unicode.Is(unicode.Nd, r):
			r = digit(r)
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case r == '\u00a0' || r == '\u202f':
			r = ' '
		}
		n := b.Len()
		b.WriteRune(r)
		for range b.Len() - n {
			from = append(from, i)
		}
	}
	return digits{b.String(), append(from, len(text))}
}

func (d digits) at(i int) int {
	if d.from == nil {
		return i
	}
	return d.from[i]
}
