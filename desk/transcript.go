package desk

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
)

// fillTranscript puts the messages and the notes among them in order.
func (d *Desk) fillTranscript(ctx context.Context, tx *database.Tx, p *conversationPage, before int64, since string) error {
	all, more, err := inbox.Transcript(ctx, tx, p.ID, before)
	if err != nil {
		return err
	}
	if len(all) > 0 {
		p.LastSeen = all[len(all)-1].ID
		if more {
			p.Earlier = "?before=" + strconv.FormatInt(all[0].Seq, 10)
		}
		// Notes older than what is shown belong to an earlier page.
		if more {
			p.Lines = slices.DeleteFunc(p.Lines, func(s spoken) bool { return s.at.Before(all[0].At) })
		}
	}
	asides, err := asideCauses(ctx, tx, p.ID, all)
	if err != nil {
		return err
	}
	fresh := false
	for _, m := range all {
		s := d.spoken(p.frame, p.Channel, m)
		if m.Taken == string(inbox.Aside) {
			s.Aside, s.Failed, s.Delivery = true, true, p.T("aside.line_plain")
			if cause := asides[m.ID]; cause != "" {
				s.Delivery = p.T("aside.line", "Cause", cause)
			}
		}
		s.New = fresh
		p.Lines = append(p.Lines, s)
		fresh = fresh || since != "" && m.ID == since
	}
	slices.SortStableFunc(p.Lines, func(a, b spoken) int { return a.at.Compare(b.at) })
	return nil
}

// asideCauses tells what failed of the messages that were set aside, if there are any.
func asideCauses(ctx context.Context, tx *database.Tx, conversation string, all []inbox.Spoken) (causes map[string]string, err error) {
	if !slices.ContainsFunc(all, func(m inbox.Spoken) bool { return m.Taken == string(inbox.Aside) }) {
		return nil, nil
	}
	list, err := inbox.AsidesOf(ctx, tx, conversation)
	causes = map[string]string{}
	for _, a := range list {
		causes[a.Message] = a.Cause
	}
	return causes, err
}

func (d *Desk) spoken(f frame, channel string, m inbox.Spoken) spoken {
	s := spoken{ID: m.ID, Tag: m.Language, Text: m.Body, Time: f.clock(m.At), Moment: m.At.UTC().Format(time.RFC3339), at: m.At}
	switch {
	case m.Inbound:
		s.Side, s.Author = "resident", f.T("author.resident")
	case m.Kind == "agent":
		s.Side, s.Author = "agent", m.Name
	default:
		s.Side, s.Author = "concierge", f.T("author.concierge")
	}
	s.Initial = initial(s.Author)
	if m.Kind == "update" {
		s.Author = f.T("author.update")
	}
	for _, c := range m.Choices {
		s.Choices = append(s.Choices, c.Label)
	}
	if m.Label != "" && s.Text == "" {
		s.Text = m.Label
	}
	if l := m.Location; l != nil {
		at := fmt.Sprintf("%.5f, %.5f", l.Lat, l.Lon)
		s.Pin = &pin{Text: strings.TrimSpace(l.Label + " " + at), Href: "geo:" + url.PathEscape(strings.ReplaceAll(at, " ", ""))}
	}
	for _, a := range m.Media {
		x := attached{Text: f.T("media."+a.State, "Kind", f.T("media.kind."+mediaKind(a.Kind)))}
		if a.State == "stored" {
			x.Href, x.Photo = "/desk/media/"+a.ID, strings.HasPrefix(a.Type, "image/")
		}
		s.Media = append(s.Media, x)
	}
	if s.Text == "" && s.Pin == nil && len(s.Media) == 0 {
		s.Text, s.Tag = f.T("kind."+kindName(m.Kind)), f.Lang
	}
	if !m.Inbound {
		s.Delivery, s.Failed, s.Grey = d.delivery(f, channel, m)
		s.Retry = inbox.Retriable(m.Status, m.Reason)
	}
	return s
}

// delivery says in words how far a message came.
func (d *Desk) delivery(f frame, channel string, m inbox.Spoken) (text string, failed, grey bool) {
	switch m.Status {
	case "failed":
		if m.Reason == "overtaken" || m.Reason == "withdrawn" {
			return f.T("delivery." + m.Reason), false, true
		}
		why := f.T("delivery.reason." + reasonName(m.Reason))
		if m.Code != "" {
			why += " (" + m.Code + ")"
		}
		return f.T("delivery.failed", "Why", why), true, false
	case "queued":
		if m.Reason == inbox.Spent && m.DueAt != nil {
			return f.T("delivery.spent", "Clock", f.clock(*m.DueAt)), false, false
		}
		if m.DueAt != nil && m.DueAt.Sub(f.now) > time.Minute {
			return f.T("delivery.due", "Clock", f.clock(*m.DueAt)), false, false
		}
	case "sent":
		if channel == "telegram" {
			return f.T("delivery.sent_unreported"), false, false
		}
	}
	return f.T("delivery." + m.Status), false, false
}

// reasonName is the word for a reason; those without one are told by their code alone.
func reasonName(reason string) string {
	switch reason {
	case "unreachable", "opted_out", "window_shut", "expired", "refused", "throttled", "uncertain", "configuration",
		channels.OtherCountry, channels.SpecialNumber, inbox.Spent:
		return reason
	case "unknown": // sent, and its fate never learnt
		return "uncertain"
	}
	return "unknown"
}

func mediaKind(kind string) string {
	switch kind {
	case "photo", "voice", "audio", "video", "sticker":
		return kind
	}
	return "file"
}
