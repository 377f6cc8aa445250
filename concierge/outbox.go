package concierge

// outbox sends what was written, strictly in order within a conversation.
type outbox struct {
	h *Host
}

func newOutbox(h *Host) *outbox { return &outbox{h: h} }

// Wake tells that a conversation has something to send. It never blocks. Give it to inbox.New as Options.Wake.
func (h *Host) Wake(conversationID string) { h.out.wake(conversationID) }

func (o *outbox) wake(string) {}
