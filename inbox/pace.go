package inbox

import (
	"time"

	"concierge/channels"
)

// How many messages a person may be sent at once before the pace holds. Meta lets 45 in 6 s go to one number and takes them off what
// follows; Telegram speaks of "short bursts" in a chat and shuts the whole bot when they are too long (core.telegram.org/bots/faq).
const (
	burst         = 10
	telegramBurst = 3
)

// debt is how far ahead of its pace a person has been sent to. More than a burst can bring is void: somebody's clock was set back.
func (c *Conversation) debt(each time.Duration, now time.Time) (debt, room time.Duration) {
	if room = burst * each; c.Channel == channels.Telegram {
		room = telegramBurst * each
	}
	if debt = c.PacedAt.Sub(now); debt > room {
		return 0, room
	}
	return max(debt, 0), room
}

// early is how long a person has to be left alone before the next message; 0 is not at all.
func (c *Conversation) early(each time.Duration, now time.Time) time.Duration {
	debt, room := c.debt(each, now)
	return max(debt-(room-each), 0)
}

// paced notes one message more.
func (c *Conversation) paced(each time.Duration, now time.Time) {
	if each <= 0 {
		return
	}
	debt, _ := c.debt(each, now)
	c.PacedAt = now.Add(debt + each)
}

// each is how far apart messages to one person of a channel must be on average.
func (r Rules) each(n channels.Name) time.Duration {
	if r.Each == nil {
		return 0
	}
	return r.Each(n)
}

// Urgency orders what waits for one sender: what a resident waits for, then a person's words, then news.
func (k Kind) Urgency() int {
	switch k {
	case Safety, Reply:
		return 0
	case Agent:
		return 1
	}
	return 2
}

// Urgencies is how many there are.
const Urgencies = 3

// urgencySQL is Urgency in SQL, of the table m.
const urgencySQL = `CASE m.kind WHEN 'safety' THEN 0 WHEN 'reply' THEN 0 WHEN 'agent' THEN 1 ELSE 2 END`
