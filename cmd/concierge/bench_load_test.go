package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/council"
	"concierge/internal/phrase"
	"concierge/locales"
	"concierge/places"
)

// residents is how many people write at the same time.
const residents = 32

// patience is how long one of them waits for an answer before the run has failed.
const patience = 20 * time.Second

// load is residents who each walk one whole report after another, every report as somebody who never wrote before. Each writes when
// the answer to the last message has come.
type load struct {
	b      *binary
	t      testing.TB
	script *script
	people atomic.Int64
	until  func() bool // asked before each message: true ends the load

	turns   atomic.Int64 // answered messages
	reports atomic.Int64 // walked to their end
	joins   atomic.Int64 // neighbours' cases offered

	mu      sync.Mutex
	from    time.Time // turns posted before are not timed
	acks    []time.Duration
	replies []time.Duration
}

// run walks until told to stop, and waits for all residents to be back.
func (l *load) run(ctx context.Context) {
	var all sync.WaitGroup
	for n := range residents {
		all.Go(func() {
			for !l.until() && !l.t.Failed() && ctx.Err() == nil {
				if err := l.person(n).report(ctx); err != nil {
					l.t.Errorf("%v\n%s", err, tail(l.b.log.String()))
					return
				}
			}
		})
	}
	all.Wait()
}

// timing forgets the turns timed so far.
func (l *load) timing() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.from, l.acks, l.replies = time.Now(), nil, nil
}

// timed is what was timed since, sorted.
func (l *load) timed() (acks, replies []time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	acks, replies = slices.Sorted(slices.Values(l.acks)), slices.Sorted(slices.Values(l.replies))
	return acks, replies
}

// resident is one person on one channel.
type resident struct {
	l     *load
	kind  channels.Name
	phone string // E.164
	chat  int64
	at    channels.Address
	heard int
	rand  *rand.Rand
}

// person is somebody new: of each three one writes by SMS, one by WhatsApp, one by Telegram.
func (l *load) person(n int) *resident {
	id := l.people.Add(1)
	r := &resident{l: l, phone: fmt.Sprintf("+447%09d", id), chat: 1_000_000 + id, rand: rand.New(rand.NewPCG(uint64(id), 5))} //nolint:gosec // repeats
	r.kind = []channels.Name{channels.SMS, channels.WhatsApp, channels.Telegram}[n%3]
	r.at = channels.MakeAddress(r.kind, r.phone)
	if r.kind == channels.Telegram {
		r.at = channels.MakeAddress(r.kind, strconv.FormatInt(r.chat, 10))
		l.b.telegram.Speak(r.chat, "en")
	}
	return r
}

// report walks one report from its first word to its number.
func (r *resident) report(ctx context.Context) error {
	s := r.l.script
	st, e, err := r.turn(ctx, func(ctx context.Context) int { return r.write(ctx, s.services[r.rand.IntN(len(s.services))]) })
	if err != nil {
		return err
	}
	if _, err := r.hear(ctx); err != nil { // who we are
		return err
	}
	for !r.l.until() {
		now, asked := st, e
		if st, e, err = r.turn(ctx, func(ctx context.Context) int { return r.answer(ctx, now, asked) }); err != nil {
			return err
		}
		if st.join {
			r.l.joins.Add(1)
		}
		if st.end {
			r.l.reports.Add(1)
			return nil
		}
	}
	return nil
}

// turn posts one message, times its first answer, and listens until there is something to answer. The clock starts when the webhook
// is posted.
func (r *resident) turn(ctx context.Context, post func(context.Context) int) (step, channeltest.Entry, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	start := time.Now()
	if status := post(ctx); status != http.StatusOK && status != http.StatusNoContent {
		return step{}, channeltest.Entry{}, fmt.Errorf("%s: the webhook answered %d", r.at, status)
	}
	ack := time.Since(start)
	e, err := r.hear(ctx)
	if err != nil {
		return step{}, e, err
	}
	r.l.count(start, ack, e.At.Sub(start))
	for range 3 { // WhatsApp puts what is long before the question into a message of its own
		if st, ok := r.l.script.find(e.Text); ok {
			return st, e, nil
		}
		if e, err = r.hear(ctx); err != nil {
			break
		}
	}
	return step{}, e, fmt.Errorf("%s was asked what no resident of the benchmark understands; it heard %q", r.at, r.l.b.ledger.Texts(r.at))
}

func (l *load) count(start time.Time, ack, reply time.Duration) {
	l.turns.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if start.After(l.from) {
		l.acks, l.replies = append(l.acks, ack), append(l.replies, reply)
	}
}

func (r *resident) hear(ctx context.Context) (channeltest.Entry, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	e, err := r.l.b.ledger.Await(ctx, r.at, r.heard)
	if err != nil {
		return e, fmt.Errorf("%s heard nothing after %d messages: %w", r.at, r.heard, err)
	}
	r.heard++
	return e, nil
}

// answer does what this person's app does: a button where there is one, a pin where there is one, else words.
func (r *resident) answer(ctx context.Context, s step, asked channeltest.Entry) int {
	if s.place {
		return r.place(ctx)
	}
	if r.kind == channels.Telegram {
		for _, c := range asked.Choices {
			_, id, _ := strings.Cut(asked.ID, ":")
			if message, err := strconv.Atoi(id); err == nil && c.Data != "" && c.Label == s.button {
				return r.l.b.telegram.Press(ctx, r.chat, message, c.Data)
			}
		}
	}
	return r.write(ctx, s.typed)
}

func (r *resident) write(ctx context.Context, text string) int {
	switch r.kind {
	case channels.Telegram:
		return r.l.b.telegram.Say(ctx, r.chat, text)
	case channels.WhatsApp:
		return r.l.b.twilio.Inbound(ctx, channeltest.Inbound{From: "whatsapp:" + r.phone, Body: text})
	}
	return r.l.b.twilio.Inbound(ctx, channeltest.Inbound{From: r.phone, Body: text})
}

// place sends a position somewhere in the city; by SMS it is the link a map app shares.
func (r *resident) place(ctx context.Context) int {
	lat, lon := r.l.script.somewhere(r.rand)
	a, o := strconv.FormatFloat(lat, 'f', 5, 64), strconv.FormatFloat(lon, 'f', 5, 64)
	switch r.kind {
	case channels.Telegram:
		return r.l.b.telegram.Pin(ctx, r.chat, lat, lon)
	case channels.WhatsApp:
		return r.l.b.twilio.Inbound(ctx, channeltest.Inbound{From: "whatsapp:" + r.phone, Lat: a, Lon: o})
	}
	return r.write(ctx, "https://maps.google.com/?q="+a+","+o)
}

// script is what a resident knows: how each question begins, and what to answer.
type script struct {
	services []string
	steps    []step
	where    string // how the question begins that pgbench's turn answers
	index    *places.Index
	box      [4]float64 // the boundary's least and most latitude, then longitude
}

// step answers one question, by a button's label or by words.
type step struct {
	begins           string
	button, typed    string
	place, join, end bool
}

// newScript reads the questions from the English messages, by their keys.
func newScript(t testing.TB) *script {
	t.Helper()
	words, err := locales.Load(locales.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	say := func(key string) string {
		text, _, _ := strings.Cut(words.Say("en", phrase.Say(key)), "...") // as far as its first variable
		return strings.TrimSpace(text)
	}
	s := &script{services: []string{say("service.pothole.name"), say("service.street_light.name")}, where: say("pothole.where.ask")}
	for question, choice := range map[string]string{
		"pothole.where.ask": "pothole.where.road", "pothole.size.ask": "pothole.size.large",
		"street_light.fault.ask": "street_light.fault.flickers", "street_light.how_many.ask": "street_light.how_many.single",
		"street_light.column.ask": "skip.label", "shared.photo.ask": "skip.label", "shared.details.ask": "skip.label",
		"review.check": "review.send", "join.ask": "join.different",
	} {
		s.steps = append(s.steps, step{begins: say(question), button: say(choice), typed: say(choice), join: question == "join.ask"})
	}
	no := words.Words("en", "no")[0]
	s.steps = append(s.steps, step{begins: say("shared.danger.ask"), button: say("ask.no"), typed: no},
		step{begins: say("shared.location.ask"), place: true},
		step{begins: say("pothole.done"), end: true}, step{begins: say("street_light.done"), end: true})
	c, err := council.Load(council.Demo(), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	s.index, err = places.Load(council.Demo(), places.Settings{Country: c.Places.Country, Boundary: c.Places.Boundary, Gazetteer: c.Places.Gazetteer})
	if err != nil {
		t.Fatal(err)
	}
	s.box = [4]float64{90, -90, 180, -180}
	for _, ring := range s.index.Rings() {
		for _, p := range ring {
			s.box = [4]float64{min(s.box[0], p[1]), max(s.box[1], p[1]), min(s.box[2], p[0]), max(s.box[3], p[0])}
		}
	}
	return s
}

// find is the step of the question in a text.
func (s *script) find(text string) (step, bool) {
	for _, st := range s.steps {
		if strings.Contains(text, st.begins) {
			return st, true
		}
	}
	return step{}, false
}

// somewhere is a point inside the boundary: over the whole city, so that two reports are seldom neighbours.
func (s *script) somewhere(r *rand.Rand) (lat, lon float64) {
	for {
		lat = s.box[0] + r.Float64()*(s.box[1]-s.box[0])
		lon = s.box[2] + r.Float64()*(s.box[3]-s.box[2])
		const edge = 0.001 // stay 100 m away from it
		if s.index.Inside(lat-edge, lon-edge) && s.index.Inside(lat+edge, lon+edge) && s.index.Inside(lat-edge, lon+edge) && s.index.Inside(lat+edge, lon-edge) {
			return lat, lon
		}
	}
}

// tail is the end of a log.
func tail(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}
