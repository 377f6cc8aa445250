package main

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
)

// measure runs one package's benchmarks and returns what they printed.
func (p pkg) measure() ([]byte, error) {
	args := []string{"test", "-run", "^$", "-bench", p.bench, "-benchmem"}
	if p.once {
		args = append(args, "-benchtime", "1x")
	}
	var out bytes.Buffer
	cmd := exec.Command("go", append(args, p.name)...) //nolint:gosec // the list beside
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.Bytes(), err
}

// figures are all metrics by benchmark: "BenchmarkTurn/choice" → "ns/op" → 11000.
type figures map[string]map[string]float64

var line = regexp.MustCompile(`(?m)^(Benchmark\S+?)(?:-\d+)?\s+\d+\s+(\S.*)$`)

func (f figures) read(out []byte) {
	for _, m := range line.FindAllSubmatch(out, -1) {
		words := strings.Fields(string(m[2]))
		all := map[string]float64{}
		for i := 0; i+1 < len(words); i += 2 {
			if v, err := strconv.ParseFloat(words[i], 64); err == nil {
				all[words[i+1]] = v
			}
		}
		f[string(m[1])] = all
	}
}

// find is a metric of a benchmark, or the worst of those below a name that ends in /.
func (f figures) find(b bar) (worst float64, ok bool) {
	for name, all := range f {
		if name != b.bench && (!strings.HasSuffix(b.bench, "/") || !strings.HasPrefix(name, b.bench)) {
			continue
		}
		v, there := all[b.metric]
		if there && (!ok || v > worst != b.least) {
			worst, ok = v, true
		}
	}
	return worst, ok
}

// row is one line of the table.
type row struct {
	What     string   `json:"what"`
	Measured *float64 `json:"measured"` // null: not measured on this machine
	Unit     string   `json:"unit,omitempty"`
	Bar      float64  `json:"bar,omitempty"`
	Least    bool     `json:"at_least,omitempty"`
	Verdict  string   `json:"verdict"` // ok, SHORT, or nothing where there is no bar
}

func (b bar) row(f figures) row {
	r := row{What: b.what, Unit: b.unit, Bar: b.limit, Least: b.least}
	v, ok := f.find(b)
	if !ok {
		r.Verdict = "not measured"
		return r
	}
	v *= b.scale
	r.Measured = &v
	switch {
	case b.limit == 0:
	case b.least && v >= b.limit, !b.least && v <= b.limit:
		r.Verdict = "ok"
	default:
		r.Verdict = "SHORT"
	}
	return r
}

// print writes the table.
func (r run) print(out io.Writer) {
	fmt.Fprintf(out, "\n%s, %d cores, %s, %s, load before %s, commit %s\n", r.Machine.CPU, r.Machine.Cores, r.Machine.OS, r.Machine.Go, r.Machine.Load, r.Commit)
	fmt.Fprint(out, "Whole way: 32 residents, both providers' fakes, the database and the binary share these cores.\n\n")
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tmeasured\tbar\t")
	for _, one := range r.Rows {
		value, limit := "-", ""
		if one.Measured != nil {
			value = strings.TrimSpace(short(*one.Measured) + " " + one.Unit)
		}
		if one.Bar > 0 {
			limit = "≤ " + short(one.Bar)
			if one.Least {
				limit = "≥ " + short(one.Bar)
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", one.What, value, limit, one.Verdict)
	}
	_ = t.Flush()
	fmt.Fprintf(out, "\nAll figures are in %s; docs/speed.md says how they are made.\n", file)
}

// short writes a number with three places that matter.
func short(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
