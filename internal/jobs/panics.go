package jobs

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// calm makes an error of a job's panic before River does: River writes the value into the job's row and the log, and a value may be
// somebody's words. What is left is a type and a place.
func calm() rivertype.Middleware {
	return river.WorkerMiddlewareFunc(func(ctx context.Context, _ *rivertype.JobRow, work func(context.Context) error) (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = Panicked(v)
			}
		}()
		return work(ctx)
	})
}

// Panicked words what recover returned, as a type and a place. It must be called by the deferred function itself.
func Panicked(v any) error {
	return fmt.Errorf("panic %T at %s", v, place())
}

// place is where the panic came from: the first frame below it that is not the runtime's.
func place() string {
	var pcs [64]uintptr
	frames, below := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])]), false
	for {
		f, more := frames.Next()
		if below && !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		below = below || f.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}
