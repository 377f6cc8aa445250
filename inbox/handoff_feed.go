package inbox

// What the feed says of conversations: the topic, and what sort of thing changed. The subject is the conversation's id.
const (
	FeedConversation = "conversation"

	FeedMessage  byte = 1 // a message came, was written, or was delivered
	FeedState    byte = 2 // owner, state, team or priority
	FeedNote     byte = 3
	FeedDelivery byte = 4 // a message went further on its way
)
