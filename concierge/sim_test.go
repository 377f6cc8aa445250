package concierge

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"concierge/cases"
	"concierge/council"
)

// TestSimulation runs schedules of faults against nodes on one database, with a provider and a clock that follow a script
// (docs/chaos.md, "The simulation"). make sim runs more of them. One that fails says with which -rapid.seed it comes again.
func TestSimulation(t *testing.T) {
	set := newSimSet(t)
	for _, half := range []int{1, 2} { // one a core
		t.Run(fmt.Sprint("half-", half), func(t *testing.T) {
			t.Parallel()
			simulate(t, set, half)
		})
	}
}

func simulate(t *testing.T, set *simSet, half int) {
	lite, folder := newSimLite(t), filepath.Join(set.folder, fmt.Sprint(half))
	begun := time.Now()
	schedules, steps, faults := 0, 0, map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		for range half { // the halves have one seed and differ
			rapid.Uint64().Draw(rt, "half")
		}
		plan := drawPlan(rt)
		w := runPlan(t, plan, set, lite, folder)
		schedules, steps = schedules+1, steps+len(plan.Steps)
		for k, n := range w.faults {
			faults[k] += n
		}
		if len(w.broken) > 0 {
			rt.Fatalf("%s\n\n%s\n%s", strings.Join(w.broken, "\n"), plan, strings.Join(w.log, "\n"))
		}
	})
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(faults)) {
		fmt.Fprintf(&b, ", %s %d", k, faults[k])
	}
	fmt.Printf("sim: half %d, %d schedules, %d steps, %.1f s%s\n", half, schedules, steps, time.Since(begun).Seconds(), b.String())
}

// runPlan runs one schedule in a bubble of its own: its clock begins at midnight of the first of January 2000, always.
func runPlan(t *testing.T, plan simPlan, set *simSet, lite *simLite, folder string) (w *simWorld) {
	synctest.Test(t, func(*testing.T) {
		w = newSimWorld(plan, set, lite, folder)
		w.run()
	})
	return w
}

// TestSimulationRepeats runs some schedules often: what happens in each must be the same to the letter.
func TestSimulationRepeats(t *testing.T) {
	set := newSimSet(t)
	lite := newSimLite(t)
	step := rapid.Custom(drawPlan)
	for seed := range 10 {
		plan, first := step.Example(seed), ""
		for run := range 20 {
			w := runPlan(t, plan, set, lite, filepath.Join(set.folder, "again"))
			log := strings.Join(w.log, "\n")
			if run == 0 {
				first = log
			}
			if log != first {
				t.Fatalf("run %d of schedule %d went otherwise: %s\n%s", run, seed, simDiffers(first, log), plan)
			}
		}
	}
}

// simDiffers is the first line of two logs that differs.
func simDiffers(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return fmt.Sprintf("line %d\n%s\n%s", i, as[i], bs[i])
		}
	}
	return fmt.Sprintf("%d lines and %d", len(as), len(bs))
}

func newSimSet(t *testing.T) *simSet {
	t.Helper()
	c, err := council.Load(council.Demo(), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if _, err := os.Stat("/dev/shm"); err == nil {
		if folder, err = os.MkdirTemp("/dev/shm", "concierge-sim"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(folder) })
	}
	return &simSet{council: c, rules: cases.RulesOf(c), metrics: NewMetrics(), folder: folder}
}
