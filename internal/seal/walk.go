package seal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"concierge/internal/database"
	"concierge/internal/failpoint"
)

// walk is the row of a reseal that has not ended.
type walk struct {
	Progress
	place, after string
	began        time.Time // this pass
	from         time.Time // when the key is used
	moved, shut  int64     // in this pass
}

// Step reseals the next rows, one transaction. Killed in it nothing is half done, and done twice at once the second finds nothing to
// do: a row is changed only while it holds what was read.
func (k *Keys) Step(ctx context.Context, columns []Column) (p Progress, err error) {
	if err := k.learn(); err != nil {
		return p, err
	}
	err = k.db.Write(ctx, func(tx *database.Tx) error {
		var w walk
		err := tx.QueryRow(ctx, `SELECT r.key, r.place, r.after, r.pass, r.pass_began_at, r.pass_moved, r.pass_shut, r.rows_seen, r.rows_total, k.used_from
			FROM reseals r JOIN keys k ON k.name = r.key WHERE r.ended_at IS NULL`+tx.ForUpdate()).
			Scan(&w.Key, &w.place, &w.after, &w.Pass, &w.began, &w.moved, &w.shut, &w.Seen, &w.Total, &w.from)
		if errors.Is(err, database.ErrNoRows) {
			p.Done = true
			return nil
		}
		if err != nil {
			return fmt.Errorf("read reseal: %w", err)
		}
		begins := w.from
		if w.began.After(begins) {
			begins = w.began
		}
		if w.Wait = begins.Sub(tx.Now()); w.Wait <= 0 {
			err = k.step(ctx, tx, columns, &w)
		}
		p = w.Progress
		return err
	})
	if err == nil && p.Shut > 0 {
		err = fmt.Errorf("%w: %d", ErrShut, p.Shut)
	}
	return p, err
}

func (k *Keys) step(ctx context.Context, tx *database.Tx, columns []Column, w *walk) error {
	at := 0
	for i, c := range columns {
		if w.place == c.Table+"."+c.Name {
			at = i
		}
	}
	n, err := k.chunk(ctx, tx, columns[at], w)
	if err != nil {
		return err
	}
	if n == columns[at].AtOnce {
		return w.save(ctx, tx, columns[at])
	}
	if w.after = ""; at+1 < len(columns) {
		return w.save(ctx, tx, columns[at+1])
	}
	return k.passed(ctx, tx, columns, w)
}

// passed ends a pass: with the retirement of the old keys if it found nothing, else with another pass.
func (k *Keys) passed(ctx context.Context, tx *database.Tx, columns []Column, w *walk) error {
	safe := w.from.Add(retireAfter)
	if w.moved == 0 && w.shut == 0 && !w.began.Before(safe) {
		return w.retire(ctx, tx)
	}
	total, err := count(ctx, tx, columns)
	if err != nil {
		return err
	}
	w.Shut = w.shut
	w.Pass, w.began, w.moved, w.shut, w.Seen, w.Total = w.Pass+1, tx.Now(), 0, 0, 0, total
	if w.Wait = safe.Sub(tx.Now()); w.Wait > 0 {
		w.began = safe
	}
	return w.save(ctx, tx, columns[0])
}

// chunk reseals the next rows of one column and tells how many it saw.
func (k *Keys) chunk(ctx context.Context, tx *database.Tx, c Column, w *walk) (int, error) {
	_, newest, err := parse(w.Key)
	if err != nil {
		return 0, err
	}
	r := k.ring.Load()
	if r.data[newest] == nil {
		return 0, ErrSecret
	}
	ids, sealed, err := c.read(ctx, tx, w.after)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", c.Table, err)
	}
	var b database.Batch
	for i, id := range ids {
		plain, under, err := r.open(c.Table, id, sealed[i])
		if err != nil {
			w.shut++
			continue
		}
		if under != newest {
			w.moved++
			b.Exec(c.Write, r.data[newest].seal(c.Table, id, plain), id, sealed[i])
		}
	}
	if err := tx.Run(ctx, &b); err != nil {
		return 0, fmt.Errorf("reseal %s: %w", c.Table, err)
	}
	failpoint.Hit("reseal: before commit")
	if len(ids) > 0 {
		w.after = ids[len(ids)-1]
	}
	w.Seen += int64(len(ids))
	return len(ids), nil
}

func (c Column) read(ctx context.Context, tx *database.Tx, after string) (ids []string, sealed [][]byte, err error) {
	list, err := tx.Query(ctx, c.Read, after, c.AtOnce)
	if err != nil {
		return nil, nil, err
	}
	defer list.Close()
	for list.Next() {
		var id string
		var s []byte
		if err := list.Scan(&id, &s); err != nil {
			return nil, nil, err
		}
		ids, sealed = append(ids, id), append(sealed, s)
	}
	return ids, sealed, list.Err()
}

func (w *walk) save(ctx context.Context, tx *database.Tx, c Column) error {
	_, err := tx.Exec(ctx, `UPDATE reseals SET place = $1, after = $2, pass = $3, pass_began_at = $4, pass_moved = $5, pass_shut = $6, rows_seen = $7,
		rows_total = $8 WHERE key = $9`, c.Table+"."+c.Name, w.after, w.Pass, w.began, w.moved, w.shut, w.Seen, w.Total, w.Key)
	if err != nil {
		return fmt.Errorf("save reseal: %w", err)
	}
	return nil
}

// retire empties the old data keys: what was sealed under them opens for nobody any more, nor does a copy of it in this database.
func (w *walk) retire(ctx context.Context, tx *database.Tx) error {
	var b database.Batch
	b.Exec(`UPDATE keys SET wrapped = $1, retired_at = $2 WHERE name LIKE 'data-%' AND name <> $3 AND retired_at IS NULL`, []byte{}, tx.Now(), w.Key)
	b.Exec(`UPDATE reseals SET ended_at = $1, rows_seen = $2 WHERE key = $3`, tx.Now(), w.Seen, w.Key)
	if err := tx.Run(ctx, &b); err != nil {
		return fmt.Errorf("retire key: %w", err)
	}
	w.Done = true
	return nil
}
