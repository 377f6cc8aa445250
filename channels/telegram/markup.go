package telegram

import (
	"unicode/utf16"

	"concierge/channels"

	"github.com/go-telegram/bot/models"
)

// Our own structs of buttons: the library's add an empty copy_text to each (go-telegram/bot #167), which Telegram may refuse.
type (
	inline struct {
		Rows [][]button `json:"inline_keyboard"`
	}
	button struct {
		Text string `json:"text"`
		Data string `json:"callback_data"`
	}
	keyboard struct {
		Rows   [][]key `json:"keyboard"`
		Resize bool    `json:"resize_keyboard"`
		Once   bool    `json:"one_time_keyboard"`
	}
	key struct {
		Text     string `json:"text"`
		Location bool   `json:"request_location,omitempty"`
	}
	removed struct {
		Remove bool `json:"remove_keyboard"`
	}
)

// rowWidth is how many UTF-16 units of labels fit side by side on a small phone.
const rowWidth = 24

// markup is the buttons of a message: a reply keyboard when it asks for a pin (its labels come back as text), inline buttons when it
// has choices, else none, and any keyboard left from before goes. Never a typed nil, which would go out as "null".
func markup(o channels.Outgoing) models.ReplyMarkup {
	if o.Pin != "" {
		k := keyboard{Rows: [][]key{{{Text: o.Pin, Location: true}}}, Resize: true, Once: true}
		for _, c := range o.Choices {
			k.Rows = append(k.Rows, []key{{Text: c.Label}})
		}
		return k
	}
	if len(o.Choices) == 0 {
		return removed{true}
	}
	row := make([]button, len(o.Choices))
	width := 0
	for i, c := range o.Choices {
		row[i] = button{c.Label, c.Data}
		width += len(utf16.Encode([]rune(c.Label)))
	}
	if len(row) <= 3 && width <= rowWidth {
		return inline{[][]button{row}}
	}
	m := inline{}
	for _, b := range row {
		m.Rows = append(m.Rows, []button{b})
	}
	return m
}
