package locales

import (
	"fmt"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// pluralForms tells which forms a language has, as go-i18n computes them: a probe message with all six is said for many numbers.
// (Its rules are internal to it.) A language without a rule cannot be loaded.
func pluralForms(tag language.Tag) ([]string, error) {
	b := i18n.NewBundle(language.English)
	probe := &i18n.Message{ID: "probe", Zero: "zero", One: "one", Two: "two", Few: "few", Many: "many", Other: "other"}
	if err := b.AddMessages(tag, probe); err != nil {
		return nil, fmt.Errorf("plural forms of %s: %w", tag, err)
	}
	l := i18n.NewLocalizer(b, tag.String())
	seen := map[string]bool{"other": true}
	ask := func(count any) {
		if form, got, err := l.LocalizeWithTag(&i18n.LocalizeConfig{MessageID: "probe", PluralCount: count}); err == nil && got == tag {
			seen[form] = true
		}
	}
	for n := 0; n <= 200; n++ {
		ask(n)
	}
	for _, n := range []any{1000, 1000000, "0.0", "0.5", "1.0", "1.5", "2.5", "10.1"} {
		ask(n)
	}
	var forms []string
	for _, name := range pluralNames {
		if seen[name] {
			forms = append(forms, name)
		}
	}
	return forms, nil
}
