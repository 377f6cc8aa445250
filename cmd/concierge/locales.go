package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"concierge/channels"
	"concierge/dialog/understand"
	"concierge/locales"
)

type localesCommand struct {
	Check localesCheck `cmd:"" help:"Check what is said and understood, with file, line and what to do."`
	Words localesWords `cmd:"" help:"Count what each language understands, or try the classifier on phrases it never saw."`

	Preview localesPreview `cmd:"" help:"Print what is said along a path of a tree, as a resident reads it."`
}

type localesCheck struct {
	Tags   []string `arg:"" optional:"" help:"Only these languages."`
	Strict bool     `help:"A missing message is an error, and so is any warning of a translation."`
}

type localesWords struct {
	Evaluate string `type:"existingfile" help:"A TSV: label, language, phrase. Exit 1 under the floor a release keeps."`
}

// Run prints every finding and fails when one is an error.
func (l localesCheck) Run(h *house) error {
	t, err := h.talk()
	if err != nil {
		fmt.Fprintln(h.out, err)
		return exit(1)
	}
	return tell(h.out, "words", wordFindings(t, l.Tags, l.Strict))
}

// finding is one thing to mend, in words, trees or settings.
type finding struct {
	text    string
	warning bool
}

func wordFindings(t *talk, tags []string, strict bool) []finding {
	var all []finding
	for _, f := range locales.Check(t.wordFiles, locales.CheckOptions{Fold: understand.Fold, Segments: parts, Need: t.councilKeys(), Strict: strict, Tags: tags}) {
		all = append(all, finding{"locales/" + f.String(), f.Warning})
	}
	return all
}

// parts counts an SMS for the length budget, as it would be sent.
func parts(text string) (encoding string, n int) {
	encoding, n, _ = channels.Segments(channels.FoldSMS(text))
	return encoding, n
}

// tell prints findings, errors first, and a last line that says how it stands.
func tell(out io.Writer, what string, all []finding) error {
	errs := 0
	for _, pass := range []bool{false, true} {
		for _, f := range all {
			if f.warning != pass {
				continue
			}
			if pass {
				fmt.Fprintf(out, "%s (warning)\n", f.text)
				continue
			}
			errs++
			fmt.Fprintln(out, f.text)
		}
	}
	fmt.Fprintf(out, "%s: %d errors, %d warnings\n", what, errs, len(all)-errs)
	if errs > 0 {
		return exit(1)
	}
	return nil
}

// Run counts, or evaluates.
func (l localesWords) Run(h *house) error {
	t, err := h.talk()
	if err != nil {
		return err
	}
	if l.Evaluate != "" {
		return l.evaluate(h, t)
	}
	w := tabwriter.NewWriter(h.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LANGUAGE\tYES\tNO\tCOMMANDS\tCHOICES\tINTENTS\tPHRASES")
	for _, tag := range t.words.Tags() {
		phrases := 0
		intents := t.words.Keys(tag, "intent.")
		for _, key := range intents {
			phrases += len(t.words.Words(tag, key))
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\n", tag, len(t.words.Words(tag, "yes")), len(t.words.Words(tag, "no")),
			len(t.words.Keys(tag, "command.")), len(t.words.Keys(tag, "choice.")), len(intents), phrases)
	}
	return w.Flush()
}

func (l localesWords) evaluate(h *house, t *talk) error {
	f, err := os.Open(l.Evaluate)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := understand.ReadExamples(f)
	if err != nil {
		return fmt.Errorf("%s: %w", l.Evaluate, err)
	}
	r := understand.Evaluate(understand.Train(t.words), rows)
	if err := r.Print(h.out); err != nil {
		return err
	}
	under := r.Under(understand.Bars)
	for _, miss := range under {
		fmt.Fprintln(h.out, miss)
	}
	if len(under) > 0 {
		fmt.Fprintln(h.out, "Add phrases to [intent] in locales/*/words.toml (never these), and try again.")
		return exit(1)
	}
	return nil
}
