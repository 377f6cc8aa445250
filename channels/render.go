package channels

import (
	"slices"
	"strconv"
	"strings"
)

// Render makes of one message the provider messages it takes on a channel: one row, one call, one receipt each. It adds digits,
// spaces and line breaks, never a word. After it, choices left on a message are buttons or rows; numbered lines are in the text.
// The last piece carries choices, pin and spent prompts; the first carries photo and template.
func Render(o Outgoing, c Capabilities) []Outgoing {
	o.Text = strings.TrimSpace(lines(o.Text))
	o.Choices = labelled(o.Choices)
	if c.Parts > 0 {
		o.Text = FoldSMS(o.Text)
	}
	if len(o.Choices) == 0 {
		return pieces(o, cut(o.Text, c))
	}
	if c.Buttons == 0 || len(o.Choices) > max(c.Buttons, c.Rows) {
		return numbered(o, c)
	}
	if c.Rows == 0 {
		o.Choices = fitted(o.Choices, c.ButtonLabel)
		return pieces(o, cut(o.Text, c))
	}
	return overButtons(o, c)
}

// Numbered is the text with its choices as the lines "1 Label", for a channel without buttons. ASCII digits in every script.
func Numbered(text string, choices []Choice) string {
	list := list(choices)
	if text == "" {
		return list
	}
	return text + "\n" + list
}

// overButtons is WhatsApp: the question, one line of at most 255, stands above buttons or rows; the rest goes before it.
func overButtons(o Outgoing, c Capabilities) []Outgoing {
	head, question := lastLine(o.Text)
	if !fitsButtons(o.Choices, c) || question == "" || unitsOf(question) > c.Above {
		return numbered(o, c)
	}
	if head == "" {
		o.Choices = hinted(o.Choices, c)
		return []Outgoing{o}
	}
	if o.Template != nil {
		// A template says it all in one message: split in two, the second would have nothing to say when the window is shut.
		return numbered(o, c)
	}
	o.Choices = hinted(o.Choices, c)
	return pieces(o, append(cut(head, c), question))
}

// labelled makes each label one line of valid signs; nothing is copied when all are.
func labelled(choices []Choice) []Choice {
	for i, h := range choices {
		l := strings.TrimSpace(oneLine(lines(h.Label)))
		if l == h.Label {
			continue
		}
		out := slices.Clone(choices)
		for j := i; j < len(out); j++ {
			out[j].Label = strings.TrimSpace(oneLine(lines(out[j].Label)))
		}
		return out
	}
	return choices
}

func fitsButtons(choices []Choice, c Capabilities) bool {
	if c.Distinct && twins(choices) {
		return false
	}
	limit := c.RowLabel
	if len(choices) <= c.Buttons {
		limit = max(c.ButtonLabel, c.RowLabel)
	}
	for _, h := range choices {
		if u := unitsOf(h.Label); u == 0 || u > limit {
			return false
		}
	}
	return true
}

// AsButtons tells whether the choices are quick replies, not rows of a list.
func AsButtons(choices []Choice, c Capabilities) bool {
	if len(choices) > c.Buttons {
		return false
	}
	for _, h := range choices {
		if unitsOf(h.Label) > c.ButtonLabel {
			return false
		}
	}
	return true
}

// hinted gives every row a hint, its label again where it has none: a row without one is refused.
func hinted(choices []Choice, c Capabilities) []Choice {
	if AsButtons(choices, c) {
		return choices
	}
	out := make([]Choice, len(choices))
	for i, h := range choices {
		if h.Hint == "" {
			h.Hint = h.Label
		}
		h.Hint = ellipsis(oneLine(h.Hint), c.RowHint)
		out[i] = h
	}
	return out
}

func fitted(choices []Choice, label int) []Choice {
	out := make([]Choice, len(choices))
	for i, h := range choices {
		h.Label = ellipsis(oneLine(h.Label), label)
		out[i] = h
	}
	return out
}

// numbered puts the choices into the text. The list keeps its question when the whole must be cut.
func numbered(o Outgoing, c Capabilities) []Outgoing {
	choices := o.Choices
	o.Choices = nil
	if o.Named {
		return pieces(o, cut(o.Text, c))
	}
	whole := Numbered(o.Text, choices)
	if c.Parts > 0 {
		whole = FoldSMS(whole)
	}
	if c.fits(whole) {
		o.Text = whole
		return []Outgoing{o}
	}
	n := strings.Count(list(choices), "\n") + 1
	text, tail := splitLines(whole, n)
	if head, question := lastLine(text); c.fits(question + "\n" + tail) {
		return pieces(o, append(cut(head, c), question+"\n"+tail))
	}
	return pieces(o, append(cut(text, c), cutLines(tail, c)...))
}

func list(choices []Choice) string {
	var b strings.Builder
	for i, h := range choices {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strconv.Itoa(i + 1))
		b.WriteByte(' ')
		b.WriteString(oneLine(h.Label))
	}
	return b.String()
}

// pieces gives each text its own message.
func pieces(o Outgoing, texts []string) []Outgoing {
	if len(texts) <= 1 {
		if len(texts) == 1 {
			o.Text = texts[0]
		}
		return []Outgoing{o}
	}
	out := make([]Outgoing, len(texts))
	for i, t := range texts {
		p := o
		p.Text = t
		if i > 0 {
			p.Photo, p.Template = "", nil
		}
		if i < len(texts)-1 {
			p.Choices, p.Pin, p.Open, p.Retire, p.Named = nil, "", "", nil, false
		}
		out[i] = p
	}
	return out
}

func twins(choices []Choice) bool {
	for i, a := range choices {
		for _, b := range choices[:i] {
			if strings.EqualFold(strings.TrimSpace(a.Label), strings.TrimSpace(b.Label)) {
				return true
			}
		}
	}
	return false
}

func oneLine(s string) string {
	if !strings.ContainsAny(s, "\r\n\t") {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// lastLine parts the last line, the question, from what stands before it.
func lastLine(s string) (head, last string) {
	i := strings.LastIndexByte(s, '\n')
	if i < 0 {
		return "", s
	}
	return strings.TrimRight(s[:i], "\n "), s[i+1:]
}

// splitLines parts the last n lines from the rest.
func splitLines(s string, n int) (head, tail string) {
	at := len(s)
	for range n {
		i := strings.LastIndexByte(s[:at], '\n')
		if i < 0 {
			return "", s
		}
		at = i
	}
	return s[:at], s[at+1:]
}
