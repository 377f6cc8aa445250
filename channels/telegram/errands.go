package telegram

import (
	"context"
	"sync"
	"time"
)

const (
	mostErrands   = 256
	errandWorkers = 4
	errandTime    = 10 * time.Second
)

// errands are small calls nobody waits for: a pressed button stops spinning, spent buttons go. Best effort: when there are too many
// the newest is dropped, for what a press means is stored already.
type errands struct {
	queue chan func(context.Context)
	ctx   context.Context
	stop  context.CancelFunc
	done  sync.WaitGroup
}

func newErrands() *errands {
	e := &errands{queue: make(chan func(context.Context), mostErrands)}
	e.ctx, e.stop = context.WithCancel(context.Background())
	for range errandWorkers {
		e.done.Go(e.work)
	}
	return e
}

func (e *errands) work() {
	for {
		select {
		case <-e.ctx.Done():
			return
		case run := <-e.queue:
			ctx, stop := context.WithTimeout(e.ctx, errandTime)
			run(ctx)
			stop()
		}
	}
}

func (e *errands) add(run func(context.Context)) {
	select {
	case e.queue <- run:
	default:
	}
}

func (e *errands) close() {
	e.stop()
	e.done.Wait()
}
