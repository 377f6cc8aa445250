package inbox

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"concierge/council"
)

// Flood counts the replies of late that brought a resident no further, and remembers by fingerprint what we said last: of two machines
// that answer each other neither would ever stop. It is a column of the conversation, read and written with it and under its lock: it
// survives a restart, holds over all nodes, and costs a turn no question of its own.
type Flood struct {
	raw   string
	read  bool
	dirty bool
	c     counts
}

type counts struct {
	Minute int64    `json:"m,omitempty"` // when the minute began, in seconds; N are its replies
	N      int      `json:"n,omitempty"`
	Day    int64    `json:"d,omitempty"`
	D      int      `json:"c,omitempty"`
	Same   int      `json:"s,omitempty"` // how often the text that fits nothing was the same
	Last   uint32   `json:"l,omitempty"` // that text
	Echoes int      `json:"e,omitempty"` // how often a text of ours came back
	Heard  int64    `json:"h,omitempty"` // when Same or Echoes were last counted
	Until  int64    `json:"u,omitempty"` // silence
	Held   bool     `json:"w,omitempty"` // the last reply counted was held: if it is withdrawn, nobody read it
	Said   []uint32 `json:"t,omitempty"`
}

// Over says which limit was passed.
type Over string

// The limits of channels.limits.
const (
	OverMinute Over = "minute"
	OverDay    Over = "day"
	OverSame   Over = "same_text"
)

const (
	saidKept  = 12        // fingerprints of what we said last: of three or four messages
	memory    = time.Hour // a text that comes back later is no loop
	wholeText = 8         // letters and digits a text must have to be known again
	oneLine   = 16        // and a line of it: what is quoted in an automatic answer
)

func (f *Flood) open() *counts {
	if !f.read {
		f.read = true
		if f.raw != "" {
			_ = json.Unmarshal([]byte(f.raw), &f.c) // of another version: counted from nothing
		}
	}
	return &f.c
}

func (f *Flood) change() *counts {
	f.dirty = true
	return f.open()
}

// column is the value to store.
func (f *Flood) column() string {
	if !f.dirty {
		return f.raw
	}
	text, _ := json.Marshal(f.c) // numbers and a flag: it cannot fail
	f.raw, f.dirty = string(text), false
	return f.raw
}

// Silent tells whether nothing is answered: a limit was passed, and neither has a person answered nor has its time passed.
func (f *Flood) Silent(now time.Time) bool { return now.Unix() < f.open().Until }

// Busy tells that such a reply was written within this minute: the next one waits a moment, so that of a burst the last is answered.
func (f *Flood) Busy(now time.Time) bool {
	c := f.open()
	return c.N > 1 && within(now, c.Minute, time.Minute)
}

// Count counts a reply that brings nobody on. miss: the text fitted nothing. held: the reply waits, and may be withdrawn. It tells which
// limit that passes, if any: then the reply must not be sent.
func (f *Flood) Count(now time.Time, l council.Limits, text string, miss, held bool) Over {
	c := f.change()
	if !within(now, c.Minute, time.Minute) {
		c.Minute, c.N = now.Unix(), 0
	}
	if !within(now, c.Day, 24*time.Hour) {
		c.Day, c.D = now.Unix(), 0
	}
	f.quieten(now)
	c.N++
	c.D++
	c.Held = held
	if miss {
		c.same(now, text)
	}
	switch {
	case l.SameText > 0 && c.Same >= l.SameText:
		return f.silence(now, now.Add(memory), OverSame)
	case l.Minute > 0 && c.N > l.Minute:
		return f.silence(now, time.Unix(c.Minute, 0).Add(time.Minute), OverMinute)
	case l.Day > 0 && c.D > l.Day:
		return f.silence(now, time.Unix(c.Day, 0).Add(24*time.Hour), OverDay)
	}
	return ""
}

// same counts how often one text that fits nothing came in a row. What has no text says nothing: three voice messages are not one.
func (c *counts) same(now time.Time, text string) {
	if strings.TrimSpace(text) == "" {
		c.Same = 0
		return
	}
	if t := fingerprint(text); t != c.Last || c.Same == 0 {
		c.Last, c.Same = t, 0
	}
	c.Same++
	c.Heard = now.Unix()
}

// Echo is told of each text before it is read. When it is one of ours it is counted; past the limit it must not be read.
func (f *Flood) Echo(now time.Time, l council.Limits, text string) (ours bool, over Over) {
	if ours = f.said(text); !ours {
		return false, ""
	}
	f.quieten(now)
	c := f.change()
	c.Echoes++
	c.Heard = now.Unix()
	if l.SameText > 0 && c.Echoes >= l.SameText {
		return true, f.silence(now, now.Add(memory), OverSame)
	}
	return true, ""
}

// Moved is told of an answer that was taken: no machine speaks.
func (f *Flood) Moved() {
	if c := f.open(); c.Same > 0 || c.Echoes > 0 {
		f.dirty = true
		c.Same, c.Echoes = 0, 0
	}
}

// Withdrawn is told when what was held is not sent after all: the resident wrote on.
func (f *Flood) Withdrawn() {
	if c := f.open(); c.Held {
		f.dirty = true
		c.Held, c.N, c.D, c.Same = false, max(c.N-1, 0), max(c.D-1, 0), max(c.Same-1, 0)
	}
}

// Back begins anew when the concierge has the conversation again. Of a resident who asked for it the day's count stands.
func (f *Flood) Back(byPerson bool) {
	c := f.open()
	if c.N+c.D+c.Same+c.Echoes == 0 && c.Until == 0 {
		return
	}
	f.dirty = true
	kept := counts{Said: c.Said}
	if !byPerson {
		kept.Day, kept.D = c.Day, c.D
	}
	*c = kept
}

// quieten forgets texts that came back long ago.
func (f *Flood) quieten(now time.Time) {
	if c := f.open(); !within(now, c.Heard, memory) {
		c.Same, c.Echoes = 0, 0
	}
}

func (f *Flood) silence(now, until time.Time, o Over) Over {
	c := f.open()
	c.Until = max(until.Unix(), now.Unix()+1)
	return o
}

// spoke remembers what is about to be said.
func (f *Flood) spoke(text string) {
	prints := fingerprints(text)
	if len(prints) == 0 {
		return
	}
	c := f.change()
	said := make([]uint32, 0, len(c.Said)+len(prints)) // its own: a conversation may be copied to see what would be said
	for _, p := range c.Said {
		if !slices.Contains(prints, p) {
			said = append(said, p)
		}
	}
	said = append(said, prints...)
	c.Said = said[max(0, len(said)-saidKept):]
}

// said tells whether a text, or a whole line of it, is one of ours.
func (f *Flood) said(text string) bool {
	c := f.open()
	return len(c.Said) > 0 && slices.ContainsFunc(fingerprints(text), func(p uint32) bool { return slices.Contains(c.Said, p) })
}

// Theirs is what of a text that comes back is not ours: its other lines.
func (f *Flood) Theirs(text string) string {
	said := f.open().Said
	if p, n := letters(text); n >= wholeText && slices.Contains(said, p) {
		return ""
	}
	var left strings.Builder
	for line := range strings.Lines(text) {
		if p, n := letters(line); n < oneLine || !slices.Contains(said, p) {
			left.WriteString(line)
		}
	}
	return left.String()
}

// within tells whether it began less than so long ago. A beginning that lies ahead is somebody's clock set back: it is over.
func within(now time.Time, began int64, long time.Duration) bool {
	since := now.Unix() - began
	return began > 0 && since >= 0 && since < int64(long/time.Second)
}
