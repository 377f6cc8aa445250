package inbox

import (
	"strings"
	"unicode"
)

// fingerprints are those of a text and of its longer lines.
func fingerprints(text string) (all []uint32) {
	if p, n := letters(text); n >= wholeText {
		all = append(all, p)
	}
	if !strings.Contains(text, "\n") {
		return all
	}
	for line := range strings.Lines(text) {
		if p, n := letters(line); n >= oneLine && len(all) < saidKept/2 {
			all = append(all, p)
		}
	}
	return all
}

// fingerprint is that of a whole text; where it has no letters, of its signs: one picture is not another.
func fingerprint(text string) uint32 {
	p, n := letters(text)
	if n == 0 {
		p, _ = prints(text, func(r rune) bool { return !unicode.IsSpace(r) })
	}
	return p
}

// letters is a fingerprint of a text's letters and digits alone: what a phone or a carrier does to signs and spaces does not hide it.
func letters(text string) (print uint32, n int) {
	return prints(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

func prints(text string, counts func(rune) bool) (print uint32, n int) {
	print = 2166136261 // FNV-1a
	for _, r := range text {
		if !counts(r) {
			continue
		}
		n++
		for r = unicode.ToLower(r); r > 0; r >>= 8 {
			print = (print ^ uint32(r&0xff)) * 16777619
		}
	}
	return print, n
}
