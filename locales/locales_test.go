package locales

import (
	"io/fs"
	"testing"

	"concierge/internal/phrase"
)

func builtinSet(t testing.TB) *Set {
	t.Helper()
	s, err := Load(Builtin())
	if err != nil {
		t.Fatalf("the files we ship do not load:\n%v", err)
	}
	return s
}

func TestSayingSomethingPlainAllocatesNothing(t *testing.T) {
	s := builtinSet(t)
	line := phrase.Say("case.said.received.new")
	if n := testing.AllocsPerRun(100, func() { s.Say("ur", line) }); n != 0 {
		t.Errorf("a message without variables allocates %v times", n)
	}
}

func BenchmarkSayPlain(b *testing.B) {
	s := builtinSet(b)
	line := phrase.Say("case.said.received.new")
	b.ReportAllocs()
	for b.Loop() {
		s.Say("ur", line)
	}
}

func BenchmarkSayWithThreeVariables(b *testing.B) {
	s := builtinSet(b)
	line := phrase.Say("case.head", phrase.Var{Name: "Council", Text: "Demo Council"}, phrase.Var{Name: "Ref", Text: "C7K-4M95"},
		phrase.Var{Name: "Service", Key: "team.highways"}, phrase.Var{Name: "Place", Text: "14 Stratford Road, Sparkhill"})
	for _, tag := range []string{"en", "ur", "pl"} {
		b.Run(tag, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Say(tag, line)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		builtinSet(b)
	}
}

func BenchmarkCheck(b *testing.B) {
	for b.Loop() {
		Check([]fs.FS{Builtin()}, options())
	}
}
