package channeltest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"concierge/channels"
)

// Rig is one channel between its provider and a receiver that writes down.
type Rig struct {
	Channel  channels.Channel
	Resident channels.Address // may be written to: they wrote first, where that matters
	Got      *Receiver        // where the channel's webhook brings what they write

	// Write sends a text of theirs through the webhook, the same provider id copies times at once; the HTTP status, the worst of them.
	Write  func(ctx context.Context, text string, copies int) int
	Ledger *Ledger     // what the provider took
	Script func(Fault) // nil: a channel without a network
}

// canary stands in texts that must show up in no error.
const canary = "canary-4711"

// scripts are words in every script we ship, and what phones put among them.
var scripts = map[string]string{
	"English": "Big hole outside 12 Stratford Road", "Polish": "Duża dziura w jezdni — źle", "Romanian": "O groapă mare în șosea",
	"Somali": "Dalool weyn oo wadada ku yaal", "Urdu": "سڑک پر بڑا گڑھا", "Arabic": "حفرة كبيرة في الطريق", "Punjabi": "ਸੜਕ ਵਿੱਚ ਵੱਡਾ ਟੋਆ",
	"Bengali": "রাস্তায় বড় গর্ত", "emoji": "🕳️ 👨‍👩‍👧‍👦 🇬🇧", "marks of direction": "\u200fگڑھا\u200e 12", "signs": "a;b&c=d %50 +44 <b> *x* _y_ \"q\"",
	"one space": " x ", "lines": "one\n\ntwo",
}

// Run is the case table every channel passes; fresh makes a rig of its own for each case.
func Run(t *testing.T, fresh func(t *testing.T) *Rig) {
	for name, run := range map[string]func(*testing.T, *Rig){
		"every script comes in and goes out": everyScript, "what a phone mangles is mended": mended, "a copy is the same message": copies,
		"nothing stored is nothing acknowledged": unstored, "no choice is lost": noChoiceLost, "a long text is whole": longText,
		"data too long is refused before any call": longData, "at once": atOnce, "the provider fails": failing, "the deadline holds": deadline,
	} {
		t.Run(name, func(t *testing.T) {
			r := fresh(t)
			run(t, r)
			for _, e := range r.Ledger.Broken() {
				t.Errorf("no provider would take this: %s %s", e.Call, e.Why)
			}
		})
	}
}

func everyScript(t *testing.T, r *Rig) {
	ctx := t.Context()
	for name, text := range scripts {
		if s := r.Write(ctx, text, 1); s < 200 || s > 299 {
			t.Errorf("%s: status %d", name, s)
		}
		m := r.Got.Last()
		if m.Text != text || m.From != r.Resident || m.Kind != channels.KindText || m.ID == "" || m.Account == "" || m.At.IsZero() {
			t.Errorf("%s: got %+v", name, m)
		}
		if m.Channel != r.Channel.Name() || m.To.Kind() != m.Channel {
			t.Errorf("%s: channel %q, to %q", name, m.Channel, m.To)
		}
		before := len(r.Ledger.Accepted(r.Resident))
		h, err := r.Channel.Send(ctx, channels.Outgoing{ID: "m", To: r.Resident, From: m.To, Text: text})
		if err != nil || h == "" {
			t.Errorf("%s: send: %v", name, err)
			continue
		}
		if got := r.Ledger.Texts(r.Resident); len(got) != before+1 || got[before] != text {
			t.Errorf("%s: they read %q", name, got[before:])
		}
	}
}

func mended(t *testing.T, r *Rig) {
	for sent, want := range map[string]string{
		"a\r\nb\rc": "a\nb\nc", "a\x00b": "ab", strings.Repeat("ж", 5000): strings.Repeat("ж", 4096), "bad \xff here": "bad \uFFFD here",
	} {
		if s := r.Write(t.Context(), sent, 1); s < 200 || s > 299 {
			t.Errorf("status %d", s)
		}
		if got := r.Got.Last().Text; got != want {
			t.Errorf("got %.40q, want %.40q", got, want)
		}
	}
}

func copies(t *testing.T, r *Rig) {
	if s := r.Write(t.Context(), "five of one", 5); s < 200 || s > 299 {
		t.Errorf("status %d", s)
	}
	all := r.Got.Messages()
	if len(all) != 5 {
		t.Fatalf("%d of 5 copies came: the host decides what is a copy, by the id", len(all))
	}
	for _, m := range all {
		if m.ID != all[0].ID || m.Account != all[0].Account {
			t.Errorf("a copy has another id: %s %s", m.Account, m.ID)
		}
	}
	r.Write(t.Context(), "another", 1)
	if r.Got.Last().ID == all[0].ID {
		t.Error("two messages share an id")
	}
}

func unstored(t *testing.T, r *Rig) {
	r.Got.Fail(errors.New("the disk is full"))
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	if s := r.Write(ctx, "lost?", 1); s >= 200 && s <= 299 {
		t.Errorf("acknowledged with %d", s)
	}
	r.Got.Fail(nil)
}

// noChoiceLost: each choice is a button or a numbered line, whatever their number, their length, their likeness.
func noChoiceLost(t *testing.T, r *Rig) {
	labels := map[string]func(i int) string{
		"short": func(i int) string { return fmt.Sprintf("No %d", i) }, "of 24": func(i int) string { return fmt.Sprintf("%024d", i) },
		"long": func(i int) string { return fmt.Sprintf("%d %s", i, strings.Repeat("long ", 12)) }, "twins": func(int) string { return "Park Road" },
		"Urdu": func(i int) string { return fmt.Sprintf("سڑک %d", i) },
	}
	for kind, label := range labels {
		for n := range 11 {
			o := channels.Outgoing{ID: "m", To: r.Resident, Text: "Some words first.\nWhich one is it?", Open: "Choose"}
			for i := range n {
				o.Choices = append(o.Choices, channels.Choice{Data: fmt.Sprintf("7:which=%d", i), Label: label(i)})
			}
			got := sendAll(t, r, o)
			read := ""
			buttons := map[string]bool{}
			for _, e := range got {
				read += e.Text + "\n"
				for _, c := range e.Choices {
					buttons[c.Data] = true
				}
			}
			for i, c := range o.Choices {
				line := fmt.Sprintf("\n%d %s", i+1, strings.TrimSpace(c.Label))
				if !buttons[c.Data] && !strings.Contains(read, line) {
					t.Errorf("%d labels %s: choice %d is lost in %q", n, kind, i+1, read)
				}
			}
			if !strings.Contains(read, "Some words first.") || !strings.Contains(read, "Which one is it?") {
				t.Errorf("%d labels %s: words are lost in %q", n, kind, read)
			}
		}
	}
}

// longText: pieces in order, none over the channel's limit, nothing lost, no address cut.
func longText(t *testing.T, r *Rig) {
	const link = "https://concierge.example/t/4hQ2hT9mRk7wZ1bXcVnL5p"
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, "Sentence %d stands here. ", i)
		if i%20 == 19 {
			b.WriteString("\n" + link + "\n")
		}
	}
	limits := channels.Can(r.Channel.Name())
	read := ""
	for _, e := range sendAll(t, r, channels.Outgoing{ID: "m", To: r.Resident, Text: b.String()}) {
		if n := len(utf16.Encode([]rune(e.Text))); n > limits.Text || !utf8.ValidString(e.Text) {
			t.Errorf("a piece of %d units", n)
		}
		if _, parts, _ := channels.Segments(e.Text); limits.Parts > 0 && parts > limits.Parts {
			t.Errorf("a piece of %d parts", parts)
		}
		read += e.Text + " "
	}
	if got, want := strings.Fields(read), strings.Fields(b.String()); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("they read %d words of %d, or others", len(got), len(want))
	}
}

// sendAll renders a message and sends its pieces, as the host does; what the resident got.
func sendAll(t *testing.T, r *Rig, o channels.Outgoing) []Entry {
	t.Helper()
	before := len(r.Ledger.Accepted(r.Resident))
	pieces := channels.Render(o, channels.Can(r.Channel.Name()))
	for _, p := range pieces {
		if _, err := r.Channel.Send(t.Context(), p); err != nil {
			t.Fatalf("send %.60q: %v", p.Text, err)
		}
	}
	got := r.Ledger.Accepted(r.Resident)[before:]
	if len(got) != len(pieces) {
		t.Errorf("%d pieces, %d messages", len(pieces), len(got))
	}
	return got
}

func longData(t *testing.T, r *Rig) {
	before := r.Ledger.Count(Asked) + r.Ledger.Count(Accepted)
	for _, data := range []string{strings.Repeat("d", 65), "", "naïve", "a\nb"} {
		_, err := r.Channel.Send(t.Context(), channels.Outgoing{ID: "m", To: r.Resident, Text: "Which?", Choices: []channels.Choice{{Data: data, Label: "A"}}})
		if e := sendError(t, err); e != nil && e.Class != channels.Refused {
			t.Errorf("data %q: %v", data, err)
		}
	}
	if n := r.Ledger.Count(Asked) + r.Ledger.Count(Accepted) - before; n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

func atOnce(t *testing.T, r *Rig) {
	var mu sync.Mutex
	var group sync.WaitGroup
	handles := map[channels.Handle]bool{}
	for i := range 16 {
		group.Go(func() {
			h, err := r.Channel.Send(t.Context(), channels.Outgoing{ID: fmt.Sprint(i), To: r.Resident, Text: fmt.Sprintf("message %d", i)})
			mu.Lock()
			defer mu.Unlock()
			if err != nil || handles[h] {
				t.Errorf("handle %q: %v", h, err)
			}
			handles[h] = true
		})
	}
	group.Wait()
	texts := map[string]bool{}
	for _, s := range r.Ledger.Texts(r.Resident) {
		texts[s] = true
	}
	if len(texts) != 16 || len(handles) != 16 {
		t.Errorf("%d texts, %d handles", len(texts), len(handles))
	}
}

// failing: what the provider does is told in one class, and no error shows words, numbers or addresses.
func failing(t *testing.T, r *Rig) {
	if r.Script == nil { // no network that could fail: the channel is in this process
		return
	}
	for name, c := range map[string]struct {
		fault Fault
		class channels.Class
		after time.Duration
		taken int
	}{
		"throttled":            {Fault{Status: 429, Code: 20429, RetryAfter: 7 * time.Second}, channels.Throttled, 7 * time.Second, 0},
		"a wrong key":          {Fault{Status: 401, Code: 20003}, channels.Configuration, 0, 0},
		"an error of theirs":   {Fault{Status: 500}, channels.Uncertain, 0, 0},
		"a page":               {Fault{Status: 502, Body: "<html>" + canary}, channels.Uncertain, 0, 0},
		"a redirect":           {Fault{Status: 302, Body: "<html>"}, channels.Uncertain, 0, 0},
		"taken, then cut off":  {Fault{Accept: true, Drop: true}, channels.Uncertain, 0, 1},
		"taken, then an error": {Fault{Accept: true, Status: 500}, channels.Uncertain, 0, 1},
		"an unknown code":      {Fault{Status: 400, Code: 99999, Text: "Bad Request: " + canary}, channels.Refused, 0, 0},
	} {
		r.Script(c.fault)
		before := len(r.Ledger.Accepted(r.Resident))
		_, err := r.Channel.Send(t.Context(), channels.Outgoing{ID: "m", To: r.Resident, Text: canary})
		e := sendError(t, err)
		if e == nil || e.Class != c.class || c.after != 0 && e.After != c.after {
			t.Errorf("%s: %+v", name, e)
		}
		if n := len(r.Ledger.Accepted(r.Resident)) - before; n != c.taken {
			t.Errorf("%s: taken %d times", name, n)
		}
	}
}

func deadline(t *testing.T, r *Rig) {
	if r.Script == nil {
		return
	}
	for name, f := range map[string]Fault{"no answer": {Hang: true}, "half an answer": {HangBody: true}, "half an answer, taken": {Accept: true, HangBody: true}} {
		r.Script(f)
		ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
		start := time.Now()
		_, err := r.Channel.Send(ctx, channels.Outgoing{ID: "m", To: r.Resident, Text: canary})
		stop()
		if e := sendError(t, err); e == nil || e.Class != channels.Uncertain || time.Since(start) > 2*time.Second {
			t.Errorf("%s: %+v after %v", name, e, time.Since(start))
		}
	}
}

// sendError is what Send promises its error to be.
func sendError(t *testing.T, err error) *channels.SendError {
	t.Helper()
	var e *channels.SendError
	if !errors.As(err, &e) {
		t.Errorf("no SendError: %v", err)
		return nil
	}
	if s := e.Error(); strings.Contains(s, canary) || strings.Contains(s, "://") {
		t.Errorf("the error tells too much: %s", s)
	}
	return e
}
