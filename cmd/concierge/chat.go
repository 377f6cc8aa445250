package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"concierge/channels"
	"concierge/dialog"
	"concierge/places"
)

type chatCommand struct {
	Channel  string `enum:"sms,whatsapp,telegram" default:"sms" help:"Which channel to be: sms, whatsapp or telegram."`
	Language string `help:"The language the phone says it has, as Telegram does."`
	Explain  bool   `help:"Tell after each message what was understood, and why."`
}

const chatHelp = `You are a resident. Type, and press Enter. Also:
  /photo        send a photo          /pin WHERE     send a pin: "52.4510,-1.8720" or a place's name
  /status TO    be the council: move your newest case on (forward), or close it (not_ours)
  /quit         leave                 /help          this
`

// Run talks in the terminal: the whole concierge on a database of its own, gone at the end.
func (c chatCommand) Run(h *house) error {
	folder, err := os.MkdirTemp("", "concierge-chat")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	alone := *h.settings
	alone.Data, alone.Database, alone.Simulator = folder, "", "off"
	alone.TwilioAccountSID, alone.TwilioAuthToken, alone.TwilioSMSFrom, alone.TwilioMessagingServiceSID, alone.TwilioWhatsAppFrom = "", "", "", "", ""
	alone.TelegramToken, alone.TelegramSecret, alone.TelegramAPIURL = "", "", ""
	t := newTerminal(channels.Name(c.Channel), h.out)
	s, err := newStation(&house{ctx: h.ctx, settings: &alone, out: h.out, log: h.log, explain: c.Explain}, t)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.start(); err != nil {
		return err
	}
	s.host.SetEngine(explained{s.engine, h.out})
	fmt.Fprint(h.out, chatHelp, "\n")
	err = c.talk(h.ctx, s, t)
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	return errors.Join(err, s.stop(ctx))
}

func (c chatCommand) talk(ctx context.Context, s *station, t *terminal) error {
	info, err := os.Stdin.Stat()
	echo := err == nil && info.Mode()&os.ModeCharDevice == 0 // nobody types: what is read stands in the transcript too
	lines := make(chan string)
	go func() { // ends with the input, or with the process
		defer close(lines)
		in := bufio.NewScanner(os.Stdin)
		in.Buffer(nil, 64<<10)
		for in.Scan() {
			lines <- in.Text()
		}
	}()
	for n := 1; ; n++ {
		var line string
		var more bool
		select {
		case <-ctx.Done():
			return nil
		case line, more = <-lines:
		}
		if !more {
			return s.settle(ctx, longestHold)
		}
		if echo {
			fmt.Fprintln(t.out, ">", line)
		}
		command, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		m := channels.Message{Channel: t.name, Account: "terminal", ID: fmt.Sprint(n), Handle: channels.Handle(fmt.Sprint("in-", n)), From: t.resident,
			To: t.council, Kind: channels.KindText, Text: line, Language: c.Language, At: time.Now()}
		switch command {
		case "/quit":
			return s.settle(ctx, pace)
		case "/help":
			fmt.Fprint(t.out, chatHelp)
			continue
		case "/status":
			if err := s.step(ctx, t.resident, rest); err != nil {
				fmt.Fprintln(t.out, "!", err)
			}
			if err := s.settle(ctx, pace); err != nil {
				return err
			}
			continue
		case "/photo":
			m.Kind, m.Text = channels.KindMedia, rest
			m.Media = []channels.Media{{Ref: "terminal", Kind: "photo", Type: "image/jpeg"}}
		case "/pin":
			r := s.talk.places.Read(places.Input{Text: rest})
			if len(r.Places) == 0 || !r.Places[0].HasPoint() {
				fmt.Fprintln(t.out, "! no such place: try /pin 52.4510,-1.8720")
				continue
			}
			m.Kind, m.Text = channels.KindLocation, ""
			m.Location = &channels.Location{Lat: r.Places[0].Lat, Lon: r.Places[0].Lon, Label: r.Places[0].Label}
		}
		if err := s.host.Receive(ctx, m); err != nil {
			fmt.Fprintln(t.out, "!", err)
		}
		if err := s.settle(ctx, pace); err != nil {
			return err
		}
	}
}

// terminal is a phone in the terminal. Its choices are numbered, whatever the channel draws.
type terminal struct {
	name              channels.Name
	resident, council channels.Address
	out               io.Writer

	mu   sync.Mutex
	sent int
}

func newTerminal(n channels.Name, out io.Writer) *terminal {
	t := &terminal{name: n, out: out, resident: channels.MakeAddress(n, "+447700900001"), council: channels.MakeAddress(n, "+447700900100")}
	if n == channels.Telegram {
		t.resident, t.council = "telegram:1000001", "telegram:7000001"
	}
	return t
}

// Name is the channel it plays.
func (t *terminal) Name() channels.Name { return t.name }

// Send prints.
func (t *terminal) Send(_ context.Context, o channels.Outgoing) (channels.Handle, error) {
	text := o.Text
	if len(o.Choices) > 0 {
		text = channels.Numbered(text, o.Choices)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent++
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintln(t.out, "  <", line)
	}
	if t.name == channels.SMS {
		encoding, parts, _ := channels.Segments(text)
		fmt.Fprintf(t.out, "    %s, %d parts\n", encoding, parts)
	}
	return channels.Handle(fmt.Sprint("out-", t.sent)), nil
}

// Fetch gives the one photo there is: a grey square.
func (t *terminal) Fetch(context.Context, channels.Media) (io.ReadCloser, error) {
	img := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: 128}.Y
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		return nil, err
	}
	return io.NopCloser(&b), nil
}

// explained prints what an engine understood before it passes its events on.
type explained struct {
	*dialog.Engine
	out io.Writer
}

// Turn takes the turn.
func (e explained) Turn(ctx context.Context, look dialog.Lookup, s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
	after, events := e.Engine.Turn(ctx, look, s, in)
	for _, event := range events {
		u, ok := event.(dialog.Understood)
		if !ok {
			continue
		}
		fmt.Fprintf(e.out, "    ? %s: %s", u.Step, u.What)
		for _, g := range u.Guesses[:min(3, len(u.Guesses))] {
			fmt.Fprintf(e.out, "  %s %.2f", g.Intent, g.Sure)
		}
		fmt.Fprintln(e.out)
	}
	return after, events
}
