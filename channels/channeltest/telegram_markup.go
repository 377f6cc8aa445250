package channeltest

import (
	"bytes"
	"encoding/json"
	"strings"

	"concierge/channels"
)

// markup reads the buttons as the Bot API does, and stricter: what it does not know is refused.
func (e *Entry) markup(f map[string]string) (inline bool, why string) {
	raw, ok := f["reply_markup"]
	if !ok {
		return false, ""
	}
	var m struct {
		Inline   *[][]map[string]json.RawMessage `json:"inline_keyboard"`
		Keyboard [][]map[string]json.RawMessage  `json:"keyboard"`
		Resize   bool                            `json:"resize_keyboard"`
		Once     bool                            `json:"one_time_keyboard"`
		Remove   bool                            `json:"remove_keyboard"`
		Hint     string                          `json:"input_field_placeholder"`
	}
	d := json.NewDecoder(strings.NewReader(raw))
	d.DisallowUnknownFields()
	if raw == "null" || d.Decode(&m) != nil {
		return false, "reply_markup " + raw
	}
	kinds := 0
	for _, is := range []bool{m.Inline != nil, m.Keyboard != nil, m.Remove} {
		if is {
			kinds++
		}
	}
	if kinds != 1 {
		return false, "a markup of no kind or of two: " + raw
	}
	if m.Inline != nil {
		for b := range buttons(*m.Inline) {
			data := word(b["callback_data"])
			if len(b) != 2 || word(b["text"]) == "" {
				return false, "an inline button has a text and exactly one action"
			}
			if len(data) < 1 || len(data) > 64 {
				return false, "callback_data is 1 to 64 bytes"
			}
			e.Choices = append(e.Choices, channels.Choice{Data: data, Label: word(b["text"])})
		}
		return len(e.Choices) > 0, ""
	}
	for b := range buttons(m.Keyboard) {
		if word(b["text"]) == "" || len(b) > 2 || len(b) == 2 && !bytes.Equal(b["request_location"], []byte("true")) {
			return false, "a keyboard button has a text and at most request_location"
		}
		if len(b) == 2 {
			e.Pin = word(b["text"])
			continue
		}
		e.Choices = append(e.Choices, channels.Choice{Label: word(b["text"])})
	}
	return false, ""
}

func buttons(rows [][]map[string]json.RawMessage) func(func(map[string]json.RawMessage) bool) {
	return func(yield func(map[string]json.RawMessage) bool) {
		for _, row := range rows {
			for _, b := range row {
				if !yield(b) {
					return
				}
			}
		}
	}
}

func word(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}
