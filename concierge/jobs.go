package concierge

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"concierge/inbox"
	"concierge/internal/jobs"
)

// Workers adds the host's workers. River's client may have been made with the same bundle before: it looks when it starts.
func (h *Host) Workers(w *river.Workers) {
	river.AddWorker(w, takeWorker{h: h})
	river.AddWorker(w, resumeWorker{h: h})
	river.AddWorker(w, fetchWorker{h: h})
	river.AddWorker(w, nudgeWorker{h: h})
	river.AddWorker(w, timersWorker{h: h})
	river.AddWorker(w, sweepWorker{h: h})
	river.AddWorker(w, purgeWorker{h: h})
	river.AddWorker(w, resealWorker{h: h})
}

// Periodic are the jobs that come round by themselves.
func Periodic() []*river.PeriodicJob {
	return []*river.PeriodicJob{
		jobs.Every(time.Minute, Nudge{}),
		jobs.Every(30*time.Second, inbox.HandoffTimers{}),
		jobs.Every(sweepEvery, Sweep{}),
		jobs.Nightly(3, 20, Purge{}),
	}
}

type timersWorker struct {
	river.WorkerDefaults[inbox.HandoffTimers]
	h *Host
}

// Work implements river.Worker.
func (w timersWorker) Work(ctx context.Context, _ *river.Job[inbox.HandoffTimers]) error {
	return w.h.s.Handoffs.Tick(ctx, w.h.s.DB)
}
