package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// result is a row's line, on screen and in chaos.jsonl.
type result struct {
	Row      string   `json:"row"`
	Seed     uint64   `json:"seed"`
	Commit   string   `json:"commit"`
	Engine   string   `json:"engine"`
	Nodes    int      `json:"nodes"`
	Acked    int      `json:"acked"`
	Injected int      `json:"injected"`
	Asked    int      `json:"asked"`
	L        int      `json:"L"`
	D        int      `json:"D"`
	O        int      `json:"O"`
	C        int      `json:"C"`
	R        int      `json:"R"`
	First    float64  `json:"first_s"`
	Copies   int      `json:"copies"` // second copies over Telegram that are allowed
	Unacked  int      `json:"unacked"`
	Notes    []string `json:"notes,omitempty"`
	Broken   []string `json:"broken,omitempty"`
	Took     float64  `json:"took_s"`
	Verdict  string   `json:"verdict"`
}

func (r *result) fill(t *trial, took time.Duration) {
	v := t.verdict
	r.Asked = t.asked
	r.Acked, r.Injected, r.Copies, r.Unacked = t.acked, t.injected, v.copies, t.unacked
	r.L, r.D, r.O, r.C, r.R = v.lost, v.doubled, v.disordered, v.cases, v.stuck
	r.First, r.Took = t.first.Seconds(), took.Seconds()
	r.Notes, r.Broken = t.notes, t.broken
	r.Verdict = []string{"PASS", "FAIL", "SHORT"}[r.code()]
}

// code is 1 for a broken promise, 2 for too few faults.
func (r *result) code() int {
	switch {
	case r.L+r.D+r.O+r.C+r.R > 0 || len(r.Broken) > 0:
		return 1
	case r.Injected < r.Asked:
		return 2
	}
	return 0
}

func (r result) String() string {
	s := fmt.Sprintf("%s seed=%d commit=%s engine=%s nodes=%d acked=%d faults=%d/%d L=%d D=%d O=%d C=%d R=%d", r.Row, r.Seed, r.Commit, r.Engine,
		r.Nodes, r.Acked, r.Injected, r.Asked, r.L, r.D, r.O, r.C, r.R)
	if r.First > 0 {
		s += fmt.Sprintf(" first=%.1fs", r.First)
	}
	if r.Copies > 0 {
		s += fmt.Sprintf(" copies=%d", r.Copies)
	}
	if r.Unacked > 0 {
		s += fmt.Sprintf(" unacked=%d", r.Unacked)
	}
	if len(r.Notes) > 0 {
		s += " " + strings.Join(r.Notes, " ")
	}
	return s + fmt.Sprintf(" took=%.0fs ", r.Took) + r.Verdict
}

func (r result) json() []byte {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings and numbers
	}
	return append(b, '\n')
}
