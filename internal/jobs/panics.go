package jobs

import (
	"context"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"concierge/internal/panics"
)

// calm makes an error of a job's panic before River does: River writes the value into the job's row and the log, and a value may be
// somebody's words.
func calm() rivertype.Middleware {
	return river.WorkerMiddlewareFunc(func(ctx context.Context, _ *rivertype.JobRow, work func(context.Context) error) (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = panics.Error(v)
			}
		}()
		return work(ctx)
	})
}
