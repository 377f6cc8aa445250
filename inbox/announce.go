package inbox

import (
	"context"
	"fmt"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// announceFor is how long an announcement stands that nobody renews: its node is gone.
const announceFor = 5 * time.Second

// Announcing tells whether a node copies in what it kept while the database was away: the same condition twice, since a turn asks it
// in its first batch, before it knows the time. One from the future is as dead as an old one: the clock was set back since. On SQLite
// there is one node, which takes its own announcement back.
const (
	announcedPostgres = `EXISTS (SELECT 1 FROM spools WHERE renewed_at > now() - interval '5 seconds'
		AND renewed_at < now() + interval '5 seconds')`
	announcedSQLite = `EXISTS (SELECT 1 FROM spools)`
)

func announced(e database.Engine) string {
	if e == database.Postgres {
		return announcedPostgres
	}
	return announcedSQLite
}

// Announce tells all nodes that this one copies in what it kept: until Unannounce messages are stored and their turns wait. It stands
// for 5 s; renew it.
func (in *Inbox) Announce(ctx context.Context, tx *database.Tx, node string) error {
	_, err := tx.Exec(ctx, `INSERT INTO spools (node, renewed_at) VALUES ($1, $2) ON CONFLICT (node) DO UPDATE SET renewed_at = $2`, node, tx.Now())
	if err != nil {
		return fmt.Errorf("announce spool: %w", err)
	}
	return nil
}

// Unannounce ends this node's announcement, and forgets those of nodes long gone. On SQLite every other is of a process that died here.
func (in *Inbox) Unannounce(ctx context.Context, tx *database.Tx, node string) (err error) {
	if tx.Engine() == database.SQLite {
		_, err = tx.Exec(ctx, `DELETE FROM spools`)
	} else {
		_, err = tx.Exec(ctx, `DELETE FROM spools WHERE node = $1 OR renewed_at < $2 OR renewed_at > $3`,
			node, tx.Now().Add(-announceFor), tx.Now().Add(announceFor))
	}
	if err != nil {
		return fmt.Errorf("end spool announcement: %w", err)
	}
	return nil
}

// Announced tells whether any node is copying in.
func (in *Inbox) Announced(ctx context.Context, tx *database.Tx) (yes bool, err error) {
	if err := tx.QueryRow(ctx, `SELECT `+announced(tx.Engine())).Scan(&yes); err != nil {
		return false, fmt.Errorf("look for spool announcements: %w", err)
	}
	return yes, nil
}

// ReadyToTake lists conversations with messages that wait for their turn and were never tried, at most limit. Those with one in retry
// have a job that takes them.
func (in *Inbox) ReadyToTake(ctx context.Context, tx *database.Tx, limit int) (ids []string, err error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT m.conversation_id FROM messages m WHERE m.inbound AND m.taken = 'waiting' AND m.tries = 0
		AND NOT EXISTS (SELECT 1 FROM messages w WHERE w.conversation_id = m.conversation_id AND w.inbound AND w.taken = 'waiting' AND w.tries > 0)
		LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("look for waiting messages: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("look for waiting messages: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Known tells whether a message has come before, by its provider's id.
func (in *Inbox) Known(ctx context.Context, tx *database.Tx, m channels.Message) (yes bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM received WHERE channel = $1 AND account = $2 AND provider_id = $3)`,
		string(m.Channel), m.Account, in.keys.Hash("received", m.ID)).Scan(&yes)
	if err != nil {
		return false, fmt.Errorf("look for received message: %w", err)
	}
	return yes, nil
}
