package concierge

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/riverqueue/river"

	"concierge/cases"
	"concierge/inbox"
	"concierge/internal/database"
)

// simQueue keeps jobs as rows, in the transaction of what they are about. The simulation plays River: it works them in any order, on
// any node, and twice if it likes.
type simQueue struct{ n *simNode }

func (q simQueue) Enqueue(ctx context.Context, tx *database.Tx, args river.JobArgs) error {
	return q.EnqueueAt(ctx, tx, args, tx.Now())
}

func (q simQueue) EnqueueAt(ctx context.Context, tx *database.Tx, args river.JobArgs, at time.Time) error {
	text, err := json.Marshal(args)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO sim_jobs (kind, args, at) VALUES ($1, $2, $3)`, args.Kind(), string(text), at.UnixMilli())
	return err
}

type simJob struct{ id, kind, args string }

func (w *simWorld) jobs() (due []simJob) {
	for _, r := range w.read(`SELECT id, kind, args FROM sim_jobs WHERE at <= $1 ORDER BY id`, time.Now().UnixMilli()) {
		due = append(due, simJob{r[0], r[1], r[2]})
	}
	return due
}

// work works a job on a node. One that failed stays, and is worked again.
func (w *simWorld) workJob(n *simNode, j simJob, times int) {
	n.do(func() {
		for range times {
			err := n.job(j)
			after()
			w.note("%s works %s %s: %v", n.name, j.kind, j.id, err)
			if err != nil {
				return
			}
		}
		id, _ := strconv.ParseInt(j.id, 10, 64)
		w.write(`DELETE FROM sim_jobs WHERE id = $1`, id)
	})
}

func (n *simNode) job(j simJob) error {
	ctx, cancel := context.WithTimeout(n.ctx, time.Minute)
	defer cancel()
	var err error
	read := func(to any) { err = json.Unmarshal([]byte(j.args), to) }
	switch j.kind {
	case "take":
		var a inbox.Take
		read(&a)
		return takeWorker{h: n.host}.Work(ctx, &river.Job[inbox.Take]{Args: a})
	case "resume":
		var a inbox.Resume
		read(&a)
		return resumeWorker{h: n.host}.Work(ctx, &river.Job[inbox.Resume]{Args: a})
	case "case_changed":
		var a cases.Changed
		read(&a)
		return n.teller.Changed(ctx, a)
	case "tell":
		var a Tell
		read(&a)
		return n.teller.Tell(ctx, a)
	}
	n.w.breaks("a job of kind %s that nobody works: %v", j.kind, err)
	return nil
}
