package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"concierge/channels"
	"concierge/channels/twilio"
	"concierge/internal/phrase"
)

type whatsappCommand struct {
	Templates whatsappTemplates `cmd:"" help:"List what WhatsApp must know before we send it: templates by language, and frames for buttons and lists."`
}

type whatsappTemplates struct {
	Submit bool `help:"Create what is missing, ask WhatsApp to approve it, and print the lines for council.yaml."`
}

// kept is one content we need, where it belongs in council.yaml, and how it stands.
type kept struct {
	key, tag   string // "case_update", "ur"; "" and "list_3" for a frame
	configured string // the SID in council.yaml
	words      twilio.Content
	refusals   []string
	at         twilio.Standing // at Twilio, in these words; the zero Standing when it is not there
	changed    bool            // it is there in other words
	failed     error
}

// Run lists, or makes what is missing.
func (c whatsappTemplates) Run(h *house) error {
	t, err := h.talk()
	if err != nil {
		return err
	}
	if err := h.settings.Validate(); err != nil {
		return err
	}
	if h.settings.TwilioWhatsAppFrom == "" {
		return fmt.Errorf("WhatsApp is not configured: set CONCIERGE_TWILIO_WHATSAPP_FROM and the account (README, Connect Twilio)")
	}
	tw, err := twilio.New(twilioOf(h.settings, t.council), nil, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	all, err := standings(h.ctx, tw, t)
	if err != nil {
		return err
	}
	if c.Submit {
		for i := range all {
			all[i].submit(h.ctx, tw)
		}
	}
	w := tabwriter.NewWriter(h.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KEY\tLANGUAGE\tSTATE\tSID\tNOTE")
	wrong := 0
	for _, k := range all {
		state, note, bad := k.tell()
		if bad {
			wrong++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", strings.TrimPrefix(k.key, "session."), k.tag, state, k.at.SID, note)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if c.Submit {
		fmt.Fprint(h.out, "\n", forYAML(all))
	}
	if wrong > 0 {
		return exit(1)
	}
	return nil
}

// standings are all contents we need and how far each has come.
func standings(ctx context.Context, tw *twilio.Twilio, t *talk) ([]kept, error) {
	there, err := tw.Contents(ctx)
	if err != nil {
		return nil, err
	}
	all := t.contents()
	for i := range all {
		for _, s := range there {
			same, changed := all[i].words.Is(s.Name)
			if same {
				all[i].at = s
			}
			all[i].changed = all[i].changed || changed
		}
	}
	return all, nil
}

// contents are the templates in each language that has their words, and the frames.
func (t *talk) contents() []kept {
	var all []kept
	for _, message := range t.words.MessageKeys(t.council.Languages.Source, "template.") {
		key, ok := strings.CutSuffix(strings.TrimPrefix(message, "template."), ".text")
		if !ok {
			continue
		}
		for _, tag := range t.languages() {
			if !t.words.Has(tag, message) {
				continue
			}
			k := kept{key: key, tag: tag, configured: t.council.Channels.WhatsAppTemplates[key][tag], words: t.template(key, tag)}
			k.refusals = k.words.Refusals()
			all = append(all, k)
		}
	}
	for _, c := range twilio.Session() {
		all = append(all, kept{key: "session." + c.Name, configured: t.council.Channels.WhatsAppSession[c.Name], words: c})
	}
	return all
}

// answers are a template's buttons in the order of their data.
var answers = [...]string{"yes", "no", "partly"}

// template is a template's words in one language, its variables numbered in the order the English first names them, the ids of its
// buttons behind them.
func (t *talk) template(key, tag string) twilio.Content {
	message := "template." + key + ".text"
	c := twilio.Content{Name: key + "_" + tag, Language: tag}
	var vars []phrase.Var
	for i, name := range t.words.Variables(message) {
		vars = append(vars, phrase.Var{Name: name, Text: numberedVariable(i + 1)})
		c.Samples = append(c.Samples, t.sampleFor(name, tag))
	}
	c.Body = aloneOnLine(t.words.SayKey(tag, message, vars...))
	for _, word := range answers {
		label := "template." + key + "." + word
		if !t.words.Has(t.council.Languages.Source, label) {
			continue
		}
		c.Samples = append(c.Samples, "case:"+sampleReference+"="+word)
		c.Choices = append(c.Choices, channels.Choice{Label: t.words.SayKey(tag, label), Data: numberedVariable(len(c.Samples))})
	}
	return c
}

func numberedVariable(n int) string { return "{{" + strconv.Itoa(n) + "}}" }

// aloneOnLine takes the signs that keep a value in one piece away where it stands alone: that is a link, and they would break it.
func aloneOnLine(body string) string {
	lines := strings.Split(body, "\n")
	for i, l := range lines {
		if bare := strings.Trim(l, "\u2068\u2069"); strings.HasPrefix(bare, "{{") && strings.HasSuffix(bare, "}}") && !strings.Contains(bare, " ") {
			lines[i] = bare
		}
	}
	return strings.Join(lines, "\n")
}

// sampleReference is a reference that was never given out.
const sampleReference = "C7K-4M95"

// sampleFor is an example of a variable's value, as those who approve the template read it.
func (t *talk) sampleFor(name, tag string) string {
	switch name {
	case "Ref":
		return sampleReference
	case "Service":
		return t.words.SayKey(tag, "service."+t.council.Services[0].Code+".name")
	case "Place":
		if all := t.places.Samples(1); len(all) > 0 {
			return all[0].Label
		}
	case "Said":
		return t.words.SayKey(tag, "case.said.in_progress.plain")
	case "Link":
		return "https://concierge.example/t/4kWz9QxT7mJc2RfVbN8sLp"
	}
	return t.council.Name
}

// submit makes the content when it is not there, and asks for its approval when nobody has. Frames need none.
func (k *kept) submit(ctx context.Context, tw *twilio.Twilio) {
	if len(k.refusals) > 0 {
		return
	}
	if k.at.SID == "" {
		sid, err := tw.CreateContent(ctx, k.words)
		if err != nil {
			k.failed = err
			return
		}
		k.at = twilio.Standing{SID: sid, Name: k.words.FullName(), State: "unsubmitted"}
	}
	if k.tag == "" || k.at.State != "unsubmitted" {
		return
	}
	state, err := tw.Submit(ctx, k.at.SID, k.words)
	if err != nil {
		k.failed = err
		return
	}
	k.at.State = state
}

// tell says how it stands, what to do, and whether it cannot stay so.
func (k *kept) tell() (state, note string, bad bool) {
	switch {
	case k.failed != nil:
		return "failed", k.failed.Error(), true
	case len(k.refusals) > 0:
		return "refused here", strings.Join(k.refusals, "; "), true
	case k.at.SID == "" && k.changed:
		return "changed words", "approved or not, what is there says something else; --submit sends these", false
	case k.at.SID == "":
		return "missing", "", false
	case k.at.State == "rejected" || k.at.State == "disabled" || k.at.State == "paused":
		return k.at.State, k.at.Why, true
	case k.configured != k.at.SID:
		note = "not in council.yaml"
	}
	if k.tag == "" {
		return "ready", note, false
	}
	if k.at.State == "received" {
		return "pending", note, false
	}
	return k.at.State, note, false
}

// forYAML are the lines for council.yaml. What WhatsApp has not approved yet does not replace what it has.
func forYAML(all []kept) string {
	templates, frames := map[string][]string{}, []string{}
	for _, k := range all {
		sid, note := k.configured, ""
		switch {
		case k.at.SID != "" && (k.tag == "" || k.at.State == "approved"):
			sid = k.at.SID
		case k.at.SID != "" && sid == "":
			sid, note = k.at.SID, " # not approved yet"
		}
		if sid == "" {
			continue
		}
		if frame, ok := strings.CutPrefix(k.key, "session."); ok {
			frames = append(frames, fmt.Sprintf("    %s: %s\n", frame, sid))
			continue
		}
		templates[k.key] = append(templates[k.key], fmt.Sprintf("      %s: %s%s\n", k.tag, sid, note))
	}
	var b strings.Builder
	b.WriteString("# For council.yaml:\nchannels:\n")
	if len(templates) > 0 {
		b.WriteString("  whatsapp_templates:\n")
	}
	for _, key := range slices.Sorted(maps.Keys(templates)) {
		fmt.Fprintf(&b, "    %s:\n%s", key, strings.Join(templates[key], ""))
	}
	if len(frames) > 0 {
		fmt.Fprintf(&b, "  whatsapp_session:\n%s", strings.Join(frames, ""))
	}
	return b.String()
}
