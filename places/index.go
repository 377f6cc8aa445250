package places

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"sync"
)

// Settings say which files to read, by their names in the folder.
type Settings struct {
	Country   string // GB: its postcodes are read
	Boundary  string // GeoJSON; "": no boundary, all is inside
	Gazetteer []string
	Wards     string // GeoJSON with properties code, name
	Owners    string // GeoJSON with a property owner
}

// Index is the gazetteer made ready for reading.
type Index struct {
	country  string
	rows     []row
	boundary *area
	wards    []named
	owners   []named

	entries  []entry            // every name a row goes by
	exact    map[string][]int32 // a whole name → its entries
	postings map[uint64][]int32 // three letters → the entries that hold them
	rarity   map[uint64]float32
	common   map[string]float32 // a word → its weight
	outward  map[string]int     // B14 → its row
	full     map[string]int     // B11BB → its row
	longest  int                // words in the longest name
	scratch  sync.Pool          // of *marks: room to count in, no state between reads
}

// entry is one name of one row, spelled out.
type entry struct {
	row    int32
	words  []string
	text   string
	weight float32 // of all its trigrams
}

// Load reads the files and builds the index. All errors are told at once, with file and line.
func Load(fsys fs.FS, s Settings) (*Index, error) {
	x := &Index{country: s.Country}
	var errs []error
	if s.Boundary != "" {
		areas, err := readAreas(fsys, s.Boundary, "")
		errs = append(errs, err)
		x.boundary = &area{}
		for _, a := range areas {
			x.boundary.join(a.area)
		}
	}
	for _, file := range s.Gazetteer {
		rows, err := readRows(fsys, file)
		errs = append(errs, err)
		x.rows = append(x.rows, rows...)
	}
	var err error
	if s.Wards != "" {
		x.wards, err = readAreas(fsys, s.Wards, "name")
		errs = append(errs, err)
	}
	if s.Owners != "" {
		x.owners, err = readAreas(fsys, s.Owners, "owner")
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	x.build()
	return x, nil
}

func (x *Index) build() {
	x.nameRows()
	x.exact, x.postings = map[string][]int32{}, make(map[uint64][]int32, 4096)
	x.outward, x.full = map[string]int{}, map[string]int{}
	seen := map[string]int{}
	for i := range x.rows {
		switch r := &x.rows[i]; r.kind {
		case kindPostcode:
			x.full[strings.ReplaceAll(strings.ToUpper(r.name), " ", "")] = i
		case kindOutward:
			x.outward[strings.ToUpper(r.name)] = i
		default:
			for _, name := range append([]string{r.name}, r.alt...) {
				x.add(int32(i), name)
			}
		}
	}
	for _, e := range x.entries {
		for _, w := range e.words {
			seen[w]++
		}
	}
	x.weigh(seen)
	n := len(x.entries)
	x.scratch.New = func() any { return &marks{score: make([]float32, n)} }
}

func (x *Index) add(r int32, name string) {
	e := entry{row: r, words: spell(words(name))}
	e.text = strings.Join(e.words, " ")
	if e.text == "" {
		return
	}
	n := int32(len(x.entries))
	x.entries = append(x.entries, e)
	x.exact[e.text] = append(x.exact[e.text], n)
	x.longest = max(x.longest, len(e.words))
	for _, t := range trigrams(e.words) {
		if p := x.postings[t.key]; len(p) == 0 || p[len(p)-1] != n {
			x.postings[t.key] = append(p, n)
		}
	}
}

// weigh makes rare letters and words count for more, and words that only say what a thing is for a third.
func (x *Index) weigh(seen map[string]int) {
	n := float64(len(x.entries))
	x.rarity = make(map[uint64]float32, len(x.postings))
	for t, p := range x.postings {
		x.rarity[t] = float32(math.Log(1 + n/float64(len(p))))
	}
	x.common = make(map[string]float32, len(seen))
	for w, times := range seen {
		weight := float32(math.Log(1 + n/float64(times)))
		if generic[w] || times > 20 && times > len(x.entries)/50 {
			weight /= 3
		}
		x.common[w] = weight
	}
	for i := range x.entries {
		for _, t := range trigrams(x.entries[i].words) {
			x.entries[i].weight += x.rarity[t.key] * t.share()
		}
	}
}

// nameRows gives every row its id, label and ward.
func (x *Index) nameRows() {
	shared, used := map[string]int{}, map[string]int{}
	for i := range x.rows {
		shared[strings.ToLower(x.rows[i].name)]++
	}
	for i := range x.rows {
		r := &x.rows[i]
		if w, ok := find(x.wards, r.Lat, r.Lon); ok {
			r.Ward = w
		}
		r.Owner, _ = find(x.owners, r.Lat, r.Lon)
		twice := shared[strings.ToLower(r.name)] > 1
		r.finish(twice)
		r.ID = strings.Join(words(r.name), "_")
		if twice && r.Ward != "" {
			r.ID += "_" + strings.Join(words(r.Ward), "_")
		}
		if len(r.ID) > 36 {
			r.ID = strings.ToValidUTF8(r.ID[:36], "")
		}
		if used[r.ID]++; used[r.ID] > 1 {
			r.ID = fmt.Sprintf("%s_%d", r.ID, used[r.ID])
		}
	}
}

// List reads a text as an entry of one kind, such as the parks: one sure place, or 2 to 4 near ones. Without text: all of the kind.
func (x *Index) List(kind, text string) []Place {
	if strings.TrimSpace(text) != "" {
		return x.Read(Input{Text: text, Kind: kind}).Places
	}
	var all []Place
	for _, r := range x.rows {
		if r.kind == kind {
			all = append(all, r.Place)
		}
	}
	slices.SortFunc(all, func(a, b Place) int { return strings.Compare(a.Label, b.Label) })
	return all
}

// Samples are n named places spread over the gazetteer, for trying the concierge out.
func (x *Index) Samples(n int) []Place {
	var kinds [3][]Place
	for _, r := range x.rows {
		switch r.kind {
		case kindPostcode, kindOutward:
		case kindPark:
			kinds[0] = append(kinds[0], r.Place)
		case kindStreet:
			kinds[1] = append(kinds[1], r.Place)
		default:
			kinds[2] = append(kinds[2], r.Place)
		}
	}
	var out []Place
	for i := 0; len(out) < n && i < 3*n; i++ {
		of, at := kinds[i%3], i/3
		each := (n + 2) / 3
		if at < each && at < len(of) {
			out = append(out, of[at*len(of)/min(each, len(of))])
		}
	}
	return out
}
