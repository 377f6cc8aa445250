package desk

import (
	"context"
	"sync"

	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/feed"
)

// teams remembers whose a conversation is, so that an event is looked up once a node and not once for each of its streams.
type teams struct {
	mu    sync.Mutex
	known map[string]teamAt
}

// teamAt is the team as it stood at an event.
type teamAt struct {
	team string
	n    int64
}

const rememberedTeams = 10_000

// of is the team that may see the event's conversation. A change of state may have moved it: then what was known before is looked up
// again.
func (t *teams) of(ctx context.Context, db *database.DB, e feed.Event) (string, error) {
	t.mu.Lock()
	at, known := t.known[e.Subject]
	t.mu.Unlock()
	if known && (e.Kind != inbox.FeedState || at.n >= e.N) {
		return at.team, nil
	}
	var team string
	err := db.Read(ctx, func(tx *database.Tx) (err error) {
		team, err = inbox.TeamOf(ctx, tx, e.Subject)
		return err
	})
	if err != nil {
		return "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= rememberedTeams {
		t.known = map[string]teamAt{}
	}
	if t.known[e.Subject].n < e.N {
		t.known[e.Subject] = teamAt{team, e.N}
	}
	return team, nil
}
