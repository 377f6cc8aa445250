package places

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// The kinds of rows. Any other kind reads as a landmark.
const (
	kindStreet   = "street"
	kindPark     = "park"
	kindPostcode = "postcode" // a full one
	kindOutward  = "outward"  // its first half
)

// row is one line of a gazetteer.
//
//	name,alt,lat,lon,ward,postcode,kind
//	Cannon Hill Park,Canon Hill|کینن ہل پارک,52.4527,-1.9030,Moseley,B12,park
type row struct {
	Place
	name string
	alt  []string
	kind string
}

var columns = []string{"name", "alt", "lat", "lon", "ward", "postcode", "kind"}

// readRows reads a CSV with a header, in any order of columns; lines that start with # are remarks. All errors at once, with lines.
func readRows(fsys fs.FS, file string) ([]row, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the gazetteer: %w", err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment, r.FieldsPerRecord = '#', -1
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s:1: no header: write %s", file, strings.Join(columns, ","))
	}
	at, errs := map[string]int{}, []error{}
	line, _ := r.FieldPos(0)
	for i, h := range header {
		h = strings.TrimSpace(strings.TrimPrefix(h, "\ufeff"))
		if _, twice := at[h]; twice || !slices.Contains(columns, h) {
			errs = append(errs, fmt.Errorf("%s:%d: column %q: each once, and only %s", file, line, h, strings.Join(columns, ",")))
		}
		at[h] = i
	}
	for _, need := range []string{"name", "lat", "lon", "kind"} {
		if _, ok := at[need]; !ok {
			errs = append(errs, fmt.Errorf("%s:%d: column %q is missing", file, line, need))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	var rows []row
	for {
		record, err := r.Read()
		if err == io.EOF {
			return rows, errors.Join(errs...)
		}
		if err != nil {
			return nil, errors.Join(append(errs, fmt.Errorf("%s: %w", file, err))...)
		}
		line, _ := r.FieldPos(0)
		if len(record) != len(header) {
			errs = append(errs, fmt.Errorf("%s:%d: %d fields where the header has %d: quote what holds a comma", file, line, len(record), len(header)))
			continue
		}
		one, err := readRow(record, at)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", file, line, err))
			continue
		}
		rows = append(rows, one)
	}
}

func readRow(record []string, at map[string]int) (row, error) {
	field := func(name string) string {
		i, ok := at[name]
		if !ok {
			return ""
		}
		return strings.TrimSpace(record[i])
	}
	lat, err := strconv.ParseFloat(field("lat"), 64)
	lon, err2 := strconv.ParseFloat(field("lon"), 64)
	switch {
	case field("name") == "" || len(words(field("name"))) == 0:
		return row{}, errors.New("name is empty: give one or take the line out")
	case err != nil || !(lat >= -90 && lat <= 90):
		return row{}, fmt.Errorf("lat %q is no latitude: degrees, such as 52.4527", field("lat"))
	case err2 != nil || !(lon >= -180 && lon <= 180):
		return row{}, fmt.Errorf("lon %q is no longitude: degrees, such as -1.9030", field("lon"))
	case field("kind") == "":
		return row{}, errors.New("kind is empty: street, park, landmark, postcode or outward")
	}
	one := row{name: field("name"), kind: field("kind")}
	one.Lat, one.Lon, one.Ward, one.Postcode = lat, lon, field("ward"), field("postcode")
	for _, a := range strings.Split(field("alt"), "|") {
		if a = strings.TrimSpace(a); a != "" {
			one.alt = append(one.alt, a)
		}
	}
	return one, nil
}

// finish gives the row what a Place of it says.
func (r *row) finish(shared bool) {
	r.Label, r.Street, r.How, r.Metres = r.name, "", "landmark", 200
	switch r.kind {
	case kindStreet:
		r.How, r.Metres = "street", 300
	case kindPark:
		r.How, r.Metres = "park", 300
	case kindPostcode:
		r.How, r.Metres, r.Postcode = "postcode", 100, r.name
		return
	}
	if r.Ward != "" && (shared || r.kind == kindStreet) {
		r.Label = r.name + ", " + r.Ward
	}
	r.Street = r.Label
}
