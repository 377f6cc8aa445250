package simulator_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/simulator"
)

// TestRefusals: each provider's own codes, in the words of the contract.
func TestRefusals(t *testing.T) {
	h := open(t, nil)
	v := h.visit()
	sms := v.write(channels.SMS, say{"text": "hello"}).From
	wa := v.write(channels.WhatsApp, say{"text": "hello"}).From
	tg := v.write(channels.Telegram, say{"start": true}).From
	other := h.visit()
	stranger := other.write(channels.SMS, say{"text": "hello"}).From
	waNew := channels.MakeAddress(channels.WhatsApp, "+44"+strings.ReplaceAll(other.state().phone(channels.WhatsApp).Number, " ", "")[1:])
	template := &channels.Template{Key: "case_update", Tag: "en", Values: []string{"C7K-4M95"}}
	hour := int64(3600)
	for _, c := range []struct {
		name string
		does func()
		o    channels.Outgoing
		want string
	}{
		{"plain", nil, channels.Outgoing{To: sms, Text: "hi"}, ""},
		{"another channel's address", nil, channels.Outgoing{To: "sms:", Text: "hi"}, "refused 21211"},
		{"nothing to say", nil, channels.Outgoing{To: sms}, "refused 21619"},
		{"1,600 units", nil, channels.Outgoing{To: sms, Text: strings.Repeat("a", 1600)}, ""},
		{"1,601 units", nil, channels.Outgoing{To: sms, Text: strings.Repeat("a", 1601)}, "refused 21617"},
		{"too late", nil, channels.Outgoing{To: sms, Text: "hi", Expires: h.start}, "expired 30036"},
		{"65 bytes of data", nil, channels.Outgoing{To: tg, Text: "hi", Choices: []channels.Choice{{Data: strings.Repeat("x", 65), Label: "x"}}}, "refused data"},
		{"after STOP", func() { v.write(channels.SMS, say{"text": "STOP"}) }, channels.Outgoing{To: sms, Text: "hi"}, "opted_out 21610"},
		{"another phone goes on", nil, channels.Outgoing{To: stranger, Text: "hi"}, ""},
		{"after START", func() { v.write(channels.SMS, say{"text": "start"}) }, channels.Outgoing{To: sms, Text: "hi"}, ""},
		{"WhatsApp never wrote", nil, channels.Outgoing{To: waNew, Text: "hi"}, "window_shut 63016"},
		{"window open at 23:59:59", func() { h.clock.Store(24*hour - 1) }, channels.Outgoing{To: wa, Text: "hi"}, ""},
		{"window shut at 24:00:00", func() { h.clock.Store(24 * hour) }, channels.Outgoing{To: wa, Text: "hi"}, "window_shut 63016"},
		{"a template pasted as text", nil, channels.Outgoing{To: wa, Text: "hi", Template: template}, "window_shut 63016"},
		{"a template", nil, channels.Outgoing{To: wa, Text: "hi", Template: template, Shut: true}, ""},
		{"shut, without a template", nil, channels.Outgoing{To: wa, Text: "hi", Shut: true}, "window_shut 63016"},
		{"they wrote again", func() { v.write(channels.WhatsApp, say{"text": "still there"}) }, channels.Outgoing{To: wa, Text: "hi"}, ""},
		{"blocked on WhatsApp", func() { v.must("phones/whatsapp/block", say{}) }, channels.Outgoing{To: wa, Text: "hi"}, "opted_out 63014"},
		{"Telegram's 4,097", nil, channels.Outgoing{To: tg, Text: strings.Repeat("a", 4097)}, "refused 400"},
		{"blocked on Telegram", func() { v.must("phones/telegram/block", say{}) }, channels.Outgoing{To: tg, Text: "hi"}, "unreachable 403"},
		{"let in again", func() { v.must("phones/telegram/unblock", say{}) }, channels.Outgoing{To: tg, Text: "hi"}, ""},
		{"a new phone is silent until /start", func() { v.must("phones/telegram/new", say{}) }, channels.Outgoing{To: tg, Text: "hi"}, ""},
		{"a phone nobody has", nil, channels.Outgoing{To: "sms:+447700900999", Text: "hi"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.does != nil {
				c.does()
			}
			if _, got := h.send(c.o); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	kinds := map[channels.Kind]int{}
	for _, m := range h.host.Messages() {
		kinds[m.Kind]++
	}
	if kinds[channels.KindBlocked] != 1 || kinds[channels.KindUnblocked] != 1 {
		t.Errorf("Telegram told of %d blocks and %d unblocks", kinds[channels.KindBlocked], kinds[channels.KindUnblocked])
	}
	carrier := 0
	for _, b := range v.state().phone(channels.SMS).Bubbles {
		if b.Who == "carrier" {
			carrier++
		}
	}
	if carrier != 2 {
		t.Errorf("the network answered STOP and START %d times", carrier)
	}
	if code, answer := v.post("phones/telegram/messages", say{"text": "hello"}); code != 409 || answer["why"] != "start" {
		t.Errorf("before /start, hello answers %d %v", code, answer)
	}
}

// TestLooks: what each channel makes of choices, a keyboard, a template and the price.
func TestLooks(t *testing.T) {
	h := open(t, func(s *simulator.Settings) {
		s.Template = func(t channels.Template) (string, []string) {
			return "Case " + t.Values[0] + " is fixed.", []string{"Yes", "No"}
		}
	})
	v := h.visit()
	sms := v.write(channels.SMS, say{"text": "hello"}).From
	wa := v.write(channels.WhatsApp, say{"text": "hello"}).From
	tg := v.write(channels.Telegram, say{"start": true}).From
	choices := func(n int) (out []channels.Choice) {
		for i := range n {
			out = append(out, channels.Choice{Data: fmt.Sprintf("1:q=%d", i), Label: fmt.Sprintf("Choice %d", i+1), Hint: "hint"})
		}
		return out
	}
	for _, c := range []struct {
		name  string
		o     channels.Outgoing
		style string
		shown int
		text  string
		foot  string
	}{
		{"SMS numbers", channels.Outgoing{To: sms, Text: "Which?", Choices: choices(2)}, "", 0, "Which?\n1 Choice 1\n2 Choice 2", "1 part · GSM-7 · 4p"},
		{"SMS in Urdu costs more", channels.Outgoing{To: sms, Text: strings.Repeat("گ", 71)}, "", 0, "", "2 parts · Unicode · 8p"},
		{"three quick replies", channels.Outgoing{To: wa, Text: "Which?", Choices: choices(3)}, "buttons", 3, "Which?", ""},
		{"four are a list", channels.Outgoing{To: wa, Text: "Which?", Choices: choices(4)}, "list", 4, "Which?", ""},
		{"eleven are numbers", channels.Outgoing{To: wa, Text: "Which?", Choices: choices(11)}, "", 0, "", ""},
		{"a template", channels.Outgoing{To: wa, Text: "not this", Shut: true, Template: &channels.Template{Key: "case_fixed", Values: []string{"C7K"}, Data: []string{"case:C7K=yes", "case:C7K=no"}}}, "buttons", 2, "Case C7K is fixed.", ""},
		{"inline", channels.Outgoing{To: tg, Text: "Which?", Choices: choices(8)}, "inline", 8, "Which?", ""},
		{"a keyboard", channels.Outgoing{To: tg, Text: "Where?", Pin: "Share location", Choices: choices(1)}, "", 0, "Where?", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, refused := h.send(c.o); refused != "" {
				t.Fatal(refused)
			}
			b := v.state().phone(c.o.To.Kind()).last()
			if b.Style != c.style || len(b.Choices) != c.shown || c.text != "" && b.Text != c.text || b.Foot != c.foot {
				t.Errorf("shown as %+v", b)
			}
		})
	}
	if k := v.state().phone(channels.Telegram).Keyboard; k == nil || k.Share != "Share location" || len(k.Labels) != 1 {
		t.Errorf("the keyboard is %+v", k)
	}
	if m := v.write(channels.Telegram, say{"text": "Choice 1"}); m.Kind != channels.KindText {
		t.Errorf("a key came as %s", m.Kind)
	}
	if v.state().phone(channels.Telegram).Keyboard != nil {
		t.Error("the keyboard is still there after its key")
	}
}

// TestReceipts come in order; a phone that is off stays at sent, and the rest follows when it is on.
func TestReceipts(t *testing.T) {
	h := open(t, nil)
	v := h.visit()
	wa := v.write(channels.WhatsApp, say{"text": "hello"}).From
	sms := v.write(channels.SMS, say{"text": "hello"}).From
	tg := v.write(channels.Telegram, say{"start": true}).From
	of := func(id string) (all []string) {
		for _, r := range h.host.Receipts() {
			if r.Message == id {
				all = append(all, string(r.Status))
			}
		}
		return all
	}
	expect := func(id, want string) {
		t.Helper()
		until(t, id+" "+want, func() bool { return strings.Join(of(id), " ") == want })
	}
	handle, _ := h.send(channels.Outgoing{ID: "wa", Attempt: 2, To: wa, Text: "hi"})
	h.send(channels.Outgoing{ID: "sms", To: sms, Text: "hi"})
	h.send(channels.Outgoing{ID: "tg", To: tg, Text: "hi"})
	h.send(channels.Outgoing{ID: "nobody", To: "sms:+447700900999", Text: "hi"})
	expect("wa", "sent delivered read")
	expect("sms", "sent delivered")
	expect("nobody", "sent")
	if r := h.host.Receipts(); r[0].Handle == "" {
		t.Error("a receipt without a handle")
	}
	for _, r := range h.host.Receipts() {
		if r.Message == "wa" && (r.Handle != handle || r.Attempt != 2 || r.Channel != channels.WhatsApp) {
			t.Errorf("the receipt is %+v", r)
		}
	}
	v.must("phones/whatsapp/off", say{})
	h.send(channels.Outgoing{ID: "off", To: wa, Text: "are you there?"})
	expect("off", "sent")
	if v.state().phone(channels.WhatsApp).last().Text == "are you there?" {
		t.Error("a phone that is off shows a message")
	}
	if code, answer := v.post("phones/whatsapp/messages", say{"text": "hello"}); code != 409 || answer["why"] != "off" {
		t.Errorf("writing from it answers %d %v", code, answer)
	}
	v.must("phones/whatsapp/on", say{})
	expect("off", "sent delivered read")
	if v.state().phone(channels.WhatsApp).last().Text != "are you there?" {
		t.Error("switched on, the message is not there")
	}
	if len(of("tg")) != 0 {
		t.Error("Telegram has no receipts")
	}
	v.must("phones/sms/block", say{})
	h.send(channels.Outgoing{ID: "silent", To: sms, Text: "hi"})
	expect("silent", "sent")
}

// TestLatencyOfReceipts: with Delay on they take at least 50 ms each.
func TestLatencyOfReceipts(t *testing.T) {
	h := open(t, func(s *simulator.Settings) { s.Delay = true })
	v := h.visit()
	sms := v.write(channels.SMS, say{"text": "hello"}).From
	start := time.Now()
	h.send(channels.Outgoing{ID: "sms", To: sms, Text: "hi"})
	until(t, "delivered", func() bool { return len(h.host.Receipts()) == 2 })
	if took := time.Since(start); took < 100*time.Millisecond || took > 5*time.Second {
		t.Errorf("two receipts took %v", took)
	}
}

// TestAHungRequestIsGivenUp: the deadline of the caller holds.
func TestAHungRequestIsGivenUp(t *testing.T) {
	h := open(t, nil)
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := h.channel(channels.SMS).Send(ctx, channels.Outgoing{To: "sms:+447700900001", Text: "hi"}); err == nil || !strings.Contains(err.Error(), "retry") {
		t.Errorf("a cancelled send gives %v", err)
	}
}
