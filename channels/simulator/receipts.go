package simulator

import (
	"context"

	"concierge/channels"
)

// deliver sends what a provider would report: sent, then delivered and read when the phone is on. Telegram reports nothing.
func (s *Simulator) deliver(ctx context.Context, p *phone, b *bubble) {
	if p.kind == channels.Telegram || !s.pause(ctx) {
		return
	}
	s.receipt(ctx, p.kind, b, channels.Sent)
	s.mu.Lock()
	here := !p.off && !p.silent()
	s.mu.Unlock()
	if here {
		s.arrive(ctx, p, b)
	}
}

// arrive reports a message that has reached a phone.
func (s *Simulator) arrive(ctx context.Context, p *phone, b *bubble) {
	can := channels.Can(p.kind)
	for _, st := range []channels.Status{channels.Delivered, channels.Read} {
		if st == channels.Delivered && !can.Delivered || st == channels.Read && !can.Read || !s.pause(ctx) {
			return
		}
		s.receipt(ctx, p.kind, b, st)
		s.mu.Lock()
		if st.Rank() > b.status.Rank() {
			b.status = st
			s.tell(p, b)
		}
		s.mu.Unlock()
	}
}

// receipt is one callback. A provider does not repeat a callback that failed, and neither do we.
func (s *Simulator) receipt(ctx context.Context, n channels.Name, b *bubble, st channels.Status) {
	if n == channels.Telegram {
		return
	}
	r := channels.Receipt{Channel: n, Message: b.message, Attempt: b.attempt, Handle: b.handle, Status: st}
	if err := s.settings.Receiver.Receipt(ctx, r); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "simulator: a receipt was not taken", "channel", string(n), "message", b.message, "status", string(st))
	}
}
