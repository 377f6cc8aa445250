package desk

import (
	"fmt"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
)

// spending is what a channel's day cost so far, against its cap.
type spending struct {
	Channel, Spent string
	Percent, Parts int64
	Near, Full     bool
}

// nearCap is from where on the page warns, as the alarm does (docs/operating.md, "Money").
const nearCap = 80

// fillSpending shows the council's day; of channels without a cap nothing is counted.
func (d *Desk) fillSpending(r *request, tx *database.Tx, p *healthPage) error {
	most := d.Council.Channels.DailySpend
	day, _ := d.Council.Day(tx.Now())
	all, err := inbox.SpendingOf(r.Context(), tx, day.String())
	if err != nil {
		return err
	}
	came := map[channels.Name]inbox.Spending{}
	for _, s := range all {
		came[s.Channel] = s
	}
	for _, c := range []struct {
		name channels.Name
		most float64
	}{{channels.SMS, most.SMS}, {channels.WhatsApp, most.WhatsApp}} {
		if c.most <= 0 {
			continue
		}
		spent := float64(came[c.name].Spent) / inbox.Unit
		s := spending{Channel: p.T("channel." + string(c.name)), Parts: came[c.name].Parts, Percent: int64(100 * spent / c.most),
			Spent: p.T("health.spent_of", "Spent", amount(most.Currency, spent), "Cap", amount(most.Currency, c.most))}
		s.Full, s.Near = spent >= c.most, s.Percent >= nearCap
		p.Spending = append(p.Spending, s)
	}
	return tx.QueryRow(r.Context(), `SELECT COUNT(*) FROM messages
		WHERE NOT inbound AND status IN ('queued', 'sending') AND status = 'queued' AND reason = 'spent'`).Scan(&p.PutOff)
}

func amount(currency string, n float64) string { return fmt.Sprintf("%s %.2f", currency, n) }
