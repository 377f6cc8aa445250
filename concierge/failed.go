package concierge

import (
	"errors"
	"fmt"
	"strings"

	"concierge/internal/database"
	"concierge/internal/panics"
)

// failed is a turn's own failure: not the database's. Its text names a type and a place, never what was said.
type failed struct{ cause, where string }

func (f *failed) Error() string { return "turn failed: " + f.cause + " " + f.where }

// caught makes an error of a panic, so that the transaction is rolled back and the message kept.
func caught(err *error) {
	if v := recover(); v != nil {
		*err = &failed{fmt.Sprintf("panic %T", v), panics.Place()}
	}
}

// causeOf is the failure in one word, for the metrics.
func causeOf(err error) string {
	var f *failed
	if !errors.As(err, &f) {
		return "error"
	}
	cause, _, _ := strings.Cut(f.cause, " ")
	return cause
}

// causeFor is what staff may read of a failure: a type and a place, a code, never what was said.
func causeFor(err error) string {
	var f *failed
	if errors.As(err, &f) {
		return strings.TrimSpace(f.cause + " " + f.where)
	}
	if code := database.CodeOf(err); code != "" {
		return "database " + code
	}
	for e := errors.Unwrap(err); e != nil; e = errors.Unwrap(e) {
		err = e
	}
	return fmt.Sprintf("error %T", err)
}
