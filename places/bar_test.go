package places

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// The bar: 8,000 made-up names, 1 or 2 typos each, a fixed seed. Top-1 at least 95 %; the times are told, and held by the benchmark.
func TestTyposFindTheRightName(t *testing.T) {
	names, x := invented(t)
	r := rand.New(rand.NewPCG(7, 11))
	right, asked, wrong := 0, 0, 0
	const tries = 4000
	var took []time.Duration
	for range tries {
		n := r.IntN(len(names))
		q := misspell(r, names[n], 1+r.IntN(2))
		start := time.Now()
		reading := x.Read(Input{Text: q})
		took = append(took, time.Since(start))
		top := x.rank(spell(words(q)), nil, nil)
		if len(top) > 0 && x.rows[top[0].row].name == names[n] {
			right++
		}
		if len(reading.Places) > 1 {
			asked++
		}
		if reading.Sure && !strings.EqualFold(reading.Places[0].Label, names[n]) {
			wrong++
		}
	}
	slices.Sort(took)
	share := float64(right) / tries
	t.Logf("top-1 %.1f %%, asked %.1f %%, surely wrong %.1f %%, p50 %v, p99 %v", 100*share, 100*float64(asked)/tries,
		100*float64(wrong)/tries, took[tries/2], took[tries*99/100])
	if share < 0.95 {
		t.Errorf("top-1 is %.1f %%, the bar is 95 %%", 100*share)
	}
}

func BenchmarkRead(b *testing.B) {
	names, x := invented(b)
	r := rand.New(rand.NewPCG(7, 11))
	texts := make([]string, 1000)
	for i := range texts {
		texts[i] = misspell(r, names[r.IntN(len(names))], 1+r.IntN(2))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		x.Read(Input{Text: texts[i%len(texts)]})
	}
}

func BenchmarkFindIn(b *testing.B) {
	_, x := invented(b)
	for b.Loop() {
		x.FindIn("there is a really big pothole outside 12 some road near the shops and it is dangerous", []string{"outside", "near"}, nil)
	}
}

func BenchmarkBuild(b *testing.B) {
	files := gazetteerOf(inventedNames())
	for b.Loop() {
		if _, err := Load(files, Settings{Gazetteer: []string{"g.csv"}}); err != nil {
			b.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x, _ := Load(files, Settings{Gazetteer: []string{"g.csv"}})
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-index")
	runtime.KeepAlive(x)
}

func invented(t testing.TB) ([]string, *Index) {
	t.Helper()
	names := inventedNames()
	x, err := Load(gazetteerOf(names), Settings{Country: "GB", Gazetteer: []string{"g.csv"}})
	if err != nil {
		t.Fatal(err)
	}
	return names, x
}

func gazetteerOf(names []string) fstest.MapFS {
	var csv strings.Builder
	csv.WriteString("name,lat,lon,kind\n")
	for i, n := range names {
		fmt.Fprintf(&csv, "%s,%.4f,%.4f,street\n", n, 52+float64(i%100)/500, -2+float64(i/100)/500)
	}
	return fstest.MapFS{"g.csv": {Data: []byte(csv.String())}}
}

// inventedNames are street names of English sound, none twice.
func inventedNames() []string {
	first := strings.Fields("Al Ash Bar Ben Black Brad Brom Bur Car Chad Clay Cross Dar Den Dud Dun East Ed Elm Fair Fern Ford Gar Glen Green " +
		"Hal Ham Har Hazel Holl Horn Kel Kings Lang Led Long Mal Mar Mere Mil New Nor Oak Old Pem Per Pren Quin Rad Red Rich Rom Ruth Sal " +
		"Sel Sher Stan Staf Strat Sut Thorn Trent Up Ver Wal War Wes Whit Wil Win Wood York")
	middle := strings.Fields("a ber cas der e field ing ling man mond ner o ring shire stan ter ton ver wick worth")
	last := strings.Fields("bourne bridge bury by chester combe cote dale den don field ford gate ham hurst leigh ley low mere minster more " +
		"ridge shaw stead stoke ton wall well wick wood worth")
	kinds := strings.Fields("Road Road Road Street Street Avenue Lane Close Drive Crescent Grove Gardens Way Place Park Court")
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	var names []string
	for len(names) < 8000 {
		stem := first[r.IntN(len(first))]
		if r.IntN(2) == 0 {
			stem += middle[r.IntN(len(middle))]
		}
		stem += last[r.IntN(len(last))]
		if r.IntN(5) == 0 {
			stem += " " + first[r.IntN(len(first))] + last[r.IntN(len(last))]
		}
		if seen[stem] {
			continue // a name told by its kind alone cannot survive two typos in it
		}
		seen[stem] = true
		names = append(names, stem+" "+kinds[r.IntN(len(kinds))])
	}
	return names
}

// misspell makes typos: a letter missed, doubled, changed, or two swapped.
func misspell(r *rand.Rand, name string, typos int) string {
	s := []byte(strings.ToLower(name))
	for range typos {
		i := r.IntN(len(s) - 1)
		switch r.IntN(4) {
		case 0:
			s = slices.Delete(s, i, i+1)
		case 1:
			s = slices.Insert(s, i, s[i])
		case 2:
			s[i] = byte('a' + r.IntN(26))
		case 3:
			s[i], s[i+1] = s[i+1], s[i]
		}
	}
	return string(s)
}
