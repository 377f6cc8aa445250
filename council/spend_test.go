package council_test

import (
	"strings"
	"testing"
	"time"
)

func TestTheCouncilsDay(t *testing.T) {
	c := demo(t) // Europe/London
	for _, of := range []struct{ name, at, day, next string }{
		{"a winter's noon", "2026-01-10T12:00:00Z", "2026-01-10", "2026-01-11T00:00:00Z"},
		{"the last moment", "2026-01-10T23:59:59Z", "2026-01-10", "2026-01-11T00:00:00Z"},
		{"midnight", "2026-01-11T00:00:00Z", "2026-01-11", "2026-01-12T00:00:00Z"},
		{"summer's midnight is an hour before UTC's", "2026-07-10T23:00:00Z", "2026-07-11", "2026-07-11T23:00:00Z"},
		{"and a moment before it", "2026-07-10T22:59:59Z", "2026-07-10", "2026-07-10T23:00:00Z"},
		{"the day of 23 hours", "2026-03-29T00:30:00Z", "2026-03-29", "2026-03-29T23:00:00Z"},
		{"the day of 25 hours, its second 01:30", "2026-10-25T01:30:00Z", "2026-10-25", "2026-10-26T00:00:00Z"},
		{"the same, its first", "2026-10-24T23:30:00Z", "2026-10-25", "2026-10-26T00:00:00Z"},
	} {
		at, _ := time.Parse(time.RFC3339, of.at)
		day, next := c.Day(at)
		if day.String() != of.day || next.UTC().Format(time.RFC3339) != of.next {
			t.Errorf("%s: %s until %s, want %s until %s", of.name, day, next.UTC().Format(time.RFC3339), of.day, of.next)
		}
	}
}

func TestSpendingAndLimitsThatCannotBe(t *testing.T) {
	for _, bad := range []struct{ name, in, want string }{
		{"a cap without a price", "daily_spend: {currency: GBP, sms: 40, whatsapp: 20}\n  prices: {sms_part: 0}", "channels.prices.sms_part is 0"},
		{"the other price", "daily_spend: {currency: GBP, sms: 40, whatsapp: 20}\n  prices: {whatsapp_template: 0}", "channels.prices.whatsapp_template is 0"},
		{"a price below nothing", "prices: {sms_part: -1}", "must be a number"},
		{"a limit that cuts everybody off", "limits: {same_text: 1}", "channels.limits.same_text is 1"},
	} {
		if _, err := changed(t, "daily_spend: {currency: GBP, sms: 40, whatsapp: 20}", bad.in); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: %v, want %q", bad.name, err, bad.want)
		}
	}
	if _, err := changed(t, "daily_spend: {currency: GBP, sms: 40, whatsapp: 20}", "prices: {sms_part: 0, whatsapp_template: 0}"); err != nil {
		t.Errorf("no cap, no price: %v", err)
	}
	for _, prefix := range []string{`"44"`, `"+44 9"`, `"+0"`, `"+"`, `"+4a"`} {
		if _, err := changed(t, `["+44"]`, "["+prefix+"]"); err == nil || !strings.Contains(err.Error(), "country prefix") {
			t.Errorf("prefix %s: %v", prefix, err)
		}
	}
}
