package channels

import (
	"strings"
	"testing"
)

func TestSegments(t *testing.T) {
	a := func(n int) string { return strings.Repeat("a", n) }
	rep := strings.Repeat
	family := "👨‍👩‍👧‍👦"
	for _, c := range []struct {
		name, text string
		encoding   string
		parts      int
	}{
		{"nothing", "", GSM7, 1},
		{"160 a", a(160), GSM7, 1},
		{"161 a", a(161), GSM7, 2},
		{"306 a", a(306), GSM7, 2},
		{"307 a", a(307), GSM7, 3},
		{"158 a and a euro", a(158) + "€", GSM7, 1},
		{"159 a and a euro", a(159) + "€", GSM7, 2},
		{"152 a, euro, 151 a", a(152) + "€" + a(151), GSM7, 2},
		{"152 a, euro, 152 a", a(152) + "€" + a(152), GSM7, 3},
		{"158 a and CRLF", a(158) + "\r\n", GSM7, 1},
		{"70 ż", rep("ż", 70), UCS2, 1},
		{"71 ż", rep("ż", 71), UCS2, 2},
		{"134 ż", rep("ż", 134), UCS2, 2},
		{"135 ż", rep("ż", 135), UCS2, 3},
		{"35 smiles", rep("😀", 35), UCS2, 1},
		{"36 smiles", rep("😀", 36), UCS2, 2},
		{"66 ż, smile, 65 ż", rep("ż", 66) + "😀" + rep("ż", 65), UCS2, 2},
		{"66 ż, smile, 66 ż", rep("ż", 66) + "😀" + rep("ż", 66), UCS2, 3},
		{"6 families", rep(family, 6), UCS2, 1},
		{"7 families", rep(family, 7), UCS2, 2},
		{"17 flags", rep("🇬🇧", 17), UCS2, 1},
		{"18 flags", rep("🇬🇧", 18), UCS2, 2},
		{"35 কি", rep("কি", 35), UCS2, 1},
		{"36 কি", rep("কি", 36), UCS2, 2},
		{"70 a and ’", a(70) + "’", UCS2, 2},
		{"70 a and ’ folded", FoldSMS(a(70) + "’"), GSM7, 1},
		{"a grapheme longer than a part", "e" + rep("\u0301", 80), UCS2, 2},
	} {
		encoding, parts, _ := Segments(c.text)
		if encoding != c.encoding || parts != c.parts {
			t.Errorf("%s: %s %d, want %s %d", c.name, encoding, parts, c.encoding, c.parts)
		}
	}
	if _, _, n := Segments("€uro"); n != 5 {
		t.Errorf("€uro is %d septets, want 5", n)
	}
	for _, r := range "çáíóúêâ`\t\u00a0" {
		if septets(r) != 0 {
			t.Errorf("%q is not GSM-7", r)
		}
	}
}

func TestFoldSMS(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"It’s “fixed” – see…", `It's "fixed" - see...`},
		{"a\u00a0b\u2009c\u200bd", "a b cd"},
		{"ＯＫ！", "OK!"},
		{"caf\u0065\u0301", "café"},
		{"one\r\ntwo\rthree", "one\ntwo\nthree"},
		{"It’s ç", "It’s ç"}, // UCS-2 whatever we do: left as written
		{"żółć – “x”", "żółć – “x”"},
	} {
		if got := FoldSMS(c.in); got != c.want {
			t.Errorf("FoldSMS(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestCarrierWord(t *testing.T) {
	for text, want := range map[string]Kind{
		"STOP": KindOptOut, " stop \n": KindOptOut, "Unsubscribe": KindOptOut, "cancel": KindOptOut, "START": KindOptIn, "yes": KindOptIn,
		"Help": KindHelp, "info": KindHelp, "STOP please": KindText, "stopp": KindText, "": KindText, "no": KindText,
	} {
		if got := CarrierWord(SMS, text); got != want {
			t.Errorf("%q on SMS is %s, want %s", text, got, want)
		}
		if got := CarrierWord(Telegram, text); got != KindText {
			t.Errorf("%q on Telegram is %s", text, got)
		}
	}
}

func TestAddress(t *testing.T) {
	for _, c := range []struct {
		in           string
		ok           bool
		phone, bsuid bool
	}{
		{"sms:+447700900123", true, true, false},
		{"whatsapp:+447700900123", true, true, false},
		{"whatsapp:GB.70210034455667788990", true, false, true},
		{"whatsapp:GB.ENT.7021", true, false, true},
		{"whatsapp:gb.7021", true, false, false},
		{"telegram:12345", true, false, false},
		{"sms:60777", true, false, false},
		{"sms:+0123456789", true, false, false},
		{"sms:+44 7700", false, false, false},
		{"sms:", false, false, false},
		{"fax:+447700900123", false, false, false},
		{"", false, false, false},
		{"sms:" + strings.Repeat("1", 140), false, false, false},
	} {
		a, err := ParseAddress(c.in)
		if (err == nil) != c.ok {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if c.ok && (a.IsPhone() != c.phone || a.IsBSUID() != c.bsuid) {
			t.Errorf("%q: phone %v, bsuid %v", c.in, a.IsPhone(), a.IsBSUID())
		}
	}
	if a := MakeAddress(SMS, "+447700900123"); a.Kind() != SMS || a.Value() != "+447700900123" {
		t.Error(a)
	}
}

func TestClean(t *testing.T) {
	if got := Clean("a\x00b\xffc\r\nd"); got != "ab\uFFFDc\nd" {
		t.Errorf("%q", got)
	}
	if got := Clean(strings.Repeat("ż", 5000)); len([]rune(got)) != 4096 {
		t.Error(len([]rune(got)))
	}
}
