// Command bench runs the benchmarks there are bars for, sets each figure beside its bar, and writes them to bench.json. A figure that
// falls short is told so and fails nothing: machines differ, and a benchmark is no test. It measures nothing itself (docs/speed.md).
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// file is where the figures are written, beside the Makefile.
const file = "bench.json"

func main() {
	r := run{At: time.Now().UTC().Truncate(time.Second), Machine: thisMachine(), Commit: commit()}
	measured := figures{}
	for _, p := range packages {
		fmt.Fprintln(os.Stderr, "measuring", p.name)
		out, err := p.measure()
		measured.read(out)
		if err != nil {
			r.Failed = append(r.Failed, p.name)
			fmt.Fprintf(os.Stderr, "%s: %v\n%s\n", p.name, err, lastLines(out, 30))
		}
	}
	for _, b := range bars {
		r.Rows = append(r.Rows, b.row(measured))
	}
	r.Figures = measured
	r.print(os.Stdout)
	data, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.WriteFile(file, append(data, '\n'), 0o600)
	}
	if err != nil || len(r.Failed) > 0 { // a benchmark that could not run is no figure that falls short
		fmt.Fprintln(os.Stderr, "bench:", "not everything could be measured", r.Failed, err)
		os.Exit(1)
	}
}

// run is what bench.json holds.
type run struct {
	At      time.Time `json:"at"`
	Commit  string    `json:"commit,omitempty"`
	Machine machine   `json:"machine"`
	Rows    []row     `json:"rows"`
	Figures figures   `json:"figures"`
	Failed  []string  `json:"failed,omitempty"`
}

// machine is where the figures were made: they mean nothing without it.
type machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	OS    string `json:"os"`
	Go    string `json:"go"`
	Load  string `json:"load,omitempty"` // averages before the run: 1, 5 and 15 minutes
}

func thisMachine() machine {
	m := machine{CPU: runtime.GOARCH, Cores: runtime.NumCPU(), OS: runtime.GOOS, Go: runtime.Version()}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := bytes.Cut(info, []byte("model name\t: ")); ok {
			name, _, _ := bytes.Cut(rest, []byte("\n"))
			m.CPU = string(name)
		}
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(load))[:3], " ")
	}
	return m
}

// commit is what was measured, where there is a git to ask.
func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func lastLines(out []byte, n int) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
