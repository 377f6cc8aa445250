package seal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"concierge/internal/database"
)

// Column is a sealed column, in SQL. Its rows are walked by their id.
type Column struct {
	Table  string // as it was sealed with
	Name   string // of the column, for the test that knows all of them
	Count  string // how many rows there are
	Read   string // id and column of the rows after $1, by id, at most $2
	Write  string // sets the column to $1 where the id is $2 and the column still $3
	AtOnce int    // rows a transaction
}

// Progress is how far the change to a data key has come.
type Progress struct {
	Key         string
	Pass        int
	Seen, Total int64         // rows of this pass
	Wait        time.Duration // nothing to do before
	Shut        int64         // rows of the pass that has just ended which no key opens
	Done        bool
}

// A new key is used once every node has had the time to learn of it. The old ones are retired after a walk that found nothing under
// them, and that began when no node could seal under them any more: staleAfter, and a transaction's time.
const (
	useAfter    = 5 * time.Second
	retireAfter = time.Minute
)

// What Begin and Step may say.
var (
	ErrRewrapFirst = errors.New("keys are still wrapped by the old secret: run `concierge reseal secret` first, so that every node can read a new key")
	ErrShut        = errors.New("rows are sealed under no key of this database: none is retired, and they stay as they are")
)

// Begin makes a new data key, or gives the one whose reseal has not ended: fresh tells which. The caller's transaction holds the job
// that goes on.
func (k *Keys) Begin(ctx context.Context, tx *database.Tx, columns []Column) (name string, fresh bool, err error) {
	if old, err := k.Old(ctx, tx); err != nil || old > 0 {
		return "", false, errors.Join(err, cond(old > 0, ErrRewrapFirst))
	}
	err = tx.QueryRow(ctx, `SELECT key FROM reseals WHERE ended_at IS NULL`).Scan(&name)
	if err == nil || !errors.Is(err, database.ErrNoRows) {
		return name, false, err
	}
	name, err = k.next(ctx, tx, dataKind)
	if err != nil {
		return "", false, err
	}
	total, err := count(ctx, tx, columns)
	if err != nil {
		return "", false, err
	}
	from := tx.Now().Add(useAfter)
	if err := k.make(ctx, tx, name, &from); err != nil {
		return "", false, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO reseals (key, pass_began_at, began_at, rows_total) VALUES ($1, $2, $2, $3)`, name, tx.Now(), total)
	if err != nil {
		return "", false, fmt.Errorf("begin reseal: %w", err)
	}
	return name, true, nil
}

func cond(yes bool, err error) error {
	if yes {
		return err
	}
	return nil
}

// next is the name of a key that never was: numbers are not used twice.
func (k *Keys) next(ctx context.Context, tx *database.Tx, kind string) (string, error) {
	list, err := tx.Query(ctx, `SELECT name FROM keys`)
	if err != nil {
		return "", fmt.Errorf("read keys: %w", err)
	}
	defer list.Close()
	var most uint16
	for list.Next() {
		var name string
		if err := list.Scan(&name); err != nil {
			return "", fmt.Errorf("read keys: %w", err)
		}
		if of, number, err := parse(name); err == nil && of == kind {
			most = max(most, number)
		}
	}
	return fmt.Sprintf("%s-%d", kind, most+1), list.Err()
}

func count(ctx context.Context, tx *database.Tx, columns []Column) (total int64, err error) {
	for _, c := range columns {
		var n int64
		if err := tx.QueryRow(ctx, c.Count).Scan(&n); err != nil {
			return 0, fmt.Errorf("count %s: %w", c.Table, err)
		}
		total += n
	}
	return total, nil
}

// Status is how far the last reseal has come; Done when there was none.
func Status(ctx context.Context, tx *database.Tx) (p Progress, err error) {
	var ended *time.Time
	err = tx.QueryRow(ctx, `SELECT key, pass, rows_seen, rows_total, ended_at FROM reseals ORDER BY began_at DESC LIMIT 1`).
		Scan(&p.Key, &p.Pass, &p.Seen, &p.Total, &ended)
	if errors.Is(err, database.ErrNoRows) {
		return Progress{Done: true}, nil
	}
	p.Done = ended != nil
	return p, err
}
