package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"concierge/internal/database"
	"concierge/internal/phrase"
)

// HandoffTimers is the periodic job, every 30 s, that moves what only time moves. Its body is Tick.
type HandoffTimers struct{}

// Kind implements river.JobArgs.
func (HandoffTimers) Kind() string { return "handoff_timers" }

const (
	lostAfter  = 10 * time.Minute // an absent agent's waiting resident goes to the queue
	botCloses  = 24 * time.Hour   // without a word, a conversation with the concierge is closed
	windowLead = 2 * time.Hour    // WhatsApp: the reminder goes while free text may
	tickLimit  = 500              // conversations a tick
)

// Tick moves the conversations whose time has come, each in a transaction of its own. It may run twice, and on two nodes: every step
// looks again under the row's lock, and says each line once by its cause.
func (h *Handoffs) Tick(ctx context.Context, db *database.DB) error {
	due, err := h.due(ctx, db)
	if err != nil {
		return err
	}
	var failed error
	for _, id := range due {
		err := db.Write(ctx, func(tx *database.Tx) error { return h.tick(ctx, tx, id) })
		failed = errors.Join(failed, err)
	}
	return errors.Join(failed, db.Write(ctx, h.closeQuiet(ctx)))
}

// due are the conversations with people for which something may be due by the clock alone.
func (h *Handoffs) due(ctx context.Context, db *database.DB) (ids []string, err error) {
	err = db.Read(ctx, func(tx *database.Tx) error {
		now := tx.Now()
		rows, err := tx.Query(ctx, `SELECT c.id FROM conversations c JOIN handoffs h ON h.conversation_id = c.id AND h.ended_at IS NULL
			WHERE c.owner IN ('queue', 'agent') AND ((c.owner = 'queue' AND h.first_reply_at IS NULL AND h.requested_at <= $1)
			OR c.state = 'waiting' OR (c.state = 'snoozed' AND c.snoozed_until <= $2)
			OR (c.owner = 'agent' AND c.state = 'active' AND c.inbound_at <= $3)) ORDER BY c.id LIMIT 10000`,
			now.Add(-h.council.Timers.Hold), now, now.Add(-lostAfter))
		if err != nil {
			return fmt.Errorf("list handoffs: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return fmt.Errorf("list handoffs: %w", err)
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return h.pressing(ctx, db, ids)
}

// pressing leaves out those nothing is due for, by a look without a lock: a tick must not lock the whole queue.
func (h *Handoffs) pressing(ctx context.Context, db *database.DB, ids []string) (due []string, err error) {
	err = db.Read(ctx, func(tx *database.Tx) error {
		for _, id := range ids {
			c, err := h.in.Get(ctx, tx, id)
			if errors.Is(err, ErrNoConversation) {
				continue
			}
			if err != nil {
				return err
			}
			s, err := h.standing(ctx, tx, c)
			if err != nil {
				return err
			}
			step, err := h.next(ctx, tx, s)
			if err != nil {
				return err
			}
			if step != nil && len(due) < tickLimit {
				due = append(due, id)
			}
		}
		return nil
	})
	return due, err
}

func (h *Handoffs) tick(ctx context.Context, tx *database.Tx, id string) error {
	c, err := h.in.Lock(ctx, tx, id)
	if errors.Is(err, ErrNoConversation) {
		return nil
	}
	if err != nil {
		return err
	}
	s, err := h.standing(ctx, tx, c)
	if err != nil {
		return err
	}
	step, err := h.next(ctx, tx, s)
	if err != nil || step == nil {
		return err
	}
	if err := step(); err != nil {
		return err
	}
	return h.finish(ctx, tx, s, "", "", "")
}

// next is the step that is due for a conversation; nil: none.
func (h *Handoffs) next(ctx context.Context, tx *database.Tx, s *standing) (func() error, error) {
	if s.Open == nil {
		return nil, nil
	}
	if s.Owner == Queue {
		return h.nextInQueue(ctx, tx, s)
	}
	if s.Owner != AnAgent {
		return nil, nil
	}
	now := tx.Now()
	switch s.State {
	case Snoozed:
		if s.SnoozedUntil.After(now) {
			return nil, nil
		}
		return func() error { return h.wake(ctx, tx, s) }, nil
	case Active:
		return h.nextWithAgent(ctx, tx, s, now)
	}
	return h.nextWaiting(ctx, tx, s, now)
}

// nextInQueue: a holding line, then an offer to go on with the concierge; when the office shuts, once a day, when it is back.
func (h *Handoffs) nextInQueue(ctx context.Context, tx *database.Tx, s *standing) (func() error, error) {
	now, timers := tx.Now(), h.council.Timers
	if s.Open.FirstReplyAt != nil || s.Open.Reason == Flooding { // silence, until a person answers
		return nil, nil
	}
	if !h.council.Open(now) {
		if officeTime(h.council, s.Open.RequestedAt, now) == 0 { // they came while it was shut, and were told
			return nil, nil
		}
		return h.once(ctx, tx, s, "shut:"+s.Open.ID+":"+now.In(h.council.TimeZone).Format(time.DateOnly), h.shutLines(now)...)
	}
	waited := officeTime(h.council, s.Open.RequestedAt, now)
	if timers.Offer > 0 && waited >= timers.Offer {
		return h.once(ctx, tx, s, "offer:"+s.Open.ID, line("handoff.offer", phrase.Var{Name: "Date", Date: h.answerBy(now)}))
	}
	if timers.Hold > 0 && waited >= timers.Hold {
		return h.once(ctx, tx, s, "hold:"+s.Open.ID, line("handoff.hold"))
	}
	return nil, nil
}

// answerBy is the day by which somebody will have answered: the next working day.
func (h *Handoffs) answerBy(now time.Time) string { return h.council.AddWorkingDays(now, 1).String() }

// once says lines unless they were said before.
func (h *Handoffs) once(ctx context.Context, tx *database.Tx, s *standing, cause string, lines ...phrase.Line) (func() error, error) {
	said, err := written(ctx, tx, cause)
	if err != nil || said {
		return nil, err
	}
	return func() error { return h.say(ctx, tx, s, cause, lines...) }, nil
}

// nextWithAgent: somebody waits for an agent who is gone.
func (h *Handoffs) nextWithAgent(ctx context.Context, tx *database.Tx, s *standing, now time.Time) (func() error, error) {
	if now.Sub(s.InboundAt) < lostAfter {
		return nil, nil
	}
	var seen *time.Time
	if err := tx.QueryRow(ctx, `SELECT seen_at FROM staff WHERE id = $1`, s.AgentID).Scan(&seen); err != nil && !errors.Is(err, database.ErrNoRows) {
		return nil, fmt.Errorf("look for agent: %w", err)
	}
	if seen != nil && now.Sub(*seen) < absentAfter+lostAfter {
		return nil, nil
	}
	waits, err := residentWaits(ctx, tx, s.ID)
	if err != nil || !waits {
		return nil, err
	}
	return func() error { return h.toQueue(ctx, tx, s) }, nil
}

// residentWaits tells whether the resident spoke after the last words of a person.
func residentWaits(ctx context.Context, tx *database.Tx, id string) (bool, error) {
	var theirs, ours int64
	err := tx.QueryRow(ctx, `SELECT COALESCE(MAX(CASE WHEN inbound THEN seq END), 0), COALESCE(MAX(CASE WHEN kind = 'agent' THEN seq END), 0)
		FROM messages WHERE conversation_id = $1`, id).Scan(&theirs, &ours)
	if err != nil {
		return false, fmt.Errorf("look who waits: %w", err)
	}
	return theirs > ours, nil
}

// nextWaiting: one reminder, then the end.
func (h *Handoffs) nextWaiting(ctx context.Context, tx *database.Tx, s *standing, now time.Time) (func() error, error) {
	since, err := lastWords(ctx, tx, s.ID)
	if err != nil || since.IsZero() {
		return nil, err
	}
	timers := h.council.Timers
	if timers.Close > 0 && now.Sub(since) >= timers.Close {
		return func() error { s.end(now, Closed, "", NoAnswer); return nil }, nil
	}
	remind := since.Add(timers.Remind)
	if end, has := s.WindowEnds(); has && end.Add(-windowLead).Before(remind) {
		remind = end.Add(-windowLead)
	}
	if timers.Remind <= 0 || now.Before(remind) || s.WindowShut(now) || !s.OptedOutAt.IsZero() {
		return nil, nil
	}
	cause := "remind:" + s.Open.ID + ":" + since.UTC().Format(time.RFC3339)
	said, err := written(ctx, tx, cause)
	if err != nil || said {
		return nil, err
	}
	return func() error {
		return h.in.Write(ctx, tx, s.Conversation, Update, Words{Lines: []phrase.Line{line("handoff.remind")}, Cause: cause})
	}, nil
}

// lastWords is when a person last wrote; zero: never.
func lastWords(ctx context.Context, tx *database.Tx, id string) (at time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT created_at FROM messages WHERE conversation_id = $1 AND kind = 'agent' ORDER BY seq DESC LIMIT 1`, id).Scan(&at)
	if errors.Is(err, database.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("look for last words: %w", err)
	}
	return at, nil
}

// wake ends a snooze; when its agent is gone the conversation is anybody's.
func (h *Handoffs) wake(ctx context.Context, tx *database.Tx, s *standing) error {
	there, err := present(ctx, tx, s.AgentID)
	if err != nil {
		return err
	}
	if !there {
		return h.toQueue(ctx, tx, s)
	}
	s.State, s.SnoozedUntil = Active, time.Time{}
	s.Version++
	return nil
}

// closeQuiet closes what has been with the concierge for a day without a word: else they pile up.
func (h *Handoffs) closeQuiet(ctx context.Context) func(*database.Tx) error {
	return func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE conversations SET state = 'closed', version = version + 1 WHERE owner = 'bot' AND state = 'active'
			AND inbound_at < $1 AND created_at < $1 AND nudge_at IS NULL`, tx.Now().Add(-botCloses))
		if err != nil {
			return fmt.Errorf("close quiet conversations: %w", err)
		}
		return PurgeDrafts(ctx, tx)
	}
}
