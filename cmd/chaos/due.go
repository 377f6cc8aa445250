package main

import (
	"strings"
	"time"

	"concierge/channels/channeltest"
)

// due is one reply that must come, known by words that only it has.
type due struct {
	words  string
	unsure bool // for a message nobody acknowledged: it may come or not
}

// verdict counts broken promises.
type verdict struct {
	lost, doubled, disordered, cases, stuck int
	copies                                  int // second copies over Telegram of sends that were in flight when something broke: allowed
}

func (v verdict) broken() bool { return v.lost+v.doubled+v.disordered+v.cases+v.stuck > 0 }

func (v *verdict) add(o verdict) {
	v.lost += o.lost
	v.doubled += o.doubled
	v.disordered += o.disordered
	v.cases += o.cases
	v.stuck += o.stuck
	v.copies += o.copies
}

// judge holds what one resident was sent against what was due. excused tells whether a second copy may be: its first was in flight when
// something broke, at a provider that cannot be asked.
func judge(dues []due, got []channeltest.Entry, excused func(first, second time.Time) bool) (v verdict) {
	came := make([][]time.Time, len(dues))
	last := -1
	for _, e := range got {
		i := whose(dues, e.Text)
		if i < 0 { // nothing we wait for
			v.doubled++
			continue
		}
		came[i] = append(came[i], e.At)
		if len(came[i]) > 1 {
			continue
		}
		if i < last {
			v.disordered++
		}
		last = max(last, i)
	}
	for i, d := range dues {
		switch n := len(came[i]); {
		case n == 0 && !d.unsure:
			v.lost++
		case n > 1:
			for k := range n - 1 { // each time something broke one more copy may come of what was in flight then
				if excused != nil && excused(came[i][k], came[i][k+1]) {
					v.copies++
				} else {
					v.doubled++
				}
			}
		}
	}
	return v
}

// whose finds the due reply a text is: the last that fits, since the review repeats words of the questions before it.
func whose(dues []due, text string) int {
	for i := len(dues) - 1; i >= 0; i-- {
		if strings.Contains(text, dues[i].words) {
			return i
		}
	}
	return -1
}
