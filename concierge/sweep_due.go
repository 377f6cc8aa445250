package concierge

import (
	"context"
	"errors"
	"time"
)

// soon asks for a sweep now and one when the youngest that was missed is old enough.
func (s *sweeper) soon() { s.in(0, sweepAgain) }

func (s *sweeper) in(all ...time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.h.s.Now()
	for _, d := range all {
		s.add(now.Add(d))
	}
}

// add makes a sweep due. Of many within a second the first is made and one behind it, which serves the rest.
func (s *sweeper) add(at time.Time) {
	near := false
	for _, has := range s.due {
		late := has.Sub(at)
		if late >= 0 && late < time.Second {
			return
		}
		near = near || late < 0 && late > -time.Second
	}
	if near {
		at = at.Add(time.Second)
	}
	s.due = append(s.due, at)
}

// take tells whether one is due, and takes all that are.
func (s *sweeper) take() (due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rest []time.Time
	for _, at := range s.due {
		if at.After(s.h.s.Now()) {
			rest = append(rest, at)
		}
	}
	due = len(rest) < len(s.due)
	s.due = rest
	return due
}

func (s *sweeper) loop(ctx context.Context) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		if !s.take() {
			continue
		}
		if err := s.run(ctx); err != nil && ctx.Err() == nil {
			if !errors.Is(err, errCopying) {
				s.h.s.Log.Warn("sweep failed", "error", err)
			}
			s.in(sweepRetry)
		}
	}
}
