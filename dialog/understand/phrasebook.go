// Package understand reads what residents write: folding, digits, choices, yes and no, commands, typos. Pure text work: it
// refuses to know trees, sessions, files and channels.
package understand

// Phrasebook is what the languages lend to understanding; locales meets it without knowing us. It speaks built-in types only.
type Phrasebook interface {
	// Tags are the loaded languages, the source first.
	Tags() []string
	// Words are what a language understands under a key of its words.toml: "yes", "command.back", "choice.pothole.size.large",
	// "intent.pothole", "place.before", "emergency". Empty when it has none.
	Words(tag, key string) []string
	// Keys lists the keys of words.toml under a prefix: "intent." gives "intent.pothole", …, sorted.
	Keys(tag, prefix string) []string
	// Text is a message without variables, as it would be said ("" when the language or its chain has none): labels are matched too.
	Text(tag, key string) string
}
