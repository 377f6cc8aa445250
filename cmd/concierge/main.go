// Command concierge is the digital concierge of a council: one binary that serves, checks, and talks.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"syscall"

	"github.com/alecthomas/kong"

	"concierge/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() { // a second signal ends the process at once
		<-ctx.Done()
		stop()
	}()
	os.Exit(code(run(ctx, os.Args[1:], os.Stdout, os.Stderr)))
}

// commands are what can be typed after `concierge`.
type commands struct {
	config.Settings `kong:"embed"`

	Serve   serveCommand   `cmd:"" help:"Serve residents, staff and partners."`
	Migrate migrateCommand `cmd:"" help:"Bring the database's schema up to this version."`
	Check   checkCommand   `cmd:"" help:"Check settings, council.yaml, trees and words, all at once."`
	Chat    chatCommand    `cmd:"" help:"Talk to the concierge here, in the terminal."`
	Trees   treesCommand   `cmd:"" help:"Check or draw the dialogue trees."`
	Locales localesCommand `cmd:"" help:"Check the words of every language."`
	Cases   casesCommand   `cmd:"" help:"List, show or change cases."`
	Staff   staffCommand   `cmd:"" help:"Let people into the desk."`
	Reseal  resealCommand  `cmd:"" help:"Change the key of the sealed columns, the secret above it, or the key of the index."`

	Doctor   doctorCommand   `cmd:"" help:"Reach each provider, tell what is right and wrong, and set the webhooks."`
	WhatsApp whatsappCommand `cmd:"" name:"whatsapp" help:"What WhatsApp must approve before we send it."`
}

// exit is an error that says its own exit code; what was wrong has been printed.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func code(err error) int {
	var e exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return int(e)
	}
	fmt.Fprintf(os.Stderr, "concierge: %v\n", err)
	return 1
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	var c commands
	wrong := exit(-1)
	parser, err := kong.New(&c, kong.Name("concierge"), kong.UsageOnError(), kong.Writers(out, errOut),
		kong.Description("A messaging concierge for a city council: SMS, WhatsApp and Telegram, in residents' own languages."),
		kong.Exit(func(n int) { wrong = exit(n) }))
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	chosen, err := parser.Parse(args)
	if wrong >= 0 { // --help has been answered
		return exitOrNil(wrong)
	}
	if err != nil {
		fmt.Fprintf(errOut, "concierge: %v\nTry `concierge --help`.\n", err)
		return exit(2)
	}
	if err := config.Environ(variables()); err != nil {
		return err
	}
	log, err := logger(c.Log, errOut)
	if err != nil {
		return err
	}
	return chosen.Run(&house{ctx: ctx, settings: &c.Settings, out: out, log: log})
}

func exitOrNil(e exit) error {
	if e == 0 {
		return nil
	}
	return e
}

// variables are the environment variables that somebody reads.
func variables() []string {
	var names []string
	for f := range reflect.TypeFor[config.Settings]().Fields() {
		names = append(names, f.Tag.Get("env"))
	}
	return names
}
