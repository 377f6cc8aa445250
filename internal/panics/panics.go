// Package panics words a panic as a type and a place. It refuses to know the value: a value may be somebody's words.
package panics

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Error words what recover returned: "panic runtime.boundsError at place.go:41". Call it in the deferred function.
func Error(v any) error {
	return fmt.Errorf("panic %T at %s", v, Place())
}

// Place is where the panic came from that is being recovered: the first frame below it that is not the runtime's. Call it in the deferred
// function.
func Place() string {
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
