package concierge

import "concierge/inbox"

// standing is who waits to send by one sender: the most urgent first, and among those who came first. Who asks again more urgently moves up.
type standing struct {
	queues [inbox.Urgencies][]string
	in     map[string]int // conversation to urgency; what a queue holds beside it is old
}

func newStanding() standing { return standing{in: map[string]int{}} }

func (l *standing) add(conversation string, urgency int) {
	if has, ok := l.in[conversation]; ok && has <= urgency {
		return
	}
	l.in[conversation] = urgency
	l.queues[urgency] = append(l.queues[urgency], conversation)
}

func (l *standing) remove(conversation string) { delete(l.in, conversation) }

// ahead tells whether anybody waits who is as urgent.
func (l *standing) ahead(urgency int) bool {
	for u := range urgency + 1 {
		if l.first(u) != "" {
			return true
		}
	}
	return false
}

// next takes out who is first; "" when nobody waits.
func (l *standing) next() string {
	for u := range l.queues {
		if id := l.first(u); id != "" {
			l.queues[u] = l.queues[u][1:]
			delete(l.in, id)
			return id
		}
	}
	return ""
}

// first is who is first of an urgency; what has moved or gone meanwhile is dropped.
func (l *standing) first(urgency int) string {
	q := l.queues[urgency]
	for len(q) > 0 {
		if u, ok := l.in[q[0]]; ok && u == urgency {
			break
		}
		q = q[1:]
	}
	l.queues[urgency] = q
	if len(q) == 0 {
		return ""
	}
	return q[0]
}
