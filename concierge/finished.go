package concierge

import (
	"sync"
	"time"

	"concierge/inbox"
)

// finished are sends whose result is known and not yet stored. A turn of the same conversation takes its result along; what nobody
// takes within a moment is stored by the outbox, many at once.
type finished struct {
	mu     sync.Mutex
	by     map[string]*waiting // by conversation
	order  []*waiting
	left   int // in order, and not claimed
	ready  chan struct{}
	closed bool
}

type waiting struct {
	inbox.Result
	claimed bool
}

func newFinished() *finished {
	return &finished{by: map[string]*waiting{}, ready: make(chan struct{}, 1)}
}

func (f *finished) put(r inbox.Result) {
	w := &waiting{Result: r}
	f.mu.Lock()
	f.by[r.Conversation] = w
	f.order = append(f.order, w)
	f.left++
	f.mu.Unlock()
	f.tell()
}

// putBack returns the result of a busy conversation; false when it was passed over often enough.
func (f *finished) putBack(r inbox.Result) bool {
	f.mu.Lock()
	closed := f.closed
	f.mu.Unlock()
	if r.Passed++; r.Passed >= rounds || closed {
		return false
	}
	f.put(r)
	return true
}

// claim takes the result of a conversation, if there is one: the caller stores it, or puts it back.
func (f *finished) claim(conversation string) (inbox.Result, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.by[conversation]
	if w == nil {
		return inbox.Result{}, false
	}
	w.claimed = true
	f.left--
	delete(f.by, conversation)
	return w.Result, true
}

// wait returns when there are results, or none any more, and others had a moment to gather. more is false once all are taken.
func (f *finished) wait() (more bool) {
	for range f.ready {
		time.Sleep(linger)
		f.mu.Lock()
		left, closed := f.left > 0, f.closed
		if !left {
			f.order = nil // turns have taken them all
		}
		f.mu.Unlock()
		if left || closed {
			return left
		}
	}
	return false
}

// collect takes at most n results, never two of one conversation: the later waits for the next round. There are two when the first
// could not be stored before its lease ended.
func (f *finished) collect(n int) (batch []inbox.Result) {
	f.mu.Lock()
	var rest []*waiting
	taken := map[string]bool{}
	for i, w := range f.order {
		if len(batch) == n {
			rest = append(rest, f.order[i:]...)
			break
		}
		switch {
		case w.claimed:
			continue
		case taken[w.Conversation]:
			rest = append(rest, w)
			continue
		}
		if f.by[w.Conversation] == w {
			delete(f.by, w.Conversation)
		}
		taken[w.Conversation] = true
		f.left--
		batch = append(batch, w.Result)
	}
	f.order = rest
	again := f.left > 0 || f.closed
	f.mu.Unlock()
	if again {
		f.tell()
	}
	return batch
}

// close says that no more come: wait ends when all are taken.
func (f *finished) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.tell()
}

func (f *finished) tell() {
	select {
	case f.ready <- struct{}{}:
	default:
	}
}
