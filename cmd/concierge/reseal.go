package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"concierge/concierge"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/jobs"
	"concierge/internal/seal"
	"concierge/internal/spool"
)

type resealCommand struct {
	What   string `arg:"" optional:"" enum:"rows,secret,index,status" default:"rows" help:"rows: a new data key, and every sealed row under it. secret: wrap the keys by the new secret (CONCIERGE_SECRET holds new,old; SQLite's file is changed here). index: a new index key, with the service stopped. status: how far the rows have come."`
	NoWait bool   `help:"Do not wait until all rows are done: running nodes go on by themselves."`
}

// progressEvery is how often a waiting command looks.
const progressEvery = time.Second

// Run changes what was asked for. Each of the changes may be stopped and run again.
func (r resealCommand) Run(h *house) error {
	db, err := h.current()
	if err != nil {
		return err
	}
	defer db.Close()
	switch r.What {
	case "secret":
		if h.settings.Secret == "" {
			return h.changeSecretFile(db)
		}
		return h.rewrap(db)
	case "index":
		return h.reindex(db)
	case "status":
		return h.progress(db, false)
	}
	if err := h.beginReseal(db); err != nil {
		return err
	}
	return h.progress(db, !r.NoWait)
}

// beginReseal makes the new data key and the job that a running node works.
func (h *house) beginReseal(db *database.DB) error {
	keys, err := h.keys(db)
	if err != nil {
		return err
	}
	queue, err := jobs.New(db, nil, nil, h.log)
	if err != nil {
		return err
	}
	return db.Write(h.ctx, func(tx *database.Tx) error {
		name, fresh, err := keys.Begin(h.ctx, tx, concierge.SealedColumns())
		if err != nil {
			return err
		}
		said := "goes on under %s"
		if fresh {
			said = "has begun under %s: every node seals under it within seconds"
		}
		fmt.Fprintf(h.out, "The reseal "+said+".\n", name)
		return queue.Enqueue(h.ctx, tx, concierge.Reseal{Key: name})
	})
}

// progress prints how far it is, and goes on printing until it is done when follow is set.
func (h *house) progress(db *database.DB, follow bool) error {
	for last := (seal.Progress{}); ; {
		var p seal.Progress
		err := db.Read(h.ctx, func(tx *database.Tx) (err error) {
			p, err = seal.Status(h.ctx, tx)
			return err
		})
		switch {
		case err != nil:
			return err
		case p.Key == "":
			fmt.Fprintln(h.out, "There was no reseal yet.")
		case p.Done:
			fmt.Fprintf(h.out, "Done: every row is sealed under %s, and the keys before it are retired.\n", p.Key)
		case p != last:
			fmt.Fprintf(h.out, "%s: walk %d, %d of %d rows. It is done when a walk, a minute after the start, finds nothing under another key.\n", p.Key, p.Pass, p.Seen, p.Total)
		}
		if p.Done || !follow {
			return nil
		}
		last = p
		select {
		case <-h.ctx.Done():
			fmt.Fprintln(h.out, "Running nodes go on; see `concierge reseal status`.")
			return nil
		case <-time.After(progressEvery):
		}
	}
}

// rewrap wraps the keys by the first of the two secrets.
func (h *house) rewrap(db *database.DB) error {
	keys, err := h.keys(db)
	if err != nil {
		return err
	}
	if len(h.settings.Secrets()) == 1 {
		fmt.Fprintln(h.out, "Every key is wrapped by this one secret. To change it set CONCIERGE_SECRET to the new one, a comma, and this one.")
		return nil
	}
	n, err := rewrapped(h.ctx, db, keys)
	if err != nil {
		return err
	}
	fmt.Fprintf(h.out, "%d keys were wrapped anew: all are under the new secret.\nWhen no folder spool holds a .spool file any more, set CONCIERGE_SECRET to the new one alone.\n", n)
	return nil
}

func rewrapped(ctx context.Context, db *database.DB, keys *seal.Keys) (n int, err error) {
	err = db.Write(ctx, func(tx *database.Tx) (err error) {
		n, err = keys.Rewrap(ctx, tx)
		return err
	})
	return n, err
}

// changeSecretFile puts a new secret into the data folder. The old one stands behind it until nothing needs it: killed anywhere, the
// file opens all there is, and the next run goes on.
func (h *house) changeSecretFile(db *database.DB) error {
	folder := h.settings.Data
	secrets, err := h.secrets()
	if err != nil {
		return err
	}
	if len(secrets) == 1 {
		secrets = [][]byte{seal.NewSecret(), secrets[0]}
		if err := seal.WriteSecrets(folder, secrets...); err != nil {
			return err
		}
	}
	keys, err := seal.Load(h.ctx, db, secrets[0], secrets[1:]...)
	if err != nil {
		return err
	}
	if _, err := rewrapped(h.ctx, db, keys); err != nil {
		return err
	}
	left, err := h.spoolHolds(secrets)
	if err != nil {
		fmt.Fprintf(h.out, "The keys are wrapped by a new secret. The old one stays in %s, as the spool is in use.\nStop serve and run this again: then it goes.\n", filepath.Join(folder, "secret"))
		return nil
	}
	if left > 0 {
		fmt.Fprintf(h.out, "The keys are wrapped by a new secret. The spool still holds %d records: start serve, let them drain, stop it, and run this again.\n", left)
		return nil
	}
	if err := seal.WriteSecrets(folder, secrets[0]); err != nil {
		return err
	}
	fmt.Fprintf(h.out, "The secret has been changed: %s holds the new one alone. Back it up.\n", filepath.Join(folder, "secret"))
	return nil
}

// spoolHolds counts what lies in the spool of this folder; an error when a serve has it.
func (h *house) spoolHolds(secrets [][]byte) (int, error) {
	folder := filepath.Join(h.settings.Data, "spool")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return 0, fmt.Errorf("make spool folder: %w", err)
	}
	unlock, err := database.LockFolder(folder)
	if err != nil {
		return 0, err
	}
	defer unlock()
	key, older := spoolKeys(secrets)
	s, err := spool.Open(folder, key, spool.Options{Older: older})
	if err != nil {
		return 0, err
	}
	n, _ := s.Pending()
	return n, s.Close()
}

// reindex changes the index key: all or nothing, while nobody serves.
func (h *house) reindex(db *database.DB) error {
	if !h.settings.Postgres() {
		unlock, err := database.LockFolder(h.settings.Data)
		if err != nil {
			return fmt.Errorf("stop the service first: %w", err)
		}
		defer unlock()
	}
	keys, err := h.keys(db)
	if err != nil {
		return err
	}
	var n int
	err = db.Write(h.ctx, func(tx *database.Tx) error {
		if err := stopped(h.ctx, tx); err != nil {
			return err
		}
		next, err := keys.NewIndex(h.ctx, tx)
		if err != nil {
			return err
		}
		if n, err = inbox.Reindex(h.ctx, tx, next); err != nil {
			return err
		}
		return stopped(h.ctx, tx)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(h.out, "The index of %d addresses was made anew. Start the service.\n", n)
	return nil
}

var errServing = errors.New("stop every node first: with two index keys at once people we know would become strangers")

// stopped is an error while a node is alive.
func stopped(ctx context.Context, tx *database.Tx) error {
	var n int
	b := &database.Batch{}
	inbox.LiveTo(b, tx.Now(), &n)
	if err := tx.Run(ctx, b); err != nil {
		return fmt.Errorf("look for nodes: %w", err)
	}
	if n > 0 {
		return errServing
	}
	return nil
}
