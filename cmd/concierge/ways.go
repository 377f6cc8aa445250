package main

import (
	"context"
	"time"

	"concierge/channels"
	"concierge/channels/telegram"
	"concierge/channels/twilio"
	"concierge/council"
	"concierge/internal/config"
)

// upstairs is the host as the channels see it: they are made before it, and called after.
type upstairs struct{ *station }

// receiver is what webhooks give to.
func (s *station) receiver() channels.Receiver {
	if s.early != nil {
		return s.early
	}
	return upstairs{s}
}

// Receive implements channels.Receiver.
func (u upstairs) Receive(ctx context.Context, m channels.Message) error {
	return u.host.Receive(ctx, m)
}

// Receipt implements channels.Receiver.
func (u upstairs) Receipt(ctx context.Context, r channels.Receipt) error {
	return u.host.Receipt(ctx, r)
}

// Quarantine implements channels.Receiver.
func (u upstairs) Quarantine(ctx context.Context, from channels.Name, id string, raw []byte) error {
	return u.host.Quarantine(ctx, from, id, raw)
}

// openChannels makes the providers that are configured, and the demo phones where they are wanted.
func (s *station) openChannels() (err error) {
	set, c := s.house.settings, s.talk.council
	if set.Twilio() {
		s.twilio, err = twilio.New(twilio.Settings{
			AccountSID: set.TwilioAccountSID, AuthTokens: set.TwilioTokens(), SMSFrom: set.TwilioSMSFrom,
			MessagingServiceSID: set.TwilioMessagingServiceSID, WhatsAppFrom: set.TwilioWhatsAppFrom, APIURL: set.TwilioAPIURL,
			PublicURL: set.PublicURL, Templates: c.Channels.WhatsAppTemplates, SessionContents: c.Channels.WhatsAppSession,
			MediaHosts: c.Channels.MediaHosts, SharedNumber: c.Channels.SharedNumber,
		}, s.receiver(), nil, s.log)
		if err != nil {
			return err
		}
		s.way(s.twilio.SMS(), s.twilio.WhatsApp())
	}
	if set.Telegram() {
		s.telegram, err = telegram.New(telegram.Settings{Token: set.TelegramToken, Secret: set.TelegramSecret, APIURL: set.TelegramAPIURL,
			PublicURL: set.PublicURL, Poll: set.TelegramMode == "poll"}, s.receiver(), nil, s.log)
		if err != nil {
			return err
		}
		s.later(s.telegram.Close)
		s.way(s.telegram.Channel())
	}
	if !set.SimulatorOn() {
		return nil
	}
	if s.simulator, err = s.newSimulator(); err != nil {
		return err
	}
	s.way(s.simulator.Channels()...)
	return nil
}

func twilioOf(set *config.Settings, c *council.Council) twilio.Settings {
	return twilio.Settings{
		AccountSID: set.TwilioAccountSID, AuthTokens: set.TwilioTokens(), SMSFrom: set.TwilioSMSFrom,
		MessagingServiceSID: set.TwilioMessagingServiceSID, WhatsAppFrom: set.TwilioWhatsAppFrom, APIURL: set.TwilioAPIURL,
		PublicURL: set.PublicURL, Templates: c.Channels.WhatsAppTemplates, SessionContents: c.Channels.WhatsAppSession,
		MediaHosts: c.Channels.MediaHosts,
	}
}

func telegramOf(set *config.Settings) telegram.Settings {
	return telegram.Settings{Token: set.TelegramToken, Secret: set.TelegramSecret, APIURL: set.TelegramAPIURL, PublicURL: set.PublicURL,
		Poll: set.TelegramMode == "poll"}
}

func (s *station) way(all ...channels.Channel) {
	for _, c := range all {
		if c != nil {
			s.ways[c.Name()] = c
		}
	}
}

func ratesOf(c *council.Council) map[channels.Name]float64 {
	r := c.Channels.Rates
	return map[channels.Name]float64{channels.SMS: r.SMS, channels.WhatsApp: r.WhatsApp, channels.Telegram: r.Telegram}
}

// eachOf is nothing where there are only phones in a terminal or on a page: no provider minds.
func eachOf(c *council.Council, set *config.Settings) map[channels.Name]time.Duration {
	if !set.Twilio() && !set.Telegram() {
		return nil
	}
	each := c.Channels.Rates.Each
	return map[channels.Name]time.Duration{channels.WhatsApp: each.WhatsApp, channels.Telegram: each.Telegram}
}
