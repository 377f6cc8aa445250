package understand_test

import (
	"strings"
	"testing"

	"concierge/dialog/understand"
)

func TestLanguagesAreGuessed(t *testing.T) {
	g := understand.NewGuesser(shipped(t))
	for text, want := range map[string]string{
		"there is a big hole in our road":                "en",
		"duza dziura w jezdni przed moim domem":          "pl",
		"Cześć, chciałbym zgłosić dziurę w drodze":       "pl",
		"سڑک پر بہت بڑا گڑھا ہے":                         "ur",
		"توجد حفرة كبيرة في الشارع أمام منزلي":           "ar",
		"hamari gali mein bohat bara gaddha hai":         "ur-Latn",
		"ਸਾਡੀ ਗਲੀ ਵਿੱਚ ਬਹੁਤ ਵੱਡਾ ਟੋਆ ਹੈ":                 "pa",
		"আমাদের রাস্তায় অনেক বড় গর্ত":                  "bn",
		"este o groapă mare pe strada noastră":           "ro",
		"wadada gurigeena hortiisa god weyn baa ku yaal": "so",
		"12 Stratford Road": "", "yes please": "", "привет как дела": "", "": "", "👍 👍 👍": "",
	} {
		got, sure := g.Guess(text)
		if got != want || want != "" && sure < 0.90 {
			t.Errorf("%q is guessed to be %q (%.2f), not %q", text, got, sure, want)
		}
	}
}

// TestHeldOutMessagesAreGuessed learns from four fifths of what we say and understand and guesses the rest.
func TestHeldOutMessagesAreGuessed(t *testing.T) {
	b := shipped(t)
	right, wrong, silent := 0, 0, 0
	for fold := range 5 {
		train, held := map[string][]string{}, map[string][]string{}
		for _, tag := range b.Tags() {
			all := b.Texts(tag)
			for _, key := range b.Keys(tag, "") {
				all = append(all, b.Words(tag, key)...)
			}
			for i, text := range all {
				if i%5 != fold {
					train[tag] = append(train[tag], text)
				} else if len(strings.Fields(text)) >= 3 {
					held[tag] = append(held[tag], text)
				}
			}
		}
		g := understand.LearnLanguages(train)
		for tag, texts := range held {
			for _, text := range texts {
				switch got, sure := g.Guess(text); {
				case got == "" || sure < 0.90:
					silent++
				case got == tag:
					right++
				default:
					wrong++
					if testing.Verbose() {
						t.Logf("%s taken for %s (%.2f): %s", tag, got, sure, text)
					}
				}
			}
		}
	}
	t.Logf("right %d, wrong %d, no guess %d", right, wrong, silent)
	if of := right + wrong + silent; float64(right) < 0.95*float64(of) || wrong*100 > of {
		t.Errorf("of %d held out %d are guessed rightly and %d wrongly", of, right, wrong)
	}
}

func FuzzGuess(f *testing.F) {
	g := understand.NewGuesser(shipped(f))
	f.Add("there is a hole")
	f.Add("\xff سڑک ۱۲ aaa")
	f.Fuzz(func(t *testing.T, s string) {
		if tag, sure := g.Guess(s); sure < 0 || sure > 1 || (tag == "") != (sure == 0) {
			t.Errorf("%q: %q, %v", s, tag, sure)
		}
	})
}

func BenchmarkGuess(b *testing.B) {
	g := understand.NewGuesser(shipped(b))
	b.ReportAllocs()
	for b.Loop() {
		g.Guess("hamari gali mein bohat bara gaddha hai school ke samne")
	}
}
