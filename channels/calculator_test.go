package channels

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// samples draws texts of all shipped scripts and of signs that are hard to count, many of them about as long as a part or two.
func samples(n int) []string {
	r := rand.New(rand.NewPCG(160, 70)) //nolint:gosec // the golden file is of these very texts
	pools := [][]string{
		strings.Split("abcdefghijklmnopqrstuvwxyz ABCDEFGHIJ 0123456789 .,!?:;'\"()@£$¥èéùìòÇØøÅåΔÆæßÉÄÖÑÜ§äöñüà", ""),
		strings.Split("^{}\\[~]|€", ""),
		strings.Split("çáíóúêâ`ąćęłńśźżĄŚŻăâîșțȘȚ", ""),
		strings.Split("سڑک پر گڑھا ہے کوئی نہیں میرا کیا وہ،؟ إلى الشارع", ""),
		strings.Split("ਸੜਕ ਤੇ ਟੋਆ ਹੈ ਕੋਈ ਨਹੀਂ", ""),
		{"রা", "স্তা", "য়", " ", "গ", "র্ত", "কি", "মো", "।"},
		{"😀", "👍", "🚧", "🕳️", "❤️", "✅"},
		{"👨‍👩‍👧‍👦", "🇬🇧", "🇵🇰", "👍🏽", "👩🏾‍🚒", "1️⃣"},
		{"e\u0301", "o\u0308\u0304", "\u200f", "\u200d", "\u00a0", "\u2019", "\u2014", "\u2026"},
		{"\n", "\r\n", "\r", "\f", "\t"},
		{"한", "국", "路", "坑", "ひ", "が"},
	}
	all := make([]string, 0, n)
	for range n {
		chosen := [][]string{pools[r.IntN(len(pools))]}
		switch r.IntN(4) {
		case 0:
			chosen = append(chosen, pools[0], pools[r.IntN(len(pools))])
		case 1:
			chosen = [][]string{pools[0], pools[1], pools[1], pools[9]}
		}
		length := []int{r.IntN(30), 60 + r.IntN(20), 125 + r.IntN(20), 150 + r.IntN(15), 300 + r.IntN(12), r.IntN(500)}[r.IntN(6)]
		var b strings.Builder
		for units := 0; units < length; {
			from := chosen[0]
			if len(chosen) > 1 && r.IntN(12) == 0 {
				from = chosen[1+r.IntN(len(chosen)-1)]
			}
			sign := from[r.IntN(len(from))]
			b.WriteString(sign)
			units += unitsOf(sign)
		}
		all = append(all, b.String())
	}
	return all
}

// TestSegmentsAgreeWithTwilio: 10,000 texts cost what Twilio's public calculator (sms-segments-calculator 1.3.0, smart encoding off) says.
// testdata/calculator.golden has its answers, a line a text, under a hash of the texts. CONCIERGE_TEST_SAMPLES writes the texts to a
// file, one JSON string a line, for the calculator to be asked again.
func TestSegmentsAgreeWithTwilio(t *testing.T) {
	texts := samples(10_000)
	if file := os.Getenv("CONCIERGE_TEST_SAMPLES"); file != "" {
		writeSamples(t, file, texts)
	}
	f, err := os.Open("testdata/calculator.golden")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	lines := bufio.NewScanner(f)
	if !lines.Scan() || lines.Text() != hex.EncodeToString(sum[:]) {
		t.Fatalf("the golden file is of other texts: these are %x", sum)
	}
	wrong := 0
	for i, text := range texts {
		if !lines.Scan() {
			t.Fatalf("the golden file ends at %d", i)
		}
		encoding, parts, _ := Segments(text)
		if got := fmt.Sprint(encoding, " ", parts); got != lines.Text() {
			if wrong++; wrong <= 20 {
				t.Errorf("text %d: %s, Twilio says %s: %q", i, got, lines.Text(), text)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d differ", wrong, len(texts))
	}
}

func writeSamples(t *testing.T, file string, texts []string) {
	t.Helper()
	var b strings.Builder
	for _, text := range texts {
		line, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
