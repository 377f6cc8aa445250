package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"concierge/channels/channeltest"
)

// TestJudge shows that the oracle sees what it is there to see.
func TestJudge(t *testing.T) {
	dues := []due{{words: "one"}, {words: "two"}, {words: "three"}, {words: "four", unsure: true}}
	began := time.Now()
	said := func(texts ...string) (all []channeltest.Entry) {
		for i, s := range texts {
			all = append(all, channeltest.Entry{Text: s, At: began.Add(time.Duration(i) * time.Second)})
		}
		return all
	}
	once := func(a, _ time.Time) bool { return a.Before(began.Add(1500 * time.Millisecond)) } // one fault, as the first copy was in flight
	for name, c := range map[string]struct {
		got     []channeltest.Entry
		excused func(a, b time.Time) bool
		want    verdict
	}{
		"all":                       {said("one", "two", "three"), nil, verdict{}},
		"all, and what may come":    {said("one", "two", "three", "four"), nil, verdict{}},
		"one lost":                  {said("one", "three"), nil, verdict{lost: 1}},
		"one twice":                 {said("one", "two", "two", "three"), nil, verdict{doubled: 1}},
		"one twice, excused":        {said("one", "two", "two", "three"), once, verdict{copies: 1}},
		"thrice, and one fault":     {said("one", "two", "two", "two", "three"), once, verdict{copies: 1, doubled: 1}},
		"the wrong way round":       {said("two", "one", "three"), nil, verdict{disordered: 1}},
		"something nobody expected": {said("one", "two", "oops", "three"), nil, verdict{doubled: 1}},
	} {
		if got := judge(dues, c.got, c.excused); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestTooFewFaults shows that a run whose faults did not come to pass does not pass.
func TestTooFewFaults(t *testing.T) {
	for want, r := range map[int]result{0: {Asked: 5, Injected: 5}, 1: {Asked: 5, Injected: 5, L: 1}, 2: {Asked: 5, Injected: 4}} {
		if got := r.code(); got != want {
			t.Errorf("code %d, want %d", got, want)
		}
	}
}

// TestDup runs the shortest row, small: the whole oracle, two nodes and a database of their own.
func TestDup(t *testing.T) {
	if _, err := serverFolder(); errors.Is(err, errNoPostgres) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	o := options{seed: 4711, n: 40, together: 1, out: filepath.Join(t.TempDir(), "chaos.jsonl")}
	code, err := o.all("dup")
	if err != nil || code != 0 {
		t.Errorf("chaos-dup ended with %d, %v", code, err)
	}
}
