package council

import "time"

// Day is the council's day at a moment, and when its next one begins: what is capped by the day is counted by it. Days of 23 and of 25
// hours are days.
func (c *Council) Day(at time.Time) (day Date, next time.Time) {
	day = dateOf(at.In(c.TimeZone))
	return day, day.add(1).at(0, c.TimeZone)
}

// prices refuses a cap that would count nothing.
func (k checker) prices() {
	c := k.c.Channels
	for _, p := range []struct {
		key, cap   string
		price, max float64
	}{{"channels.prices.sms_part", "sms", c.Prices.SMSPart, c.DailySpend.SMS},
		{"channels.prices.whatsapp_template", "whatsapp", c.Prices.WhatsAppTemplate, c.DailySpend.WhatsApp}} {
		if p.max > 0 && p.price <= 0 {
			k.at(p.key, "%s is 0: channels.daily_spend.%s would never be reached; give the price on your bill, or 0 for the cap too", p.key, p.cap)
		}
	}
}

// limits refuses the one that would cut everybody off: a first text is the same as none.
func (k checker) limits() {
	if k.c.Channels.Limits.SameText == 1 {
		k.at("channels.limits.same_text", "channels.limits.same_text is 1: whoever is not understood once would not be answered for an hour; "+
			"write 2 or more, or 0 for no limit")
	}
}
