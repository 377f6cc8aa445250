package inbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"concierge/council"
	"concierge/internal/database"
	"concierge/internal/phrase"
)

// measured is how many stretches it takes before we tell residents how long one usually waits.
const measured = 20

// sayPassed says that a person comes, and when: at once, or once the office opens again.
func (h *Handoffs) sayPassed(ctx context.Context, tx *database.Tx, s *standing, why Reason) error {
	var lines []phrase.Line
	if why == Flooding { // the one line: a machine may read it
		return h.say(ctx, tx, s, "passed:"+s.Open.ID, line("handoff.flood"))
	}
	if why == EngineError {
		lines = append(lines, line("handoff.broken"))
	}
	now := tx.Now()
	if !h.council.Open(now) {
		return h.say(ctx, tx, s, "passed:"+s.Open.ID, append(lines, h.shutLines(now)...)...)
	}
	lines = append(lines, line("handoff.passed", phrase.Var{Name: "Council", Text: h.council.Name}))
	wait, known, err := h.UsualWait(ctx, tx, s.Open.Team)
	if err != nil {
		return err
	}
	if known {
		lines = append(lines, line("handoff.wait", phrase.Var{Name: "Count", Count: max(1, int(wait.Round(time.Minute)/time.Minute))}))
	}
	return h.say(ctx, tx, s, "passed:"+s.Open.ID, append(lines, line("handoff.bot"))...)
}

// shutLines say when the team is back, and whom to call when it cannot wait.
func (h *Handoffs) shutLines(now time.Time) []phrase.Line {
	lines := []phrase.Line{line("handoff.shut_plain")}
	if opens := h.council.NextOpen(now); !opens.IsZero() {
		opens = opens.In(h.council.TimeZone)
		lines[0] = line("handoff.shut", phrase.Var{Name: "Day", Date: opens.Format(time.DateOnly)}, phrase.Var{Name: "Time", Text: opens.Format("15:04")})
	}
	if call, ok := h.council.Line("emergency", now); ok {
		lines = append(lines, line("handoff.emergency", phrase.Var{Name: "Phone", Text: call}))
	}
	return append(lines, line("handoff.leave_message"))
}

// sayJoined says who has joined, once for a person and stretch.
func (h *Handoffs) sayJoined(ctx context.Context, tx *database.Tx, s *standing, a Actor) error {
	// Kept: their words go out whoever has the conversation by then, and should not come from nobody.
	return h.in.Write(ctx, tx, s.Conversation, Reply, Words{Lines: []phrase.Line{h.joined(s.Open, a)}, Cause: "joined:" + s.Open.ID + ":" + a.ID, Keep: true})
}

func (h *Handoffs) joined(open *Handoff, a Actor) phrase.Line {
	name := phrase.Var{Name: "Name", Text: firstName(a.Name)}
	if open.Team == "" {
		return line("handoff.joined_plain", name)
	}
	return line("handoff.joined", name, phrase.Var{Name: "Team", Key: "team." + open.Team})
}

// say writes lines to the resident; the cause makes the second run harmless.
func (h *Handoffs) say(ctx context.Context, tx *database.Tx, s *standing, cause string, lines ...phrase.Line) error {
	return h.in.Write(ctx, tx, s.Conversation, Reply, Words{Lines: lines, Cause: cause})
}

// named tells whether the resident has been told the name of somebody in this stretch.
func named(ctx context.Context, tx *database.Tx, conversation, handoff string) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM messages WHERE conversation_id = $1 AND NOT inbound AND cause LIKE $2`,
		conversation, "joined:"+handoff+":%").Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for a name: %w", err)
	}
	return n > 0, nil
}

// UsualWait is the median time to a first reply in this team's latest stretches, in office time; known from 20 of them on.
func (h *Handoffs) UsualWait(ctx context.Context, tx *database.Tx, team string) (wait time.Duration, known bool, err error) {
	rows, err := tx.Query(ctx, `SELECT requested_at, first_reply_at FROM handoffs WHERE team = $1 AND first_reply_at IS NOT NULL
		AND reason <> 'taken_over' ORDER BY requested_at DESC LIMIT 100`, team)
	if err != nil {
		return 0, false, fmt.Errorf("measure the wait: %w", err)
	}
	defer rows.Close()
	var waits []time.Duration
	for rows.Next() {
		var from, to time.Time
		if err := rows.Scan(&from, &to); err != nil {
			return 0, false, fmt.Errorf("measure the wait: %w", err)
		}
		waits = append(waits, officeTime(h.council, from, to))
	}
	if len(waits) < measured {
		return 0, false, rows.Err()
	}
	slices.Sort(waits)
	return waits[len(waits)/2], true, rows.Err()
}

// officeTime is how much of a stretch the office was open.
func officeTime(c *council.Council, from, to time.Time) (sum time.Duration) {
	for range 400 { // a year of days; more is no wait
		from = c.NextOpen(from)
		if from.IsZero() || !from.Before(to) {
			return sum
		}
		local := from.In(c.TimeZone)
		span := c.Office.Hours[local.Weekday()]
		shut := time.Date(local.Year(), local.Month(), local.Day(), int(span.To)/60, int(span.To)%60, 0, 0, c.TimeZone)
		if !shut.After(from) { // it runs past midnight
			shut = shut.AddDate(0, 0, 1)
		}
		if shut.After(to) {
			shut = to
		}
		sum += shut.Sub(from)
		from = shut
	}
	return sum
}

func line(key string, vars ...phrase.Var) phrase.Line { return phrase.Say(key, vars...) }

// Waited is how long somebody has waited while the office was open.
func (h *Handoffs) Waited(from, to time.Time) time.Duration { return officeTime(h.council, from, to) }
