package main

import (
	"math"
	"strings"
	"testing"
)

const printed = `goos: linux
BenchmarkTurn/choice-2   	  100	     11000 ns/op	    45 allocs/op
BenchmarkTurn/miss-2     	  100	     25000 ns/op	    40 allocs/op
BenchmarkWholeWay/postgres-2 1 3000 turns/s 0.2500 ratio
--- BENCH: BenchmarkWholeWay/postgres-2
    bench_test.go:1: a word
PASS
`

func TestTheWorstOfAGroupIsHeldAgainstItsBar(t *testing.T) {
	f := figures{}
	f.read([]byte(printed))
	for _, c := range []struct {
		b       bar
		value   float64
		verdict string
	}{
		{bar{"", "BenchmarkTurn/", "ns/op", "µs", 1e-3, 20, false}, 25, "SHORT"},
		{bar{"", "BenchmarkTurn/", "allocs/op", "", 1, 60, false}, 45, "ok"},
		{bar{"", "BenchmarkWholeWay/postgres", "turns/s", "", 1, 2500, true}, 3000, "ok"},
		{bar{"", "BenchmarkWholeWay/postgres", "ratio", "", 1, .3, true}, .25, "SHORT"},
		{bar{"", "BenchmarkWholeWay/postgres", "ratio", "", 1, 0, false}, .25, ""},
	} {
		r := c.b.row(f)
		if r.Measured == nil || math.Abs(*r.Measured-c.value) > 1e-9 || r.Verdict != c.verdict {
			t.Errorf("%+v: %+v", c.b, r)
		}
	}
	if r := (bar{bench: "BenchmarkWholeWay/sqlite", metric: "turns/s"}).row(f); r.Measured != nil || r.Verdict != "not measured" {
		t.Errorf("a figure nobody made: %+v", r)
	}
}

func TestEveryBarHasABenchmarkThatIsRun(t *testing.T) {
	for _, b := range bars {
		found := false
		for _, p := range packages {
			name, _, _ := strings.Cut(strings.TrimPrefix(b.bench, "Benchmark"), "/")
			found = found || strings.Contains(p.bench, name)
		}
		if !found {
			t.Errorf("%q is measured by nobody", b.what)
		}
	}
}
