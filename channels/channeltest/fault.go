package channeltest

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Always is a Fault's Times when it never ends.
const Always = -1

// Fault is something a provider does wrong to calls that send. The zero Fault does nothing wrong, once.
type Fault struct {
	To     string // only calls for this address ("sms:+447700900123"); "" any
	Call   string // only this call ("getFile"); "" those that send
	Skip   int    // let so many pass first
	Times  int    // 0 once, Always without end
	Chance float64

	Delay      time.Duration // before anything else
	Accept     bool          // take the message, then do what follows: the caller cannot know
	Status     int           // answer with this (429, 500, 302 …); 0: as usual
	Code       int           // the provider's code in the answer
	Text       string        // of the answer, where Telegram's is read; "" a usual one
	RetryAfter time.Duration
	AsDate     bool   // Retry-After as a date
	Body       string // instead of JSON
	Drop       bool   // reset the connection, answer nothing
	Hang       bool   // answer nothing until the caller gives up
	HangBody   bool   // a good head and half a body, then nothing
}

// faults are the scripts of one provider.
type faults struct {
	mu   sync.Mutex
	list []*Fault
	rand *rand.Rand
}

// Script adds a fault; they are tried in the order added.
func (f *faults) Script(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &fault)
}

// Unscript forgets all faults.
func (f *faults) Unscript() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// next is the fault for this call, if any.
func (f *faults) next(call, to string, sends bool) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, s := range f.list {
		switch {
		case s.Call == "" && !sends, s.Call != "" && s.Call != call, s.To != "" && s.To != to:
			continue
		case s.Skip > 0:
			s.Skip--
			continue
		case s.Chance > 0 && f.rand.Float64() >= s.Chance:
			continue
		}
		now := *s
		if s.Times != Always {
			if s.Times--; s.Times <= 0 {
				f.list = append(f.list[:i:i], f.list[i+1:]...)
			}
		}
		return &now
	}
	return nil
}

// before does what comes before the provider looks at the call; done tells that there is nothing left to do.
func (s *Fault) before(w http.ResponseWriter, r *http.Request) (done bool) {
	if s == nil {
		return false
	}
	if s.Delay > 0 {
		select {
		case <-time.After(s.Delay):
		case <-r.Context().Done():
			return true
		}
	}
	return !s.Accept && s.instead(w, r)
}

// instead answers as the fault says; false when it leaves the answer alone.
func (s *Fault) instead(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case s == nil:
		return false
	case s.Hang:
		<-r.Context().Done()
		return true
	case s.Drop:
		drop(w)
		return true
	case s.HangBody:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"sid": "SM`))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	case s.Body != "":
		s.header(w)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(max(s.Status, http.StatusOK))
		_, _ = w.Write([]byte(s.Body))
		return true
	}
	return false
}

func (s *Fault) header(w http.ResponseWriter) {
	if s.RetryAfter <= 0 {
		return
	}
	if s.AsDate {
		w.Header().Set("Retry-After", time.Now().Add(s.RetryAfter).UTC().Format(http.TimeFormat))
		return
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(s.RetryAfter/time.Second)))
}

// drop resets the connection: the caller sees neither answer nor end.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
