package concierge

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"concierge/cases"
	"concierge/inbox"
	"concierge/internal/database"
)

// Tell is the job that tells one follower of a case what is new.
type Tell struct {
	Case     string `json:"case"`
	Follower string `json:"follower"`
}

// Kind names the job.
func (Tell) Kind() string { return "tell" }

// Why somebody is told nothing, or later.
const (
	Muted    = "muted"
	OptedOut = "opted_out"
	Nothing  = "nothing" // nothing new for them: their own deed, or back to what they were told
	Merging  = "merging" // joins the message at the end of the merge window
	Quiet    = "quiet"   // waits for the morning
	Enough   = "enough"  // two a day are
)

// dailyUpdates is how much news of one case a follower gets on one day; fixed and closed are always told.
const dailyUpdates = 2

// quietJitter spreads what waited for the morning.
const quietJitter = 20 * time.Minute

// Changed works the job case_changed: one job Tell for each follower who may have to hear. Twice is harmless: a follower who was told
// has nothing new.
func (t *Teller) Changed(ctx context.Context, j cases.Changed) error {
	return t.s.DB.Write(ctx, func(tx *database.Tx) error {
		followers, err := t.s.Cases.Followers(ctx, tx, j.Case)
		if err != nil {
			return err
		}
		updates, err := t.s.Cases.Updates(ctx, tx, j.Case, 0)
		if err != nil {
			return err
		}
		for _, f := range followers {
			if !f.MutedAt.IsZero() || len(cases.News(updates, f)) == 0 {
				continue
			}
			if err := t.s.Queue.Enqueue(ctx, tx, Tell{j.Case, f.ID}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Tell works the job tell: it words what is new for the follower, writes it and remembers it, in one transaction. Twice is harmless.
func (t *Teller) Tell(ctx context.Context, j Tell) error {
	err := t.s.DB.Write(ctx, func(tx *database.Tx) error {
		n, err := t.locked(ctx, tx, j)
		if err != nil {
			return err
		}
		if n.At.After(tx.Now()) {
			return t.s.Queue.EnqueueAt(ctx, tx, j, n.At)
		}
		for _, w := range n.Words {
			if err := t.s.Inbox.Write(ctx, tx, n.Conversation, inbox.Update, w); err != nil {
				return err
			}
		}
		return t.s.Cases.Told(ctx, tx, n.Follower.ID, n.Seq, len(n.Words) > 0)
	})
	if errors.Is(err, cases.ErrNotFound) || errors.Is(err, inbox.ErrNoConversation) {
		return nil // erased meanwhile
	}
	return err
}

// Notice is what one follower reads of a change, and when; or why they read nothing.
type Notice struct {
	Follower     cases.Follower
	Conversation *inbox.Conversation
	Words        []inbox.Words
	Seq          int64     // what they know afterwards
	At           time.Time // when it is sent
	Why          string    // Muted, OptedOut, Nothing: no words · Merging, Quiet, Enough: At is later
}

// locked is the notice of a follower with all it rests on held. Locks go conversation, case, follower: the order of a turn.
func (t *Teller) locked(ctx context.Context, tx *database.Tx, j Tell) (Notice, error) {
	f, err := t.s.Cases.Follower(ctx, tx, j.Follower)
	if err != nil {
		return Notice{}, err
	}
	c, err := t.s.Inbox.Lock(ctx, tx, string(f.Conversation))
	if err != nil {
		return Notice{}, err
	}
	one, err := t.s.Cases.Lock(ctx, tx, j.Case)
	if err != nil {
		return Notice{}, err
	}
	if f, err = t.s.Cases.LockFollower(ctx, tx, j.Follower); err != nil {
		return Notice{}, err
	}
	return t.notice(ctx, tx, one, f, c)
}

// notice is what telling this follower now would say.
func (t *Teller) notice(ctx context.Context, tx *database.Tx, one cases.Case, f cases.Follower, c *inbox.Conversation) (Notice, error) {
	updates, err := t.s.Cases.Updates(ctx, tx, one.ID, 0)
	if err != nil {
		return Notice{}, err
	}
	n := Notice{Follower: f, Conversation: c, Seq: one.LastSeq, At: tx.Now()}
	news := cases.News(updates, f)
	switch {
	case !f.MutedAt.IsZero():
		n.Why = Muted
	case !c.OptedOutAt.IsZero():
		n.Why = OptedOut
	case len(news) == 0:
		n.Why = Nothing
	}
	if n.Why != "" {
		return n, nil
	}
	if n.At, n.Why, err = t.when(ctx, tx, one, f); err != nil {
		return Notice{}, err
	}
	n.Words, err = t.Word(ctx, tx, f, news)
	return n, err
}

// when is the moment news may be sent: the first at once, what follows within the merge window at its end; in quiet hours the
// morning after; the third of a day on the next. A council that merges nothing wants each change told at once: no third waits.
func (t *Teller) when(ctx context.Context, tx *database.Tx, one cases.Case, f cases.Follower) (time.Time, string, error) {
	at, why := tx.Now(), ""
	if end := f.ToldAt.Add(t.s.Council.Cases.Merge); t.toldByMessage(f) && end.After(at) {
		at, why = end, Merging
	}
	if one.Status.Open() && t.s.Council.Cases.Merge > 0 {
		n, err := t.today(ctx, tx, f, at)
		if err != nil {
			return at, "", err
		}
		if n >= dailyUpdates {
			at, why = t.midnight(at), Enough
		}
	}
	if until, quiet := t.s.Council.Quiet(at); quiet {
		return until.Add(jitter(f.ID)), Quiet, nil
	}
	return at, why, nil
}

// toldByMessage tells a follower who was written to unasked: filing and joining are answered in the talk, and open no window.
func (t *Teller) toldByMessage(f cases.Follower) bool {
	return !f.ToldAt.IsZero() && f.ToldAt.After(f.CreatedAt)
}

// today counts the news of this case that this follower was sent on the council's day of at.
func (t *Teller) today(ctx context.Context, tx *database.Tx, f cases.Follower, at time.Time) (n int, err error) {
	y, m, d := at.In(t.s.Council.TimeZone).Date()
	begin := time.Date(y, m, d, 0, 0, 0, 0, t.s.Council.TimeZone).UTC()
	err = tx.QueryRow(ctx, `SELECT COUNT(*) FROM messages WHERE conversation_id = $1 AND case_id = $2 AND kind = 'update' AND NOT inbound
		AND created_at >= $3 AND cause LIKE 'update:%' AND cause NOT LIKE '%.%'`, string(f.Conversation), f.CaseID, begin).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count today's news: %w", err)
	}
	return n, nil
}

func (t *Teller) midnight(at time.Time) time.Time {
	y, m, d := at.In(t.s.Council.TimeZone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, t.s.Council.TimeZone).UTC()
}

// jitter is a follower's own share of quietJitter: the same each time, so that the preview can say it.
func jitter(follower string) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(follower))
	return time.Duration(h.Sum32()%uint32(quietJitter/time.Second)) * time.Second
}
