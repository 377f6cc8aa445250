package channeltest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"concierge/channels"
)

// Content is a Twilio content, its words with variables "{{1}}".
type Content struct {
	Body     string
	Open     string            // of a list: the word that opens it
	Choices  []channels.Choice // quick replies or, with Open, rows; Label, Data, Hint
	Approved bool              // a template: WhatsApp takes it outside the window
}

var variable = regexp.MustCompile(`\{\{([0-9]+)\}\}`)

// say fills the variables in, as the resident reads it; why is what is wrong.
func (c Content) say(variables string) (said Content, why string) {
	vars := map[string]string{}
	if variables != "" {
		if err := json.Unmarshal([]byte(variables), &vars); err != nil {
			return said, "the variables are no JSON object of strings"
		}
	}
	used := map[string]bool{}
	fill := func(s string, most int) string {
		s = variable.ReplaceAllStringFunc(s, func(v string) string {
			k := v[2 : len(v)-2]
			used[k] = true
			x, ok := vars[k]
			switch {
			case !ok || strings.TrimSpace(x) == "":
				why = "variable " + k + " is missing or empty"
			case strings.ContainsAny(x, "\n\r\t") || strings.Contains(x, "    "):
				why = "variable " + k + " holds a line break, a tab or four spaces"
			case len(utf16.Encode([]rune(x))) > 255:
				why = "variable " + k + " is longer than 255"
			}
			return x
		})
		if len(utf16.Encode([]rune(s))) > most {
			why = fmt.Sprintf("%d is the most, in %q", most, c.Body)
		}
		return s
	}
	said = Content{Body: fill(c.Body, 1024), Open: fill(c.Open, 20), Approved: c.Approved}
	label := 20
	if c.Open != "" {
		label = 24
	}
	seen := map[string]bool{}
	for _, h := range c.Choices {
		h = channels.Choice{Label: fill(h.Label, label), Hint: fill(h.Hint, 72), Data: fill(h.Data, 200)}
		if seen[h.Label] {
			why = "two choices share a label"
		}
		seen[h.Label] = true
		said.Choices = append(said.Choices, h)
	}
	for k := range vars {
		if !used[k] {
			why = "variable " + k + " stands nowhere in it"
		}
	}
	return said, why
}

// SessionContents are the thirteen generic contents for buttons and lists inside the window: what the settings name ("reply_2",
// "list_7") to a SID, and each SID's content for TwilioOptions.
func SessionContents() (names map[string]string, contents map[string]Content) {
	names, contents = map[string]string{}, map[string]Content{}
	add := func(name string, c Content) {
		sid := fmt.Sprintf("HX%032x", len(names)+1)
		names[name], contents[sid] = sid, c
	}
	v := func(n int) string { return "{{" + strconv.Itoa(n) + "}}" }
	for n := 1; n <= 3; n++ {
		c := Content{Body: v(1)}
		for i := range n {
			c.Choices = append(c.Choices, channels.Choice{Label: v(2 + 2*i), Data: v(3 + 2*i)})
		}
		add("reply_"+strconv.Itoa(n), c)
	}
	for n := 1; n <= 10; n++ {
		c := Content{Body: v(1), Open: v(2)}
		for i := range n {
			c.Choices = append(c.Choices, channels.Choice{Label: v(3 + 3*i), Hint: v(4 + 3*i), Data: v(5 + 3*i)})
		}
		add("list_"+strconv.Itoa(n), c)
	}
	return names, contents
}
