package main

import (
	"strings"
	"testing"

	"concierge/channels"
	"concierge/internal/phrase"
	"concierge/locales"
)

// TestALinkFitsInTwoPartsOfAnSMS: a question with the address of the upload page, in every language there is, with that language's own
// way to skip, and under the line that may stand above it.
func TestALinkFitsInTwoPartsOfAnSMS(t *testing.T) {
	t.Parallel()
	set, err := locales.Load(locales.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	link := phrase.Var{Name: "Link", Text: "https://concierge.democity.gov.uk/u/4kWz9QxT7mJc2RfVbN8sLp"}
	skip := phrase.Var{Name: "Skip", Key: "skip.typed"}
	for _, tag := range set.Tags() {
		for _, keys := range [][]string{{"shared.photo.link"}, {"shared.photo.link_short"}, {"shared.photo.link_help_1"}, {"shared.location.link"},
			{"repair.noted", "shared.photo.link_short"}} {
			var lines []string
			for _, key := range keys {
				lines = append(lines, set.SayKey(tag, key, link, skip))
			}
			text := strings.Join(lines, "\n")
			all := channels.Render(channels.Outgoing{Text: text}, channels.Can(channels.SMS))
			encoding, parts, units := channels.Segments(all[0].Text)
			if len(all) != 1 || parts > 2 || !strings.Contains(text, "\n"+link.Text) {
				t.Errorf("%s: %d messages, the first of %d parts (%s, %d units):\n%s", tag, len(all), parts, encoding, units, text)
			}
		}
	}
}
