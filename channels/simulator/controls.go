package simulator

import (
	"context"
	"errors"
	"net/http"

	"concierge/channels"
)

// control is what a resident does with the phone itself: on, off, block, unblock, new.
func (s *Simulator) control(ctx context.Context, v *visitor, n channels.Name, act string) *trouble {
	if act == "new" {
		a := s.freeNumber(ctx, n)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.connect(v, n, a)
		s.tellAll(v.phones[n])
		s.refreshLater(v)
		return nil
	}
	s.mu.Lock()
	p := v.phones[n]
	var arrived []*bubble
	notice := channels.Kind("")
	switch act {
	case "off":
		p.off = true
	case "on":
		p.off = false
		arrived, p.waiting = p.waiting, nil
		for _, b := range arrived {
			p.add(b)
		}
	case "block":
		if p.kind == channels.Telegram && !p.blocked && p.started {
			notice = channels.KindBlocked
		}
		p.blocked = true
	case "unblock":
		if p.kind == channels.Telegram && p.blocked && p.started {
			notice = channels.KindUnblocked
		}
		p.blocked = false
	default:
		s.mu.Unlock()
		return &trouble{"unknown", http.StatusNotFound}
	}
	s.tell(p, arrived...)
	address := p.address
	s.mu.Unlock()
	if len(arrived) > 0 {
		s.background(func(ctx context.Context) {
			for _, b := range arrived {
				s.arrive(ctx, p, b)
			}
		})
	}
	if notice != "" {
		s.notice(ctx, p, address, notice)
	}
	return nil
}

// pull moves a lever.
func (s *Simulator) pull(ctx context.Context, v *visitor, key string) *trouble {
	for _, l := range s.settings.Levers {
		if l.Key != key {
			continue
		}
		s.mu.Lock()
		call := Call{Phones: v.addresses(), Tag: v.tag}
		s.mu.Unlock()
		err := l.Do(ctx, call)
		if errors.Is(err, ErrNothing) {
			return &trouble{"nothing", http.StatusConflict}
		}
		if err != nil {
			s.log.ErrorContext(ctx, "simulator: a lever failed", "lever", key, "error", err)
			return &trouble{"failed", http.StatusInternalServerError}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if l.Passes == 0 {
			v.moved = true
		}
		if wa := v.phones[channels.WhatsApp]; l.Passes > 0 && !wa.lastIn.IsZero() {
			wa.lastIn = wa.lastIn.Add(-l.Passes)
			s.tell(wa)
		}
		s.tellNews(v)
		s.refreshLater(v)
		return nil
	}
	return &trouble{"unknown", http.StatusNotFound}
}
