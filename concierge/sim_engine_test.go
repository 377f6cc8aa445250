package concierge

import (
	"context"
	"fmt"
	"strings"

	"concierge/dialog"
)

// simEngine says back what it heard with the number of the turn, so that what a provider was given shows what was acted on, how often
// and in which order. Told to "file", it files.
type simEngine struct{}

func (simEngine) Turn(_ context.Context, _ dialog.Lookup, s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
	s.Turns++
	if in.Kind == dialog.Returned {
		return s, []dialog.Event{simSaid("back", s.Turns, false)}
	}
	what, ok := strings.CutPrefix(in.Text, "file ")
	if !ok {
		return s, []dialog.Event{simSaid("heard "+in.Text, s.Turns, false)}
	}
	s.Runs++
	filed := dialog.Filed{Tree: "street_light", Service: "street_light", Run: s.Runs, Details: what,
		Place: dialog.Place{Lat: 52.45, Lon: -1.87, Point: true, Label: "12 Stratford Road", Street: "Stratford Road", Ward: "Sparkhill"}}
	return s, []dialog.Event{filed, simSaid("filed "+what, s.Turns, true)}
}

func simSaid(text string, n int, keep bool) dialog.Said {
	return dialog.Said{Lines: []dialog.Line{{Text: fmt.Sprintf("%s #%d", text, n)}}, Keep: keep}
}
