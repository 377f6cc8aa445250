package concierge

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"concierge/internal/seal"
)

// Reseal is the job that seals old rows under a new data key. It is enqueued with the key; killed, it goes on where it was, and a
// second one beside it finds what is left.
type Reseal struct {
	Key string `json:"key"` // its name, such as data-2
}

// Kind implements river.JobArgs.
func (Reseal) Kind() string { return "reseal" }

// A run of the job ends well within a worker's minute and comes again.
const (
	resealRun   = 30 * time.Second
	resealAgain = time.Second
)

// SealedColumns is every sealed column there is.
func SealedColumns() []seal.Column {
	return []seal.Column{
		{Table: "addresses", Name: "sealed", AtOnce: 1000,
			Count: `SELECT COUNT(*) FROM addresses`,
			Read:  `SELECT id, sealed FROM addresses WHERE id > $1 ORDER BY id LIMIT $2`,
			Write: `UPDATE addresses SET sealed = $1 WHERE id = $2 AND sealed = $3`},
		{Table: "quarantine", Name: "sealed", AtOnce: 16, // each up to 1 MiB
			Count: `SELECT COUNT(*) FROM quarantine`,
			Read:  `SELECT id, sealed FROM quarantine WHERE id > $1 ORDER BY id LIMIT $2`,
			Write: `UPDATE quarantine SET sealed = $1 WHERE id = $2 AND sealed = $3`},
		{Table: "staff", Name: "totp", AtOnce: 1000,
			Count: `SELECT COUNT(*) FROM staff WHERE totp IS NOT NULL`,
			Read:  `SELECT id, totp FROM staff WHERE totp IS NOT NULL AND id > $1 ORDER BY id LIMIT $2`,
			Write: `UPDATE staff SET totp = $1 WHERE id = $2 AND totp = $3`},
	}
}

type resealWorker struct {
	river.WorkerDefaults[Reseal]
	h *Host
}

// Work implements river.Worker.
func (w resealWorker) Work(ctx context.Context, _ *river.Job[Reseal]) error { return w.h.reseal(ctx) }

func (h *Host) reseal(ctx context.Context) error {
	for began := h.s.Now(); ; {
		p, err := h.s.Keys.Step(ctx, SealedColumns())
		switch {
		case err != nil:
			return err
		case p.Done:
			h.s.Log.Info("resealed", "key", p.Key, "rows", p.Seen)
			return nil
		case p.Wait > 0:
			return river.JobSnooze(p.Wait)
		case h.s.Now().Sub(began) >= resealRun:
			h.s.Log.Info("resealing", "key", p.Key, "pass", p.Pass, "rows", p.Seen, "of", p.Total)
			return river.JobSnooze(resealAgain)
		}
	}
}
