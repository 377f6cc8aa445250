package understand_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"concierge/dialog/understand"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"  Stratford Rd., ١٢ ", "stratford rd 12"},
		{"DUŻA dziura w łące", "duza dziura w lace"},
		{"1️⃣", "1"}, {"۱۲۳۴۵۶۷۸۹۰", "1234567890"}, {"१२३", "123"}, {"１２", "12"}, {"৯", "9"}, {"੪", "4"}, {"①", "1"},
		{"St. Mary's", "st marys"}, {"don’t", "dont"}, {"سڑک", "سڑک"}, {"كيف", "کیف"}, {"پانی\u200cکھڑا", "پانیکہڑا"},
		{"", ""}, {"...", ""}, {"👍", "👍"}, {"👍🏽", "👍"}, {"\u200f\u2068نعم\u2069", "نعم"}, {"نَعَمْ", "نعم"}, {"مـــرحبا", "مرحبا"},
		{"آئیے", "اییی"}, {"مدرسة", "مدرسہ"}, {"مدرسه", "مدرسہ"}, {"e\u0301tage", "etage"}, {"Straße", "strasse"}, {"ﻻ", "لا"},
		{"রাস্তায় গর্ত", "রাস্তায় গর্ত"}, {"ਸੜਕ ਵਿੱਚ ਟੋਆ", "ਸੜਕ ਵਿੱਚ ਟੋਆ"}, {"ș ț ă", "s t a"}, {"soft\u00adhyphen", "softhyphen"},
		{"№ 7", "no 7"}, {"a\u00a0b\nc\td", "a b c d"}, {"İstanbul", "istanbul"}, {"½", "1 2"}, {"한", "한"},
	} {
		got := understand.Fold(c.in)
		if want := understand.Fold(c.want); got != want {
			t.Errorf("%q folds to %q, not %q", c.in, got, want)
		}
		if again := understand.Fold(got); again != got {
			t.Errorf("%q folds to %q, then to %q", c.in, got, again)
		}
	}
	for in, want := range map[string]string{"١٢": "12", "Ł": "l", "Żółć": "zolc", "ي": "ی", "।": "", "Yes!": "yes", "a-b": "a b"} {
		if got := understand.Fold(in); got != want {
			t.Errorf("%q folds to %q, not %q", in, got, want)
		}
	}
	if understand.Fold("রাস্তা") == understand.Fold("রাস্ত") || understand.Fold("ਸੜਕਾਂ") == understand.Fold("ਸੜਕ") {
		t.Error("an Indic vowel sign is lost")
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"", "Hello", "سڑک ۱۲", "\xff\xfe", "e\u0301", "1️⃣", "한글", "\u09cd\u09bc", "ﷺ", "ẞ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := understand.Fold(s)
		if !utf8.ValidString(once) {
			t.Fatalf("%q folds to what is no text", s)
		}
		if strings.HasPrefix(once, " ") || strings.HasSuffix(once, " ") || strings.Contains(once, "  ") {
			t.Fatalf("%q folds to %q", s, once)
		}
		if again := understand.Fold(once); again != once {
			t.Fatalf("%q folds to %q, then to %q", s, once, again)
		}
		if len(once) > 40+40*len(s) {
			t.Fatalf("%d bytes fold to %d", len(s), len(once))
		}
	})
}

func BenchmarkFold(b *testing.B) {
	for name, s := range map[string]string{
		"english": "There is a BIG pothole outside 12, Stratford Road!", "urdu": "سڑک پر بڑا گڑھا ہے، ۱۲ سٹریٹفورڈ روڈ کے سامنے",
		"polish": "Duża dziura w jezdni przed domem nr 12", "bengali": "রাস্তায় একটি বড় গর্ত আছে", "folded": "no its 14 stratford rd",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				understand.Fold(s)
			}
		})
	}
}
