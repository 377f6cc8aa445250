package understand_test

import (
	"testing"
	"unicode/utf8"

	"concierge/dialog/understand"
)

func TestTyposAreForgivenByLength(t *testing.T) {
	for _, c := range []struct {
		typed, meant string
		ok           bool
	}{
		{"bakc", "back", true}, {"bck", "back", true}, {"no", "on", false}, {"yse", "yes", false}, {"larg", "large", true},
		{"stauts", "status", true}, {"langage", "language", true}, {"lanugaeg", "language", true}, {"motor", "road", false},
	} {
		if _, ok := understand.Near(c.typed, c.meant); ok != c.ok {
			t.Errorf("%q for %q: %v", c.typed, c.meant, ok)
		}
	}
}

func TestNumbersOfChoices(t *testing.T) {
	for _, c := range []struct {
		words []string
		in    string
		want  int
	}{
		{[]string{"one", "two", "three"}, "1", 1}, {[]string{"one", "two", "three"}, "Two!", 2}, {nil, "1.", 1}, {nil, "(1)", 1},
		{nil, "no 1", 1}, {nil, "No. 2", 2}, {nil, "Option 2", 2}, {[]string{"one"}, "option one", 1}, {nil, "١", 1}, {nil, "0", 0},
		{nil, "3️⃣", 3}, {nil, "۲", 2}, {nil, "নম্বর ২", 2}, {nil, "ਨੰਬਰ ੩", 3}, {nil, "نمبر ۱", 1}, {nil, "رقم ٣", 3}, {nil, "opcja 4", 4},
		{[]string{"jeden", "dwa"}, "dwa", 2}, {[]string{"ایک", "دو"}, "دو", 2}, {nil, "№ 5", 5}, {nil, "[6]", 6}, {nil, "#7", 7},
	} {
		var words []string
		for _, w := range c.words {
			words = append(words, understand.Fold(w))
		}
		if n, ok := understand.Number(understand.Fold(c.in), words); !ok || n != c.want {
			t.Errorf("%q reads as %d, %v", c.in, n, ok)
		}
	}
	for _, in := range []string{"12 stratford road", "", "one two", "99999", "b1", "1st", "no", "1 2", "no 12 stratford road", "option", "-"} {
		if n, ok := understand.Number(understand.Fold(in), []string{"one", "two", "three"}); ok {
			t.Errorf("%q reads as the number %d", in, n)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1", "no 1", "12 stratford road", "١", "option ", "one", "0x1", "+1", "1e3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, ok := understand.Number(understand.Fold(s), []string{"one"}); n < 0 || n > 9999 || !ok && n != 0 {
			t.Errorf("%q reads as %d, %v", s, n, ok)
		}
	})
}

func FuzzDistance(f *testing.F) {
	f.Add("bakc", "back")
	f.Add("\xff", "")
	f.Add("سڑک", "سڑکیں")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 300 || len(b) > 300 {
			t.Skip()
		}
		d := understand.Distance(a, b, 3)
		if back := understand.Distance(b, a, 3); d != back || d < 0 || d > 4 || (d == 0) != (a == b) && utf8.ValidString(a) && utf8.ValidString(b) {
			t.Errorf("%q to %q is %d, back %d", a, b, d, back)
		}
	})
}

func TestHasFindsWholeWords(t *testing.T) {
	if !understand.Has("there is a gas leak here", "gas leak") || understand.Has("las vegas leaks", "gas leak") || understand.Has("x", "") {
		t.Error("whole words are not found, or parts are")
	}
}
