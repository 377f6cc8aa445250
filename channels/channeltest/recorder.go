package channeltest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"

	"concierge/channels"
)

// Recorder is a Channel that only writes down, for rooms that test what they send and not how. It is safe for use at once.
type Recorder struct {
	name  channels.Name
	mu    sync.Mutex
	sent  []channels.Outgoing
	fails []*channels.SendError
	files map[string][]byte
	delay time.Duration
	more  chan struct{}
}

// NewRecorder makes one for a channel.
func NewRecorder(name channels.Name) *Recorder {
	return &Recorder{name: name, files: map[string][]byte{}, more: make(chan struct{})}
}

// Name implements channels.Channel.
func (r *Recorder) Name() channels.Name { return r.name }

// Send writes o down and gives it the handle "<name>-<n>", or fails as told.
func (r *Recorder) Send(ctx context.Context, o channels.Outgoing) (channels.Handle, error) {
	r.mu.Lock()
	delay := r.delay
	r.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return "", &channels.SendError{Class: channels.Uncertain, Code: "time"}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.fails) > 0 {
		err := r.fails[0]
		r.fails = r.fails[1:]
		if err != nil {
			return "", err
		}
	}
	r.sent = append(r.sent, o)
	close(r.more)
	r.more = make(chan struct{})
	return channels.Handle(string(r.name) + "-" + strconv.Itoa(len(r.sent))), nil
}

// Fetch gives what Keep kept.
func (r *Recorder) Fetch(_ context.Context, m channels.Media) (io.ReadCloser, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, ok := r.files[m.Ref]
	if !ok {
		return nil, errors.New("recorder: no such media")
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

// Keep files content for Fetch.
func (r *Recorder) Keep(ref string, content []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files[ref] = content
}

// Fail makes the next sends fail, one each; nil lets one through.
func (r *Recorder) Fail(errs ...*channels.SendError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails = append(r.fails, errs...)
}

// Delay makes every send take so long.
func (r *Recorder) Delay(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = d
}

// Sent is a copy of all that was sent.
func (r *Recorder) Sent() []channels.Outgoing {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sent)
}

// Texts is what an address was sent; "" every address.
func (r *Recorder) Texts(to channels.Address) []string {
	var out []string
	for _, o := range r.Sent() {
		if to == "" || o.To == to {
			out = append(out, o.Text)
		}
	}
	return out
}

// WaitFor waits until n messages were sent.
func (r *Recorder) WaitFor(ctx context.Context, n int) ([]channels.Outgoing, error) {
	for {
		r.mu.Lock()
		sent, more := slices.Clone(r.sent), r.more
		r.mu.Unlock()
		if len(sent) >= n {
			return sent, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return sent, ctx.Err()
		}
	}
}

// Receiver is the host as adapters see it, writing down what they bring. It is safe for use at once.
type Receiver struct {
	mu         sync.Mutex
	messages   []channels.Message
	receipts   []channels.Receipt
	quarantine [][]byte
	fail       error
}

// Receive implements channels.Receiver.
func (r *Receiver) Receive(_ context.Context, m channels.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail == nil {
		r.messages = append(r.messages, m)
	}
	return r.fail
}

// Receipt implements channels.Receiver.
func (r *Receiver) Receipt(_ context.Context, x channels.Receipt) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail == nil {
		r.receipts = append(r.receipts, x)
	}
	return r.fail
}

// Quarantine implements channels.Receiver.
func (r *Receiver) Quarantine(_ context.Context, _ channels.Name, _ string, raw []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail == nil {
		r.quarantine = append(r.quarantine, slices.Clone(raw))
	}
	return r.fail
}

// Fail makes everything fail until it is told nil: a database that is away.
func (r *Receiver) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = err
}

// Messages is a copy of what was received.
func (r *Receiver) Messages() []channels.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.messages)
}

// Receipts is a copy of the receipts.
func (r *Receiver) Receipts() []channels.Receipt {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.receipts)
}

// Quarantined is a copy of what could not be read.
func (r *Receiver) Quarantined() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.quarantine)
}

// Last is the last message received; the zero Message when there is none.
func (r *Receiver) Last() channels.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.messages) == 0 {
		return channels.Message{}
	}
	return r.messages[len(r.messages)-1]
}
