package understand

// Guess is an intent and how sure we are, 0 to 1.
type Guess struct {
	Intent string
	Sure   float64
}

// Classifier guesses what a sentence is about. It is safe for use at once.
type Classifier interface {
	// Classify returns guesses, the surest first. OffTopic may be among them.
	Classify(folded string) []Guess
}

// OffTopic is the intent of what must start nothing.
const OffTopic = "off_topic"
