package simulator_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/channels/simulator"
)

// house is a simulator behind a real server, with a host that writes down.
type house struct {
	t     *testing.T
	sim   *simulator.Simulator
	host  *channeltest.Receiver
	url   string
	clock *atomic.Int64 // seconds added to the start
	start time.Time
}

func open(t *testing.T, change func(*simulator.Settings)) *house {
	t.Helper()
	h := &house{t: t, host: &channeltest.Receiver{}, clock: &atomic.Int64{}, start: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	server := httptest.NewUnstartedServer(nil)
	set := simulator.Settings{
		Receiver: h.host, PublicURL: "http://" + server.Listener.Addr().String(), Council: "Demo Council", Words: words(english(t)),
		Languages: []simulator.Language{
			{Tag: "en", Name: "English", Dir: "ltr", Samples: []string{"There is a pothole", "A person, please"}},
			{Tag: "ur", Name: "اردو", Dir: "rtl", Samples: []string{"سڑک پر گڑھا ہے"}},
		},
		Places: []simulator.Place{{Label: "Cannon Hill Park", Lat: 52.451, Lon: -1.902}},
		Now:    func() time.Time { return h.start.Add(time.Duration(h.clock.Load()) * time.Second) },
	}
	if change != nil {
		change(&set)
	}
	sim, err := simulator.New(set)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = sim.Handler()
	server.Start()
	t.Cleanup(func() { sim.Close(); server.Close() })
	h.sim, h.url = sim, server.URL
	return h
}

func (h *house) channel(n channels.Name) channels.Channel {
	for _, c := range h.sim.Channels() {
		if c.Name() == n {
			return c
		}
	}
	h.t.Fatalf("no channel %s", n)
	return nil
}

// send is the concierge writing to a phone.
func (h *house) send(o channels.Outgoing) (channels.Handle, string) {
	h.t.Helper()
	handle, err := h.channel(o.To.Kind()).Send(context.Background(), o)
	var refused *channels.SendError
	if err != nil && !errors.As(err, &refused) {
		h.t.Fatalf("the error of Send is a %T", err)
	}
	if err != nil {
		return handle, string(refused.Class) + " " + refused.Code
	}
	return handle, ""
}

// visitor is a browser.
type visitor struct {
	*house
	client *http.Client
}

func (h *house) visit() *visitor {
	jar, _ := cookiejar.New(nil)
	v := &visitor{h, &http.Client{Jar: jar}}
	if code, _ := v.get(""); code != http.StatusOK {
		h.t.Fatalf("the page answers %d", code)
	}
	return v
}

func (v *visitor) get(path string) (int, []byte) {
	v.t.Helper()
	r, err := v.client.Get(v.url + "/simulator/" + path)
	if err != nil {
		v.t.Fatal(err)
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	return r.StatusCode, b
}

func (v *visitor) post(path string, body any) (int, map[string]string) {
	v.t.Helper()
	b, _ := json.Marshal(body)
	return v.postAs(path, "application/json", b)
}

func (v *visitor) postAs(path, kind string, body []byte) (int, map[string]string) {
	v.t.Helper()
	r, err := v.client.Post(v.url+"/simulator/"+path, kind, bytes.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	defer r.Body.Close()
	var answer map[string]string
	_ = json.NewDecoder(r.Body).Decode(&answer)
	return r.StatusCode, answer
}

// must is a post that is taken.
func (v *visitor) must(path string, body any) {
	v.t.Helper()
	if code, answer := v.post(path, body); code != http.StatusNoContent {
		v.t.Fatalf("%s answers %d %v", path, code, answer)
	}
}

type say map[string]any

// write sends from a phone and gives the message the host received.
func (v *visitor) write(n channels.Name, what say) channels.Message {
	v.t.Helper()
	v.must("phones/"+string(n)+"/messages", what)
	return v.host.Last()
}

// state is what the page is drawn from.
type state struct {
	Phones []phone
	News   struct {
		Case  *simulator.Case
		Steps [4]bool
	}
}

type phone struct {
	Kind, Number, Window string
	On, Blocked, Started bool
	Shut                 bool
	Keyboard             *struct {
		Share  string
		Labels []string
	}
	Bubbles []bubble
}

type bubble struct {
	N                                             int
	Who, Name, Text, Foot, State, Style, Template string
	Photo, Pin, Quote, Twice                      string
	Ticks                                         int
	Lost                                          bool
	Choices                                       []struct {
		Label, Hint string
		Pressed     bool
	}
}

func (s state) phone(n channels.Name) phone {
	for _, p := range s.Phones {
		if p.Kind == string(n) {
			return p
		}
	}
	return phone{}
}

func (p phone) last() bubble {
	if len(p.Bubbles) == 0 {
		return bubble{}
	}
	return p.Bubbles[len(p.Bubbles)-1]
}

// state reads the first event of the stream.
func (v *visitor) state() state {
	v.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	var s state
	name, data := v.stream(ctx)()
	if err := json.Unmarshal([]byte(data), &s); name != "state" || err != nil {
		v.t.Fatalf("the stream begins with %s: %v", name, err)
	}
	return s
}

// stream opens the events and gives a func that waits for the next.
func (v *visitor) stream(ctx context.Context) func() (name, data string) {
	v.t.Helper()
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, v.url+"/simulator/events", nil)
	a, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { a.Body.Close() })
	lines := bufio.NewScanner(a.Body)
	lines.Buffer(nil, 8<<20)
	return func() (name, data string) {
		for lines.Scan() {
			if n, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = n
			}
			if d, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return name, d
			}
		}
		return "", ""
	}
}

// until waits for what happens behind the page.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited in vain: %s", what)
}
