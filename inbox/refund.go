package inbox

import (
	"slices"
	"strings"

	"concierge/channels"
	"concierge/internal/database"
)

// Refund takes off what a send cost that was surely not made: after SettleTo, at the end of its batch, where nothing else is waited for.
func (in *Inbox) Refund(b *database.Batch, r Result) { refund(b, r) }

// refund takes off what sends cost that were surely not made. It reads the cost where the attempt holds it and empties it there, so a
// second time takes nothing. In order of the rows: who refunds many and who pays never wait for each other in a ring.
func refund(b *database.Batch, results ...Result) {
	results = slices.DeleteFunc(slices.Clone(results), func(r Result) bool {
		return r.Bill == nil || r.Err == nil || r.Err.Class == channels.Uncertain
	})
	slices.SortStableFunc(results, func(a, b Result) int {
		if c := strings.Compare(a.Bill.Day, b.Bill.Day); c != 0 {
			return c
		}
		return strings.Compare(string(a.Bill.Channel), string(b.Bill.Channel))
	})
	for _, r := range results {
		b.Exec(`UPDATE spending SET spent = spent - (SELECT a.cost FROM attempts a WHERE a.message_id = $1 AND a.n = $2),
			parts = parts - (SELECT a.parts FROM attempts a WHERE a.message_id = $1 AND a.n = $2)
			WHERE day = $3 AND channel = $4 AND EXISTS (SELECT 1 FROM attempts a WHERE a.message_id = $1 AND a.n = $2)`,
			r.Out.ID, r.Out.Attempt, r.Bill.Day, string(r.Bill.Channel))
		b.Exec(`UPDATE attempts SET cost = 0, parts = 0 WHERE message_id = $1 AND n = $2`, r.Out.ID, r.Out.Attempt)
	}
}
