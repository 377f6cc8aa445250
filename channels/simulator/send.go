package simulator

import (
	"context"
	"io"
	"strconv"
	"unicode/utf16"

	"concierge/channels"
)

// channel is one of the three ways out.
type channel struct {
	*Simulator
	name channels.Name
}

// Name tells which of the three it is.
func (c *channel) Name() channels.Name { return c.name }

// Send puts a message on a phone of the page, or refuses it as the provider would, with the provider's code. A number nobody on the
// page has is a phone that is switched off: the message is sent and never arrives. The error is always a *channels.SendError.
func (c *channel) Send(ctx context.Context, o channels.Outgoing) (channels.Handle, error) {
	if ctx.Err() != nil {
		return "", &channels.SendError{Class: channels.Retry, Code: "context"}
	}
	if err := c.refuse(o); err != nil {
		return "", err
	}
	b := c.draw(o)
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.lines[o.To]
	if p == nil {
		b.handle = handle(c.name, o.To, b)
		c.background(func(ctx context.Context) { c.receipt(ctx, c.name, b, channels.Sent) })
		return b.handle, nil
	}
	if err := p.refuse(o, c.settings.Now()); err != nil {
		return "", err
	}
	p.place(b, o)
	b.handle = handle(c.name, o.To, b)
	gone := p.retire(o.Retire)
	if !p.off && !p.silent() {
		c.tell(p, append(gone, b)...)
	}
	c.background(func(ctx context.Context) { c.deliver(ctx, p, b) })
	c.refreshLater(p.owner)
	return b.handle, nil
}

// refuse holds what the message alone can be refused for.
func (c *channel) refuse(o channels.Outgoing) error {
	no := func(class channels.Class, code string) error { return &channels.SendError{Class: class, Code: code} }
	can := channels.Can(c.name)
	if o.To.Kind() != c.name || o.To.Value() == "" {
		return no(channels.Refused, "21211")
	}
	if !o.Expires.IsZero() && !o.Expires.After(c.settings.Now()) {
		return no(channels.Expired, "30036")
	}
	for _, h := range o.Choices {
		if !channels.ValidData(h.Data) {
			return no(channels.Refused, "data")
		}
	}
	limit, long, empty := can.Text, "21617", "21619"
	if c.name == channels.Telegram {
		limit, long, empty = 4096, "400", "400"
	}
	if o.Text == "" && o.Photo == "" && (!o.Shut || o.Template == nil) {
		return no(channels.Refused, empty)
	}
	if len(utf16.Encode([]rune(o.Text))) > limit {
		return no(channels.Refused, long)
	}
	return nil
}

// draw makes a bubble of a message, as the channel shows it.
func (c *channel) draw(o channels.Outgoing) *bubble {
	b := &bubble{
		who: "council", text: o.Text, at: c.settings.Now(), message: o.ID, attempt: o.Attempt, status: channels.Sent, choices: o.Choices,
		open: o.Open, photo: o.Photo,
	}
	if o.Shut && c.name == channels.WhatsApp && o.Template != nil {
		c.drawTemplate(b, *o.Template)
		return b
	}
	if len(o.Choices) == 0 {
		return b
	}
	can := channels.Can(c.name)
	switch {
	case can.Buttons == 0 || len(o.Choices) > max(can.Buttons, can.Rows):
		b.choices = nil
		if !o.Named {
			b.text = channels.Numbered(o.Text, o.Choices)
		}
	case c.name == channels.Telegram && o.Pin != "":
		b.choices = nil // one markup a message: the reply keyboard
	case c.name == channels.Telegram:
		b.style = "inline"
	case channels.AsButtons(o.Choices, can):
		b.style = "buttons"
	default:
		b.style = "list"
	}
	return b
}

// drawTemplate shows the approved words, never the text of the row: outside the window nothing else may go.
func (c *channel) drawTemplate(b *bubble, t channels.Template) {
	b.key, b.choices = t.Key, nil
	if c.settings.Template == nil {
		return
	}
	text, labels := c.settings.Template(t)
	b.text = text
	for i, l := range labels {
		if i < len(t.Data) {
			b.choices, b.style = append(b.choices, channels.Choice{Data: t.Data[i], Label: l}), "buttons"
		}
	}
}

// handle is what a provider would call the message.
func handle(n channels.Name, to channels.Address, b *bubble) channels.Handle {
	if n == channels.Telegram && b.n > 0 {
		return channels.Handle(to.Value() + ":" + strconv.Itoa(b.n))
	}
	if n == channels.Telegram {
		return channels.Handle(to.Value() + ":" + updateID())
	}
	return channels.Handle("SM" + newID())
}

// Fetch opens a photo that was sent from a phone of the page.
func (c *channel) Fetch(_ context.Context, m channels.Media) (io.ReadCloser, error) {
	return c.picture(m.Ref)
}
