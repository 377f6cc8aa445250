package twilio

import (
	"context"
	"testing"

	"concierge/channels"
	"concierge/channels/channeltest"
)

func TestSMSIsAChannel(t *testing.T)      { runChannel(t, channels.SMS, person) }
func TestWhatsAppIsAChannel(t *testing.T) { runChannel(t, channels.WhatsApp, "whatsapp:"+person) }

func runChannel(t *testing.T, name channels.Name, from string) {
	channeltest.Run(t, func(t *testing.T) *channeltest.Rig {
		r := newRig(t, channeltest.TwilioOptions{Receipts: []string{}}, nil)
		c := r.SMS()
		if name == channels.WhatsApp {
			c = r.WhatsApp()
			r.fake.Lost(channeltest.Inbound{From: from, Body: "hello"}) // opens the window
		}
		return &channeltest.Rig{
			Channel: c, Resident: channels.MakeAddress(name, person), Got: r.got, Ledger: r.fake.Ledger, Script: r.fake.Script,
			Write: func(ctx context.Context, text string, copies int) int {
				return r.fake.Inbound(ctx, channeltest.Inbound{From: from, Body: text, Copies: copies})
			},
		}
	})
}
