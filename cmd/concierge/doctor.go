package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

type doctorCommand struct {
	Write bool `help:"Set what can be set: the SMS number's webhook, Telegram's webhook and its menu. Without it nothing is changed."`
	Self  bool `help:"Also send ourselves a signed request by the public URL: run it while serve is running."`
}

// How long one call may take, how far clocks may be apart, and for how long a failure Telegram tells of counts as one of now.
const (
	doctorTime = 15 * time.Second
	clockWrong = 30 * time.Second
	recently   = time.Hour
)

// doctor reaches each provider and tells what is right and wrong, a line each.
type doctor struct {
	doctorCommand
	house *house
	talk  *talk
	out   io.Writer
	wrong int
}

// Run looks at everything that is configured. It fails when something is wrong.
func (c doctorCommand) Run(h *house) error {
	d := &doctor{doctorCommand: c, house: h, out: h.out}
	for _, line := range told(h.settings.Validate()) {
		d.bad("%s", line)
	}
	var err error
	if d.talk, err = h.talk(); err != nil {
		for _, line := range told(err) {
			d.bad("%s", line)
		}
	}
	if d.wrong > 0 {
		return d.end()
	}
	if !h.settings.Twilio() && !h.settings.Telegram() {
		d.note("no provider is configured: there are the demo phones only")
		return d.end()
	}
	d.address()
	if h.settings.Twilio() {
		d.section("Twilio", d.twilio)
	}
	if h.settings.Telegram() {
		d.section("Telegram", d.telegram)
	}
	return d.end()
}

func (d *doctor) end() error {
	if d.wrong > 0 {
		fmt.Fprintf(d.out, "doctor: %d wrong\n", d.wrong)
		return exit(1)
	}
	fmt.Fprintln(d.out, "doctor: all well")
	return nil
}

func (d *doctor) section(name string, look func(context.Context)) {
	fmt.Fprintln(d.out, name)
	ctx, cancel := context.WithTimeout(d.house.ctx, 8*doctorTime)
	defer cancel()
	look(ctx)
}

func (d *doctor) ok(format string, args ...any) { fmt.Fprintf(d.out, "  ok     "+format+"\n", args...) }
func (d *doctor) note(format string, args ...any) {
	fmt.Fprintf(d.out, "  note   "+format+"\n", args...)
}
func (d *doctor) bad(format string, args ...any) {
	d.wrong++
	fmt.Fprintf(d.out, "  WRONG  "+format+"\n", args...)
}

// address is the one address all providers call.
func (d *doctor) address() {
	set := d.house.settings
	switch polls := set.TelegramMode == "poll" && !set.Twilio(); {
	case polls:
	case set.Loopback():
		d.bad("CONCIERGE_PUBLIC_URL is %s: no provider can reach this machine by it", set.PublicURL)
	case strings.HasPrefix(set.PublicURL, "http://"):
		d.bad("CONCIERGE_PUBLIC_URL begins with http://: Telegram calls https only, and texts must not travel open")
	}
}
