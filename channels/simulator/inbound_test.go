package simulator_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"concierge/channels"
	"concierge/channels/simulator"
)

// TestEachPhoneSpeaksAsItsProviderDoes: what is done on a phone, and the message the host gets.
func TestEachPhoneSpeaksAsItsProviderDoes(t *testing.T) {
	h := open(t, nil)
	v := h.visit()
	if code, _ := v.get("?lang=ur"); code != http.StatusOK {
		t.Fatal(code)
	}
	v.must("phones/telegram/messages", say{"start": true})
	if m := h.host.Last(); m.Kind != channels.KindStart || m.Language != "ur" || m.From.Kind() != channels.Telegram {
		t.Errorf("START brought %+v", m)
	}
	for _, c := range []struct {
		name string
		on   channels.Name
		does say
		kind channels.Kind
		text string
	}{
		{"words", channels.SMS, say{"text": "Big pothole\r\noutside  "}, channels.KindText, "Big pothole\noutside  "},
		{"the network's word", channels.SMS, say{"text": " stop "}, channels.KindOptOut, ""},
		{"and back", channels.SMS, say{"text": "START"}, channels.KindOptIn, ""},
		{"help", channels.SMS, say{"text": "Info"}, channels.KindHelp, ""},
		{"stop is no word of the network here", channels.WhatsApp, say{"text": "stop"}, channels.KindText, "stop"},
		{"a place by SMS is a link", channels.SMS, say{"place": 0}, channels.KindText, "https://maps.google.com/?q=52.45100,-1.90200"},
		{"a place", channels.WhatsApp, say{"place": 0}, channels.KindLocation, ""},
		{"a photo with words", channels.WhatsApp, say{"photo": "pothole", "text": "here"}, channels.KindMedia, "here"},
		{"Telegram's start with a payload", channels.Telegram, say{"text": "/start c7k"}, channels.KindStart, ""},
		{"Telegram's stop", channels.Telegram, say{"text": "/stop"}, channels.KindOptOut, ""},
		{"another command is a word", channels.Telegram, say{"text": "/status@bot"}, channels.KindText, "status"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := v.write(c.on, c.does)
			if m.Channel != c.on || m.From.Kind() != c.on || m.To.Kind() != c.on || m.Kind != c.kind || m.ID == "" || m.Account != simulator.Account {
				t.Errorf("got %+v", m)
			}
			if c.text != "" && m.Text != c.text {
				t.Errorf("text %q, not %q", m.Text, c.text)
			}
			if c.on == channels.Telegram != (m.Language == "ur") {
				t.Errorf("language hint %q on %s", m.Language, c.on)
			}
			if c.on != channels.Telegram && (!m.From.IsPhone() || !strings.HasPrefix(m.From.Value(), "+447700900")) {
				t.Errorf("the number %s is not of Ofcom's drama range", m.From)
			}
		})
	}
	if m := v.write(channels.WhatsApp, say{"place": 0}); m.Location == nil || m.Location.Lat != 52.451 || m.Location.Label != "Cannon Hill Park" {
		t.Errorf("the pin is %+v", m.Location)
	}
	for _, bad := range []say{{}, {"text": " \n "}, {"place": 9}, {"photo": "cat"}, {"press": say{"message": 1, "choice": 1}}} {
		if code, _ := v.post("phones/sms/messages", bad); code != http.StatusBadRequest {
			t.Errorf("%v answers %d", bad, code)
		}
	}
}

// TestPressing: the value behind a button comes back, with the message it stood on; WhatsApp shows the answer, Telegram marks it.
func TestPressing(t *testing.T) {
	h := open(t, nil)
	v := h.visit()
	choices := []channels.Choice{{Data: "7:size=small", Label: "Small"}, {Data: "7:size=large", Label: "Large"}}
	for _, n := range []channels.Name{channels.WhatsApp, channels.Telegram} {
		v.must("phones/"+string(n)+"/messages", say{"start": n == channels.Telegram, "text": "hello"})
		handle, refused := h.send(channels.Outgoing{ID: "o1", To: h.host.Last().From, Text: "How big?", Choices: choices})
		if refused != "" {
			t.Fatal(refused)
		}
		b := v.state().phone(n).last()
		if len(b.Choices) != 2 || b.Choices[1].Label != "Large" {
			t.Fatalf("%s shows %+v", n, b)
		}
		m := v.write(n, say{"press": say{"message": b.N, "choice": 2}})
		if m.Kind != channels.KindPress || m.Press != (channels.Press{Data: "7:size=large", Label: "Large", On: handle}) {
			t.Errorf("%s: the press is %+v", n, m.Press)
		}
		last := v.state().phone(n).last()
		if n == channels.WhatsApp && (last.Who != "resident" || last.Text != "Large" || last.Quote != "How big?") {
			t.Errorf("WhatsApp's answer is %+v", last)
		}
		if n == channels.Telegram && (last.Who != "council" || !last.Choices[1].Pressed) {
			t.Errorf("Telegram's prompt is %+v", last)
		}
	}
	if _, refused := h.send(channels.Outgoing{To: h.host.Last().From, Text: "Thanks", Retire: []channels.Handle{h.host.Last().Press.On}}); refused != "" {
		t.Fatal(refused)
	}
	if b := v.state().phone(channels.Telegram).Bubbles; len(b[len(b)-2].Choices) != 0 {
		t.Error("spent buttons are still there")
	}
}

// TestTwiceAndFive: a network that repeats itself gives one id twice; five messages at once have five.
func TestTwiceAndFive(t *testing.T) {
	h := open(t, nil)
	v := h.visit()
	v.must("phones/sms/messages", say{"text": "hello", "copies": 2})
	got := h.host.Messages()
	if len(got) != 2 || got[0].ID != got[1].ID {
		t.Fatalf("twice came as %+v", got)
	}
	if s := v.state().phone(channels.SMS); len(s.Bubbles) != 1 || s.last().Twice == "" {
		t.Errorf("the phone shows %+v", s.Bubbles)
	}
	v.must("phones/whatsapp/messages", say{"text": "hello", "times": 5})
	ids := map[string]bool{}
	for _, m := range h.host.Messages()[2:] {
		ids[m.ID] = true
	}
	if len(ids) != 5 {
		t.Errorf("%d ids of five", len(ids))
	}
	if n := len(v.state().phone(channels.WhatsApp).Bubbles); n != 5 {
		t.Errorf("%d bubbles of five", n)
	}
}

// TestNotTaken: the host cannot store a message; the phone says so.
func TestNotTaken(t *testing.T) {
	h := open(t, nil)
	v := h.visit()
	h.host.Fail(errors.New("the disk is full"))
	if code, answer := v.post("phones/sms/messages", say{"text": "hello"}); code != http.StatusServiceUnavailable || answer["error"] == "" {
		t.Errorf("it answers %d %v", code, answer)
	}
	if b := v.state().phone(channels.SMS).last(); !b.Lost || b.State == "" {
		t.Errorf("the phone shows %+v", b)
	}
}

// TestPhotosReachTheMediaJob: a sample and an upload are fetched byte for byte; the upload is shown to its owner alone.
func TestPhotosReachTheMediaJob(t *testing.T) {
	h := open(t, nil)
	v, stranger := h.visit(), h.visit()
	m := v.write(channels.SMS, say{"photo": "street_light"})
	r, err := h.channel(channels.SMS).Fetch(context.Background(), m.Media[0])
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(r)
	if int64(len(b)) != m.Media[0].Size || !bytes.HasPrefix(b, []byte{0xff, 0xd8}) {
		t.Errorf("the sample has %d bytes of %d", len(b), m.Media[0].Size)
	}
	png := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{1}, 1000)...)
	if code, _ := v.postAs("phones/telegram/photos", "image/png", png); code != http.StatusConflict {
		t.Errorf("before /start a photo answers %d", code)
	}
	if code, answer := v.postAs("phones/whatsapp/photos?text=here", "image/png", png); code != http.StatusNoContent {
		t.Fatalf("the upload answers %d %v", code, answer)
	}
	m = h.host.Last()
	if m.Text != "here" || len(m.Media) != 1 || m.Media[0].Kind != "photo" || m.Media[0].Type != "image/png" {
		t.Fatalf("the upload came as %+v", m)
	}
	r, err = h.channel(channels.WhatsApp).Fetch(context.Background(), m.Media[0])
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(r); !bytes.Equal(b, png) {
		t.Error("the upload came back changed")
	}
	shown := v.state().phone(channels.WhatsApp).last().Photo
	if code, b := v.get(shown); code != http.StatusOK || !bytes.Equal(b, png) {
		t.Errorf("its owner is shown %d", code)
	}
	if code, _ := stranger.get(shown); code != http.StatusNotFound {
		t.Errorf("a stranger is shown %d", code)
	}
	if _, err := h.channel(channels.SMS).Fetch(context.Background(), channels.Media{Ref: "sample:../page"}); !errors.Is(err, simulator.ErrPicture) {
		t.Errorf("a made-up reference: %v", err)
	}
	if code, _ := v.postAs("phones/whatsapp/photos", "image/png", make([]byte, 10<<20+1)); code != http.StatusRequestEntityTooLarge {
		t.Errorf("over 10 MiB answers %d", code)
	}
}
