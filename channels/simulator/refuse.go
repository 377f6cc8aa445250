package simulator

import (
	"slices"
	"time"

	"concierge/channels"
)

// refuse holds what the phone's owner, carrier or provider would refuse: 21610 after STOP, 63016 outside the window without a
// template, 63014 and 403 when blocked, 403 before /start. The lock is held.
func (p *phone) refuse(o channels.Outgoing, now time.Time) error {
	switch {
	case p.kind == channels.SMS && p.stopped:
		return &channels.SendError{Class: channels.OptedOut, Code: "21610"}
	case p.kind == channels.WhatsApp && p.blocked:
		return &channels.SendError{Class: channels.OptedOut, Code: "63014"}
	case p.kind == channels.Telegram && (p.blocked || !p.started):
		return &channels.SendError{Class: channels.Unreachable, Code: "403"}
	case p.kind == channels.WhatsApp && o.Template != nil && o.Shut:
		return nil
	case p.kind == channels.WhatsApp && (o.Shut || p.lastIn.IsZero() || !now.Before(p.windowEnd())):
		return &channels.SendError{Class: channels.WindowShut, Code: "63016"}
	}
	return nil
}

// silent tells of a phone that shows nothing though the network takes everything: SMS has no way to tell the sender it is blocked.
func (p *phone) silent() bool { return p.kind == channels.SMS && p.blocked }

// place puts an outbound bubble on the phone, or keeps it until the phone is on. The lock is held.
func (p *phone) place(b *bubble, o channels.Outgoing) {
	if p.silent() {
		p.last++
		b.n = p.last
		return
	}
	if p.off {
		p.last++
		b.n = p.last
		p.waiting = append(p.waiting, b)
		if len(p.waiting) > maxBubbles {
			p.waiting = slices.Delete(p.waiting, 0, 1)
		}
	} else {
		p.add(b)
	}
	if p.kind != channels.Telegram {
		return
	}
	if o.Pin != "" {
		p.keyboard = &keyboard{Share: o.Pin}
		for _, h := range o.Choices {
			p.keyboard.Labels = append(p.keyboard.Labels, h.Label)
		}
		return
	}
	if len(o.Choices) == 0 {
		p.keyboard = nil // one markup a message: inline buttons cannot remove a keyboard, plain words do
	}
}

// retire takes the buttons off spent prompts and gives what changed. The lock is held.
func (p *phone) retire(spent []channels.Handle) []*bubble {
	var changed []*bubble
	for _, b := range p.bubbles {
		if b.style == "inline" && slices.Contains(spent, b.handle) && len(b.choices) > 0 {
			b.choices = nil
			changed = append(changed, b)
		}
	}
	return changed
}
