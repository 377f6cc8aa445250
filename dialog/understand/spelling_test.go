package understand

import "testing"

func TestTypingErrorsAreMended(t *testing.T) {
	s := newSpelling()
	for _, text := range []string{"hole in the road", "pothole in the road", "street light", "hole", "سڑک پر گڑہا ہی"} {
		s.learn(Fold(text))
	}
	s.file()
	for in, want := range map[string]string{
		"potohle in the raod": "pothole in the road", "steet lihgt": "street light", "hole": "hole", "12 raod": "12 road",
		"b11 4aa": "b11 4aa", "rd": "rd", "zebra": "zebra", "": "", "گڑہہا سڑک": "گڑہا سڑک", "x potholee": "x pothole", "hol": "hol",
	} {
		if got := s.mend(Fold(in)); got != Fold(want) {
			t.Errorf("%q is mended to %q, not %q", in, got, want)
		}
	}
}

func FuzzMend(f *testing.F) {
	s := newSpelling()
	s.learn("pothole in the road")
	s.file()
	f.Add("potohle")
	f.Add("  a  \xff")
	f.Fuzz(func(t *testing.T, in string) {
		once := s.mend(in)
		if len(Words(once)) != len(Words(in)) {
			t.Errorf("%q is mended to %q", in, once)
		}
		if again := s.mend(once); again != once {
			t.Errorf("%q is mended to %q, then to %q", in, once, again)
		}
	})
}
