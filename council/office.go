package council

import (
	"fmt"
	"strings"
	"time"
)

// Office is when people are there.
type Office struct {
	Hours    Week   `yaml:"hours"`
	Closing  Clock  `yaml:"closing"` // the end of a working day, for targets
	Holidays []Date `yaml:"holidays"`
}

// Week holds one span for each open weekday.
//
//	{mon: "09:00-17:00", fri: "09:00-16:30"}
type Week map[time.Weekday]Span

// Span is a stretch of the day; To before From runs past midnight. The zero Span is none.
type Span struct{ From, To Clock }

// Clock is minutes after midnight: 17:00 is 1020.
type Clock int

// Date is a day without a time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Line is one number to give, and when somebody answers there.
type Line struct {
	Open When   `yaml:"open"`
	Call string `yaml:"call"`
}

// When is office hours, always, or a week of its own.
type When struct {
	Always, Office bool
	Week           Week
}

// IsZero tells an empty span.
func (s Span) IsZero() bool { return s.From == s.To }

// String is "21:00-08:00".
func (s Span) String() string {
	if s.IsZero() {
		return ""
	}
	return s.From.String() + "-" + s.To.String()
}

// String is "17:00".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// String is "2026-12-25".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

func dateOf(at time.Time) Date {
	y, m, d := at.Date()
	return Date{y, m, d}
}

func (d Date) add(days int) Date {
	return dateOf(time.Date(d.Year, d.Month, d.Day+days, 12, 0, 0, 0, time.UTC))
}

func (d Date) weekday() time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC).Weekday()
}

func (d Date) at(c Clock, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, int(c)/60, int(c)%60, 0, 0, zone)
}

func clockOf(at time.Time) Clock { return Clock(at.Hour()*60 + at.Minute()) }

// Open tells whether the office is open at that moment.
func (c *Council) Open(at time.Time) bool {
	at = at.In(c.TimeZone)
	return c.WorkingDay(at) && c.Office.Hours.open(at)
}

// NextOpen is the first moment from then on at which the office is open; the moment itself when it is open now. The zero time: it
// never is, or not within a year.
func (c *Council) NextOpen(at time.Time) time.Time {
	if c.Open(at) {
		return at
	}
	at = at.In(c.TimeZone)
	day := dateOf(at)
	for range 366 {
		span, works := c.Office.Hours[day.weekday()]
		if opens := day.at(span.From, c.TimeZone); works && !c.holiday(day) && opens.After(at) {
			return opens
		}
		day = day.add(1)
	}
	return time.Time{}
}

// WorkingDay tells whether that day, in the council's zone, has office hours and is no holiday.
func (c *Council) WorkingDay(at time.Time) bool { return c.works(dateOf(at.In(c.TimeZone))) }

// WorkingDays counts the working days after the day of from, up to and with the day of to.
func (c *Council) WorkingDays(from, to time.Time) int {
	day, last := dateOf(from.In(c.TimeZone)), dateOf(to.In(c.TimeZone))
	n := 0
	for day.before(last) {
		day = day.add(1)
		if c.works(day) {
			n++
		}
	}
	return n
}

// AddWorkingDays is the Nth working day after day zero, which is the day of at if it works and has not closed, else the next.
func (c *Council) AddWorkingDays(at time.Time, n int) Date {
	at = at.In(c.TimeZone)
	day := dateOf(at)
	if !c.works(day) || clockOf(at) >= c.Office.Closing {
		day = c.nextWorkingDay(day)
	}
	for range n {
		day = c.nextWorkingDay(day)
	}
	return day
}

// WorkingDayBefore is the Nth working day before the day of at: two of them before a promised date staff are asked for a new one.
func (c *Council) WorkingDayBefore(at time.Time, n int) Date {
	day := dateOf(at.In(c.TimeZone))
	for range n {
		for i := 0; i < 366; i++ {
			day = day.add(-1)
			if c.works(day) {
				break
			}
		}
	}
	return day
}

// At is a clock time on a day of the council's.
func (c *Council) At(d Date, hour, minute int) time.Time {
	return d.at(Clock(hour*60+minute), c.TimeZone)
}

// Quiet tells whether residents are left alone at that moment, and until when.
func (c *Council) Quiet(at time.Time) (until time.Time, quiet bool) {
	span := c.Channels.QuietHours
	local := at.In(c.TimeZone)
	if span.IsZero() || !span.holds(clockOf(local)) {
		return time.Time{}, false
	}
	until = dateOf(local).at(span.To, c.TimeZone)
	if !until.After(at) {
		until = dateOf(local).add(1).at(span.To, c.TimeZone)
	}
	return until, true
}

// Line gives the number of the first line of that name open at that moment.
func (c *Council) Line(name string, at time.Time) (call string, ok bool) {
	for _, l := range c.Lines[name] {
		if c.answers(l.Open, at) {
			return l.Call, true
		}
	}
	return "", false
}

func (c *Council) answers(w When, at time.Time) bool {
	switch {
	case w.Always:
		return true
	case w.Office:
		return c.Open(at)
	default:
		return w.Week.open(at.In(c.TimeZone))
	}
}

// open looks at the span of today and at one of yesterday that ran past midnight.
func (w Week) open(local time.Time) bool {
	now := clockOf(local)
	if s, ok := w[local.Weekday()]; ok && now >= s.From && (now < s.To || s.To <= s.From) {
		return true
	}
	s, ok := w[(local.Weekday()+6)%7]
	return ok && s.To < s.From && now < s.To
}

func (s Span) holds(now Clock) bool {
	if s.From < s.To {
		return now >= s.From && now < s.To
	}
	return now >= s.From || now < s.To
}

func (c *Council) closing(d Date) time.Time { return d.at(c.Office.Closing, c.TimeZone) }

func (c *Council) works(d Date) bool {
	_, open := c.Office.Hours[d.weekday()]
	return open && !c.holiday(d)
}

func (c *Council) holiday(d Date) bool {
	for _, h := range c.Office.Holidays {
		if h == d {
			return true
		}
	}
	return false
}

func (c *Council) nextWorkingDay(d Date) Date {
	for range 366 {
		d = d.add(1)
		if c.works(d) {
			return d
		}
	}
	return d // a council that never works: Load has refused it
}

func (d Date) before(e Date) bool {
	if d.Year != e.Year {
		return d.Year < e.Year
	}
	if d.Month != e.Month {
		return d.Month < e.Month
	}
	return d.Day < e.Day
}

var weekdays = map[string]time.Weekday{"mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday,
	"fri": time.Friday, "sat": time.Saturday, "sun": time.Sunday}

func parseClock(s string) (Clock, error) {
	at, err := time.Parse("15:04", s)
	if err != nil || len(s) != 5 {
		return 0, fmt.Errorf("%q is no time of day: write it like \"17:00\"", s)
	}
	return Clock(at.Hour()*60 + at.Minute()), nil
}

func parseSpan(s string) (Span, error) {
	if s == "" {
		return Span{}, nil
	}
	from, to, ok := strings.Cut(s, "-")
	a, err := parseClock(from)
	b, err2 := parseClock(to)
	if !ok || err != nil || err2 != nil || a == b {
		return Span{}, fmt.Errorf("%q is no span of hours: write it like \"09:00-17:00\"", s)
	}
	return Span{a, b}, nil
}

func parseDate(s string) (Date, error) {
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is no date: write it like 2026-12-25", s)
	}
	return dateOf(at), nil
}
