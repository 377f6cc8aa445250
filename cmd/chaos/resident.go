package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
)

// The demo's city holds this grid; cells are 50 m apart, so that no report has a neighbour to join.
const (
	rows, columns = 160, 168
	south, west   = 52.436, -1.943
	up, across    = 0.0005, 0.00075
)

// resident is one person who reports one pothole, from the first word to its number, and knows every reply that is due.
type resident struct {
	w     *world
	kind  channels.Name
	phone string
	chat  int64
	at    channels.Address
	token string // unique: what they add as details
	lat   string
	lon   string
	rand  *rand.Rand

	due   []due // of one goroutine until the crowd is home
	acked int
	doubt bool // their last message was not acknowledged: they stopped there
}

// newResident draws somebody who never wrote before; of each three one writes by SMS, one by WhatsApp, one by Telegram.
func (w *world) newResident(seed uint64) *resident {
	id := w.people.Add(1)
	r := &resident{w: w, phone: fmt.Sprintf("+4477%08d", id), chat: 1_000_000 + id, rand: rand.New(rand.NewPCG(seed, uint64(id)))} //nolint:gosec // repeats from its seed
	r.kind = []channels.Name{channels.SMS, channels.WhatsApp, channels.Telegram}[id%3]
	r.at = channels.MakeAddress(r.kind, r.phone)
	if r.kind == channels.Telegram {
		r.at = channels.MakeAddress(r.kind, strconv.FormatInt(r.chat, 10))
		w.telegram.Speak(r.chat, "en")
	}
	cell := w.cells[int(id)%len(w.cells)]
	r.lat = strconv.FormatFloat(south+up*float64(cell/columns), 'f', 5, 64)
	r.lon = strconv.FormatFloat(west+across*float64(cell%columns), 'f', 5, 64)
	r.token = "zq" + strconv.FormatUint(r.rand.Uint64N(1<<40), 36) + "n" + strconv.FormatInt(id, 10)
	return r
}

// step is one message of the walk and what is due for it, by words only that reply has.
type step struct {
	say string // "" a pin
	due []string
}

// walk is a report as the demo takes it. The words are the English messages', as a resident would recognise them; WhatsApp puts what is
// long before a question into a message of its own.
func (r *resident) walk() []step {
	steps := []step{
		{"pothole", []string{"Is anyone hurt", "I am a machine"}},
		{"2", []string{"Where is it?"}},
		{"", []string{"Where in the road"}},
		{"1", []string{"How big is the hole"}},
		{"2", []string{"send a photo"}},
		{"skip", []string{"Anything else"}},
		{"it is " + r.token, []string{r.token}},
		{"send", []string{filed}},
	}
	if r.kind == channels.WhatsApp {
		steps[0].due = []string{"This is Demo City", "Is anyone hurt", "I am a machine"}
		steps[2].due = []string{"Got your pin", "Where in the road"}
		steps[6].due = []string{r.token, "Press Send, or"}
	}
	return steps
}

// filed comes before the number of a case.
const filed = "Your number is "

// report walks to the end, or until patience ends or a message is not acknowledged.
func (r *resident) report(ctx context.Context, patience time.Duration, pause func() time.Duration, posted func(*resident, time.Time, time.Time)) {
	for _, s := range r.walk() {
		begun := time.Now()
		if !r.turn(ctx, s) {
			return
		}
		e, ok := r.hear(ctx, patience)
		if !ok {
			return
		}
		if posted != nil {
			posted(r, begun, e.At)
		}
		time.Sleep(pause())
	}
}

// turn writes one message; false when nobody acknowledged it.
func (r *resident) turn(ctx context.Context, s step) bool {
	status := 0
	if s.say == "" {
		status = r.place(ctx)
	} else {
		status = r.write(ctx, s.say)
	}
	return r.expect(s, status)
}

// expect notes what is due now that a message was answered with a status.
func (r *resident) expect(s step, status int) bool {
	ok := status >= 200 && status < 300
	for _, words := range s.due {
		r.due = append(r.due, due{words: words, unsure: !ok})
	}
	if !ok {
		r.doubt = true
		return false
	}
	r.acked++
	return true
}

// hear waits until all that is due has come, and gives the last of it.
func (r *resident) hear(ctx context.Context, patience time.Duration) (channeltest.Entry, bool) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	last := r.due[len(r.due)-1].words
	e, err := r.w.ledger.WaitText(ctx, r.at, 0, func(text string) bool { return strings.Contains(text, last) })
	return e, err == nil
}

func (r *resident) write(ctx context.Context, text string) int {
	switch r.kind {
	case channels.Telegram:
		return r.w.telegram.Say(ctx, r.chat, text)
	case channels.WhatsApp:
		return r.w.twilio.Inbound(ctx, channeltest.Inbound{From: "whatsapp:" + r.phone, Body: text})
	}
	return r.w.twilio.Inbound(ctx, channeltest.Inbound{From: r.phone, Body: text})
}

// place sends their position; by SMS it is the link a map app shares.
func (r *resident) place(ctx context.Context) int {
	switch r.kind {
	case channels.Telegram:
		lat, _ := strconv.ParseFloat(r.lat, 64)
		lon, _ := strconv.ParseFloat(r.lon, 64)
		return r.w.telegram.Pin(ctx, r.chat, lat, lon)
	case channels.WhatsApp:
		return r.w.twilio.Inbound(ctx, channeltest.Inbound{From: "whatsapp:" + r.phone, Lat: r.lat, Lon: r.lon})
	}
	return r.write(ctx, "https://maps.google.com/?q="+r.lat+","+r.lon)
}

// crowd is residents who each report one thing after another, every report as somebody new.
type crowd struct {
	w        *world
	seed     uint64
	patience time.Duration
	pause    time.Duration // between an answer and the next message, at most
	all      sync.WaitGroup
	done     atomic.Bool
	mu       sync.Mutex
	people   []*resident
	turns    []turnTime
}

// shrug is how long it takes until somebody else writes in the place of one whom nobody answered.
const shrug = 200 * time.Millisecond

// turnTime is when somebody wrote and when all that was due for it had come.
type turnTime struct {
	of               *resident
	posted, answered time.Time
}

// gather starts n walkers at once.
func (w *world) gather(seed uint64, n int, patience, pause time.Duration) *crowd {
	c := &crowd{w: w, seed: seed, patience: patience, pause: pause}
	for range n {
		c.all.Go(func() {
			for !c.done.Load() {
				r := w.newResident(seed)
				c.mu.Lock()
				c.people = append(c.people, r)
				c.mu.Unlock()
				r.report(context.Background(), patience, func() time.Duration { return time.Duration(r.rand.Int64N(int64(pause) + 1)) }, c.timed)
				if r.doubt { // nobody was there
					time.Sleep(shrug)
				}
			}
		})
	}
	return c
}

func (c *crowd) timed(r *resident, posted, answered time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turns = append(c.turns, turnTime{r, posted, answered})
}

// home lets everybody finish the report in hand.
func (c *crowd) home() []*resident {
	c.done.Store(true)
	c.all.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.people
}
