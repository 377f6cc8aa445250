package channels

import "time"

// Capabilities is what a channel can do. Text lengths are in UTF-16 units, as the providers count.
type Capabilities struct {
	Name     Name
	Text     int // longest text we send
	Parts    int // most SMS parts a message may cost; 0: the channel has no parts
	Above    int // longest text above buttons or rows; 0: as long as any
	Numbered int // most numbered lines

	Buttons, ButtonLabel  int // inline buttons or quick replies
	Rows, RowLabel        int // rows of a list
	RowHint               int
	Distinct              bool // two buttons may not carry the same label
	Data                  int  // longest data of a choice, in bytes
	PinButton, UploadPage bool // a pin by a button; a photo by our upload page
	Delivered, Read       bool // receipts that may come after "sent"
	Window                time.Duration
	LanguageHint          bool
	Edits, Albums         bool
}

// maxData is Telegram's callback_data: 1–64 bytes (core.telegram.org/bots/api#inlinekeyboardbutton). We hold all channels to it.
const maxData = 64

// Can tells what a channel can do. An unknown name can do what SMS can.
func Can(n Name) Capabilities {
	switch n {
	case WhatsApp:
		// Twilio error 21617 (1,600); WhatsApp reply buttons 3 × 20, list rows 10 × 24 with 72; the customer service window is
		// 24 hours, less 5 minutes for clocks and queues.
		return Capabilities{
			Name: WhatsApp, Text: 1600, Above: 255, Numbered: 10, Buttons: 3, ButtonLabel: 20, Rows: 10, RowLabel: 24, RowHint: 72,
			Distinct: true, Data: maxData, Delivered: true, Read: true, Window: 24*time.Hour - 5*time.Minute,
		}
	case Telegram:
		// sendMessage takes 4,096 after entities; we stay clear of it.
		return Capabilities{
			Name: Telegram, Text: 4000, Numbered: 10, Buttons: 10, ButtonLabel: 40, Data: maxData, PinButton: true,
			LanguageHint: true, Edits: true, Albums: true,
		}
	}
	return Capabilities{Name: SMS, Text: 1600, Parts: 3, Numbered: 10, Data: maxData, UploadPage: true, Delivered: true}
}

// ValidData tells whether a choice's data may ride on a button: 1 to 64 bytes of printable ASCII.
func ValidData(data string) bool {
	if data == "" || len(data) > maxData {
		return false
	}
	for i := range len(data) {
		if data[i] < ' ' || data[i] > '~' {
			return false
		}
	}
	return true
}
