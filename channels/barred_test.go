package channels

import "testing"

func TestNumbersWeNeverWriteTo(t *testing.T) {
	t.Parallel()
	uk := []string{"+44"}
	for _, c := range []struct {
		name     string
		to       Address
		prefixes []string
		why      string
	}{
		{"a mobile", "sms:+447700900123", uk, ""},
		{"a landline", "sms:+441214960100", uk, ""},
		{"the same by WhatsApp", "whatsapp:+447700900123", uk, ""},
		{"a hidden number", "whatsapp:GB.70210034455667788990", uk, ""},
		{"a hidden number of a firm", "whatsapp:US.ENT.7021003445566", uk, ""},
		{"a hidden number as SMS", "sms:GB.70210034455667788990", uk, SpecialNumber},
		{"a chat", "telegram:12345", uk, ""},
		{"America", "sms:+12025550123", uk, OtherCountry},
		{"America by WhatsApp", "whatsapp:+12025550123", uk, OtherCountry},
		{"Ireland", "sms:+353851234567", uk, OtherCountry},
		{"a country whose code begins alike", "sms:+423123456789", uk, OtherCountry},
		{"two countries, the second", "sms:+353851234567", []string{"+44", "+353"}, ""},
		{"a network alone", "sms:+447700900123", []string{"+4474"}, OtherCountry},
		{"premium", "sms:+449011234567", uk, SpecialNumber},
		{"premium of ten pence", "sms:+448712345678", uk, SpecialNumber},
		{"premium, every country allowed", "sms:+449011234567", nil, SpecialNumber},
		{"premium, allowed by its own prefix", "sms:+449011234567", []string{"+449"}, SpecialNumber},
		{"the zero that is dialled at home", "sms:+4407700900123", uk, SpecialNumber},
		{"a premium number behind that zero", "sms:+4409011234567", uk, SpecialNumber},
		{"with spaces", "sms:+44 9011234567", uk, SpecialNumber},
		{"two signs", "sms:++447700900123", uk, SpecialNumber},
		{"two zeros for the sign", "sms:00447700900123", uk, SpecialNumber},
		{"digits of another script", "sms:+44٧٧٠٠٩٠٠١٢٣", uk, SpecialNumber},
		{"a short code", "sms:60777", uk, SpecialNumber},
		{"a short code dressed up", "sms:+4460777", uk, SpecialNumber},
		{"a name", "sms:BANK", uk, SpecialNumber},
		{"a number too long", "sms:+44770090012345", uk, SpecialNumber},
		{"no country named", "sms:+12025550123", nil, ""},
		{"nothing", "sms:", uk, SpecialNumber},
	} {
		if why := Barred(c.to, c.prefixes); why != c.why {
			t.Errorf("%s: %q, want %q", c.name, why, c.why)
		}
	}
}
