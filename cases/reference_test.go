package cases_test

import (
	"errors"
	"math/rand"
	"strings"
	"testing"

	"concierge/cases"
)

const signs = "23456789CFHJKMPRTWX"

func drawn(seed int64, n int) []cases.Reference {
	r := rand.New(rand.NewSource(seed))
	all := make([]cases.Reference, n)
	for i := range all {
		all[i] = cases.NewReference(r)
	}
	return all
}

func TestEveryWrongSignAndEverySwapIsFound(t *testing.T) {
	for _, ref := range drawn(1, 300) {
		if got, err := cases.ParseReference(string(ref)); got != ref || err != nil {
			t.Fatalf("%s reads as %q, %v", ref, got, err)
		}
		plain := strings.Replace(string(ref), "-", "", 1)
		for i := range plain {
			for _, c := range signs {
				if byte(c) != plain[i] {
					never(t, ref, plain[:i]+string(c)+plain[i+1:])
				}
			}
			for j := i + 1; j < len(plain); j++ {
				if plain[i] != plain[j] {
					b := []byte(plain)
					b[i], b[j] = b[j], b[i]
					never(t, ref, string(b))
				}
			}
		}
	}
}

func never(t *testing.T, ref cases.Reference, wrong string) {
	t.Helper()
	if got, err := cases.ParseReference(wrong[:3] + "-" + wrong[3:]); err == nil {
		t.Fatalf("%s, mistyped %s, was read as %s", ref, wrong, got)
	}
}

func TestReferencesThatAreNeverMade(t *testing.T) {
	for _, ref := range drawn(2, 20_000) {
		s := strings.Replace(string(ref), "-", "", 1)
		shape := strings.Map(func(r rune) rune {
			if r >= '2' && r <= '9' {
				return 'D'
			}
			return 'L'
		}, s)
		switch shape {
		case "DDDDDDD", "LLLLLLL", "LLDLDLL", "LLDDDLL":
			t.Fatalf("%s has the shape %s", ref, shape)
		}
		for _, r := range s {
			if !strings.ContainsRune(signs, r) {
				t.Fatalf("%s has a %c", ref, r)
			}
		}
	}
}

func TestReadingReferences(t *testing.T) {
	for text, want := range map[string]cases.Reference{
		"H4T-9WX5":                             "H4T-9WX5",
		"k7m2rpk":                              "K7M-2RPK",
		"c7k 4m95":                             "C7K-4M95",
		"C 7 K 4 M 9 5":                        "C7K-4M95",
		"C7 K4 M9 5":                           "C7K-4M95",
		"c7k–4m95":                             "C7K-4M95",
		"C7K—4M95.":                            "C7K-4M95",
		"C7K - 4M95":                           "C7K-4M95",
		"C7K_4M95":                             "C7K-4M95",
		"(C7K-4M95)":                           "C7K-4M95",
		"Ｃ７Ｋ－４Ｍ９５":                             "C7K-4M95",
		"C٧K-٤M٩٥":                             "C7K-4M95",
		"C۷K ۴M۹۵":                             "C7K-4M95",
		"c७k-४m९५":                             "C7K-4M95",
		"where is my report C7K-4M95?":         "C7K-4M95",
		"stop telling me about c7k4m95 please": "C7K-4M95",
		"میری رپورٹ C7K-4M95 کہاں ہے":                  "C7K-4M95",
		"\u2066C7K-4M95\u2069 ist nicht fertig":        "C7K-4M95",
		"I live at 12 Stratford Road B11 1AB, h4t9wx5": "H4T-9WX5",
		"C7K-4M9S": "C7K-4M95",
		"C7K-4NQ5": "C7K-4M95",
		"K7M-ZRPK": "K7M-2RPK",
	} {
		if got, err := cases.ParseReference(text); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"C7K-4M96":                     cases.ErrCheck,
		"my report is C7K-4M56":        cases.ErrCheck,
		"C7K-4M9A":                     cases.ErrCheck,
		"":                             cases.ErrReference,
		"hello":                        cases.ErrReference,
		"4 potholes in one road":       cases.ErrReference,
		"WC2H 9HX":                     cases.ErrReference,
		"CF24 4HX":                     cases.ErrReference,
		"the pothole at 23 Park Rd":    cases.ErrReference,
		"2345678":                      cases.ErrReference,
		"0121 496 0100":                cases.ErrReference,
		"C7K-4M9":                      cases.ErrReference,
		"C7K-4M955":                    cases.ErrReference,
		"C7K, and then there was 4M95": cases.ErrReference,
	} {
		if got, err := cases.ParseReference(text); !errors.Is(err, want) {
			t.Errorf("%q: %q, %v; want %v", text, got, err, want)
		}
	}
}

func FuzzParseReference(f *testing.F) {
	f.Add("C7K-4M95")
	f.Add("Ｃ７Ｋ ٤M٩٥ and 12 Stratford Road")
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := cases.ParseReference(text)
		if (err == nil) != (ref != "") {
			t.Fatalf("%q: %q, %v", text, ref, err)
		}
		if err != nil {
			return
		}
		if again, err := cases.ParseReference(string(ref)); again != ref || err != nil {
			t.Fatalf("%q reads as %s, and that as %q, %v", text, ref, again, err)
		}
	})
}
