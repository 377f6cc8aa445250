package concierge

import (
	"math"
	"time"

	"concierge/channels"
	"concierge/council"
	"concierge/inbox"
)

// purseOf is what council.yaml lets a day cost; nil when it caps nothing.
func purseOf(c *council.Council) *inbox.Purse {
	units := func(amount float64) int64 { return int64(math.Round(amount * inbox.Unit)) }
	s := c.Channels.DailySpend
	p := &inbox.Purse{Caps: map[channels.Name]int64{}, SMSPart: units(c.Channels.Prices.SMSPart), Template: units(c.Channels.Prices.WhatsAppTemplate),
		Day: func(now time.Time) (string, time.Time) {
			day, next := c.Day(now)
			return day.String(), next.UTC()
		}}
	for name, most := range map[channels.Name]float64{channels.SMS: s.SMS, channels.WhatsApp: s.WhatsApp} {
		if most > 0 {
			p.Caps[name] = units(most)
		}
	}
	if len(p.Caps) == 0 {
		return nil
	}
	return p
}

// barred tells why nothing may be sent to an address, by the countries the council writes to.
func (h *Host) barred(a channels.Address) string {
	return channels.Barred(a, h.s.Council.Channels.CountryPrefixes)
}

// billed shows what a committed mark came to, and raises its alarm.
func (o *outbox) billed(m *inbox.Marked) {
	b := m.Bill
	if b == nil {
		return
	}
	channel := string(b.Channel)
	o.h.s.Metrics.Spent.WithLabelValues(channel).Set(float64(b.Total) / inbox.Unit)
	if b.Alarm == "" {
		return
	}
	o.h.s.Metrics.SpendAlarms.WithLabelValues(channel, string(b.Alarm)).Inc()
	attrs := []any{"channel", channel, "day", b.Day, "spent", float64(b.Total) / inbox.Unit, "cap", float64(b.Cap) / inbox.Unit}
	if b.Alarm == inbox.AtCap {
		o.h.s.Log.Error("the day's spending cap is reached: only safety goes until tomorrow", attrs...)
		return
	}
	o.h.s.Log.Warn("80 % of the day's spending cap are spent", attrs...)
}
