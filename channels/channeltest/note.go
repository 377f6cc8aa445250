package channeltest

// Note writes an entry down for a channel whose provider is no fake of ours: the simulator, whose resident is a page.
func (l *Ledger) Note(e Entry) Entry { return l.add(e) }
