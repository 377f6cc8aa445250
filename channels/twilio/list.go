package twilio

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"concierge/channels"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// pageSize is the most Twilio shows on one page of its list; maxPages bounds a day of a busy sender.
const (
	pageSize = 1000
	maxPages = 200
)

// Around an attempt, how far off the time of a message that is its own may lie.
const (
	beforeAttempt = 5 * time.Second
	afterAttempt  = 60 * time.Second
)

// Find asks the Messages list what became of an attempt made at a time: the messages it may have become, equal text first, then the
// oldest. One whose handle another attempt owns is not it, which only the caller knows. None listed is no proof before 60 seconds.
func (t *Twilio) Find(ctx context.Context, o channels.Outgoing, at time.Time) ([]channels.Handle, error) {
	c := &channel{t, o.To.Kind()}
	from, to := at.Add(-beforeAttempt).UTC(), at.Add(afterAttempt).UTC()
	p := &api.ListMessageParams{}
	if o.To.IsPhone() {
		p.SetTo(c.wire(o.To.Value()))
	} else { // the library strips ".7021…" from a query, so a hidden number's id cannot be asked for
		p.SetFrom(c.wire(c.sender(o)))
	}
	var same, others []channels.Handle
	ours := bodies(o)
	err := t.days(ctx, p, from, to, func(m api.ApiV2010Message) error {
		made, err := time.Parse(time.RFC1123Z, said(m.DateCreated))
		h := handle(said(m.Sid))
		if err != nil || h == "" || said(m.Direction) != "outbound-api" || said(m.To) != c.wire(o.To.Value()) || made.Before(from.Truncate(time.Second)) || made.After(to) {
			return nil
		}
		if s := said(m.From); s != "" && s != c.wire(c.sender(o)) && said(m.MessagingServiceSid) == "" {
			return nil
		}
		if ours[plain(said(m.Body))] {
			same = append(same, h)
		} else {
			others = append(others, h)
		}
		return nil
	})
	if t.settings.SharedNumber {
		others = nil // somebody else's, for all we know
	}
	slices.Reverse(same) // the list shows the newest first
	slices.Reverse(others)
	return append(same, others...), err
}

// bodies are the texts the list may show of a message: as it is, with its choices as lines, or with its photo as a link.
func bodies(o channels.Outgoing) map[string]bool {
	numbered := channels.Numbered(o.Text, o.Choices)
	return map[string]bool{plain(o.Text): true, plain(numbered): true, plain(o.Text + " " + o.Photo): true, plain(numbered + " " + o.Photo): true}
}

// plain is a text without the differences that a content's variables make: they are one line each.
func plain(s string) string { return strings.Join(strings.Fields(s), " ") }

// Sweep gives what residents wrote to our senders since a time, oldest first: the second chance for what no webhook brought. Such a
// message has its text and media, but no pin, no button and no OptOutType. What give refuses ends the sweep.
func (t *Twilio) Sweep(ctx context.Context, since time.Time, give func(channels.Message) error) error {
	now := t.settings.Now().UTC()
	var found []channels.Message
	for _, sender := range t.senders() {
		p := &api.ListMessageParams{}
		p.SetTo(sender)
		err := t.days(ctx, p, since.UTC(), now, func(m api.ApiV2010Message) error {
			made, err := time.Parse(time.RFC1123Z, said(m.DateCreated))
			if err != nil || said(m.Direction) != "inbound" || made.Before(since.Truncate(time.Second)) {
				return nil
			}
			f := form{
				"MessageSid": {said(m.Sid)}, "AccountSid": {t.account}, "From": {said(m.From)}, "To": {said(m.To)}, "Body": {said(m.Body)},
			}
			if n := said(m.NumMedia); n != "" && n != "0" {
				if err := t.mediaOf(ctx, said(m.Sid), f); err != nil {
					return err
				}
			}
			if msg, ok := parse(f, made.UTC()); ok {
				found = append(found, msg)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	slices.Reverse(found) // the list shows the newest first, to the second
	slices.SortStableFunc(found, func(a, b channels.Message) int { return a.At.Compare(b.At) })
	for _, m := range found {
		if err := give(m); err != nil {
			return err
		}
	}
	return nil
}

// senders are our own numbers as Twilio writes them.
func (t *Twilio) senders() []string {
	var out []string
	if t.settings.SMSFrom != "" {
		out = append(out, t.settings.SMSFrom)
	}
	if t.settings.WhatsAppFrom != "" {
		out = append(out, "whatsapp:"+t.settings.WhatsAppFrom)
	}
	return out
}

// days goes through the list, newest first, page by page. Twilio filters by day of UTC only; a bound "before" a day is its midnight in
// some of its words and the whole of it in others, so a day more is asked for.
func (t *Twilio) days(ctx context.Context, p *api.ListMessageParams, from, to time.Time, each func(api.ApiV2010Message) error) error {
	p.SetDateSentAfter(from.Truncate(24 * time.Hour)).SetDateSentBefore(to.Truncate(24*time.Hour).AddDate(0, 0, 1)).SetPageSize(pageSize)
	token, number := "", ""
	for range maxPages {
		r := &request{ctx: ctx, base: t.base, to: t.to}
		page, err := api.NewApiServiceWithClient(r.client(t.account, t.settings.AuthTokens[0])).PageMessage(p, token, number)
		if err != nil || page == nil {
			return fmt.Errorf("twilio: list messages: %w", r.failure(err))
		}
		for _, m := range page.Messages {
			if err := each(m); err != nil {
				return err
			}
		}
		next, err := url.Parse(said(page.NextPageUri))
		if err != nil || next.RawQuery == "" {
			return nil
		}
		token, number = next.Query().Get("PageToken"), next.Query().Get("Page")
	}
	return nil
}

// mediaOf fills in the media of a listed message, which the list only counts.
func (t *Twilio) mediaOf(ctx context.Context, sid string, f form) error {
	if !messageShape.MatchString(sid) {
		return nil
	}
	r := &request{ctx: ctx, base: t.base, to: t.to}
	p := &api.ListMediaParams{}
	p.SetPageSize(maxMedia)
	page, err := api.NewApiServiceWithClient(r.client(t.account, t.settings.AuthTokens[0])).PageMedia(sid, p, "", "")
	if err != nil || page == nil {
		return fmt.Errorf("twilio: list media: %w", r.failure(err))
	}
	for i, m := range page.MediaList {
		k := fmt.Sprint(i)
		f["MediaUrl"+k], f["MediaContentType"+k] = []string{said(m.Sid)}, []string{strings.TrimSpace(said(m.ContentType))}
	}
	f["NumMedia"] = []string{fmt.Sprint(len(page.MediaList))}
	return nil
}

func said(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
