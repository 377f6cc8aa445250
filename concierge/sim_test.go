package concierge

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"concierge/cases"
	"concierge/council"
)

// TestSimulation runs schedules of faults against nodes on one database, with a provider and a clock that follow a script
// (docs/chaos.md, "The simulation"). make sim runs more of them.
func TestSimulation(t *testing.T) {
	set := newSimSet(t)
	lite := newSimLite(t)
	begun := time.Now()
	schedules, steps, faults := 0, 0, map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		plan := drawPlan(rt)
		w := runPlan(t, plan, set, lite)
		schedules, steps = schedules+1, steps+len(plan.Steps)
		for k, n := range w.faults {
			faults[k] += n
		}
		if len(w.broken) > 0 {
			rt.Fatalf("%s\n\n%s\n%s", strings.Join(w.broken, "\n"), plan, strings.Join(w.log, "\n"))
		}
	})
	fmt.Printf("sim: %d schedules, %d steps, %.1f s, faults:", schedules, steps, time.Since(begun).Seconds())
	for _, k := range slices.Sorted(maps.Keys(faults)) {
		fmt.Printf(" %s %d,", k, faults[k])
	}
	fmt.Println()
}

// runPlan runs one schedule in a bubble of its own: its clock begins at midnight of the first of January 2000, always.
func runPlan(t *testing.T, plan simPlan, set *simSet, lite *simLite) (w *simWorld) {
	synctest.Test(t, func(*testing.T) {
		w = newSimWorld(plan, set, lite)
		w.run()
	})
	return w
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

var _ = flag.Lookup
var _ sync.Mutex
