package twilio

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"concierge/channels"

	content "github.com/twilio/twilio-go/rest/content/v1"
)

// Content is words kept at Twilio before they can be sent, with variables "{{1}}": a template WhatsApp approves, or a frame for
// buttons and lists inside its window.
type Content struct {
	Name     string            // "case_update_ur"; the full name says the words too, so that changed words are another content
	Language string            // "ur"
	Body     string            //
	Open     string            // of a list: the word that opens it
	Choices  []channels.Choice // quick replies or, with Open, rows
	Samples  []string          // an example for each variable, in order
}

// Standing is how far a content has come at Twilio.
type Standing struct {
	SID, Name string
	State     string // unsubmitted, received, pending, approved, rejected, paused, disabled
	Why       string // of a rejection, Meta's words
}

// prefix begins the name of each content that is ours.
const prefix = "concierge_"

var contentVariable = regexp.MustCompile(`\{\{([0-9]+)\}\}`)

// FullName is "concierge_<name>_<hash of its words>": the same words always have the same name.
func (c Content) FullName() string {
	b, _ := json.Marshal([]any{c.Body, c.Open, c.Choices}) // strings cannot fail
	sum := sha256.Sum256(b)
	name := strings.Map(func(r rune) rune { // Meta takes lower case letters, digits and underscores
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, strings.ToLower(c.Name))
	return prefix + name + "_" + hex.EncodeToString(sum[:4])
}

// Is tells whether a content at Twilio is this one, in these words or in earlier ones (changed).
func (c Content) Is(name string) (same, changed bool) {
	full := c.FullName()
	same = name == full
	cut := strings.LastIndexByte(full, '_') + 1
	rest, ok := strings.CutPrefix(name, full[:cut])
	return same, !same && ok && len(rest) == 8 && !strings.Contains(rest, "_")
}

// Refusals are the reasons for which Meta would not approve it as a template, before anybody asks them
// (twilio.com/docs/content/using-variables-with-content-api).
func (c Content) Refusals() []string {
	var why []string
	at := contentVariable.FindAllStringSubmatchIndex(c.Body, -1)
	numbers := map[int]bool{}
	for i, v := range at {
		n, _ := strconv.Atoi(c.Body[v[2]:v[3]])
		numbers[n] = true
		if i > 0 && strings.TrimSpace(c.Body[at[i-1][1]:v[0]]) == "" {
			why = append(why, fmt.Sprintf("nothing stands between {{%s}} and {{%d}}", c.Body[at[i-1][2]:at[i-1][3]], n))
		}
	}
	all := c.numbers()
	for n := 1; n <= len(all); n++ {
		if !all[n] {
			why = append(why, fmt.Sprintf("its variables are not 1 to %d", len(all)))
			break
		}
	}
	if len(at) > 0 {
		if !worded(c.Body[:at[0][0]]) {
			why = append(why, "a variable stands first")
		}
		if !worded(c.Body[at[len(at)-1][1]:]) {
			why = append(why, "a variable stands last, or only signs follow it")
		}
	}
	words := 0
	for _, w := range strings.Fields(contentVariable.ReplaceAllString(c.Body, " ")) {
		if worded(w) {
			words++
		}
	}
	if least := 2*len(numbers) + 1; words < least {
		why = append(why, fmt.Sprintf("%d words beside %d variables: at least %d", words, len(numbers), least))
	}
	if n := len(utf16.Encode([]rune(c.Body))); n > maxTemplate {
		why = append(why, fmt.Sprintf("%d signs, and %d are the most", n, maxTemplate))
	}
	if len(c.Samples) != len(all) {
		why = append(why, fmt.Sprintf("%d samples for %d variables", len(c.Samples), len(all)))
	}
	can := channels.Can(channels.WhatsApp)
	for _, h := range c.Choices {
		if n := len(utf16.Encode([]rune(h.Label))); n == 0 || n > can.ButtonLabel {
			why = append(why, fmt.Sprintf("the button %q has %d signs: 1 to %d", h.Label, n, can.ButtonLabel))
		}
	}
	return why
}

// numbers are those of all its variables, of the buttons too.
func (c Content) numbers() map[int]bool {
	text := c.Body + c.Open
	for _, h := range c.Choices {
		text += h.Label + h.Hint + h.Data
	}
	all := map[int]bool{}
	for _, v := range contentVariable.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(v[1])
		all[n] = true
	}
	return all
}

// maxTemplate is the longest body of a template, in UTF-16 units.
const maxTemplate = 1024

// worded tells whether there is more than signs and spaces.
func worded(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// Contents lists what Twilio has of ours.
func (t *Twilio) Contents(ctx context.Context) ([]Standing, error) {
	var all []Standing
	token, number := "", ""
	for range mostPages {
		r, p := t.request(ctx), &content.ListContentAndApprovalsParams{}
		page, err := content.NewApiServiceWithClient(r.client(t.account, t.settings.AuthTokens[0])).PageContentAndApprovals(p.SetPageSize(500), token, number)
		if err != nil {
			return nil, r.trouble("list contents", err)
		}
		for _, c := range page.Contents {
			if name := said(c.FriendlyName); strings.HasPrefix(name, prefix) {
				all = append(all, standing(said(c.Sid), name, c.ApprovalRequests))
			}
		}
		if page.Meta.NextPageUrl == nil || *page.Meta.NextPageUrl == "" {
			return all, nil
		}
		next, err := url.Parse(*page.Meta.NextPageUrl)
		if err != nil {
			return nil, fmt.Errorf("list contents: the next page's address cannot be read")
		}
		token, number = next.Query().Get("PageToken"), next.Query().Get("Page")
	}
	return nil, fmt.Errorf("list contents: more than %d pages", mostPages)
}

const mostPages = 20

func standing(sid, name string, approval *map[string]any) Standing {
	s := Standing{SID: sid, Name: name, State: "unsubmitted"}
	if approval == nil {
		return s
	}
	if state, ok := (*approval)["status"].(string); ok && state != "" {
		s.State = state
	}
	s.Why, _ = (*approval)["rejection_reason"].(string)
	return s
}

// CreateContent keeps the words at Twilio; its SID. It is not submitted yet.
func (t *Twilio) CreateContent(ctx context.Context, c Content) (string, error) {
	body := content.ContentCreateRequest{FriendlyName: c.FullName(), Language: waLanguage(c.Language), Types: typesOf(c), Variables: map[string]string{}}
	for i, s := range c.Samples {
		body.Variables[strconv.Itoa(i+1)] = value(s, maxValue)
	}
	r, p := t.request(ctx), &content.CreateContentParams{}
	made, err := content.NewApiServiceWithClient(r.client(t.account, t.settings.AuthTokens[0])).CreateContent(p.SetContentCreateRequest(body))
	if err != nil {
		return "", r.trouble("create content", err)
	}
	if sid := said(made.Sid); contentShape.MatchString(sid) {
		return sid, nil
	}
	return "", fmt.Errorf("create content: answered %d without a content SID", r.Status)
}

func typesOf(c Content) content.Types {
	switch {
	case c.Open != "":
		list := &content.TwilioListPicker{Body: c.Body, Button: c.Open}
		for _, h := range c.Choices {
			list.Items = append(list.Items, content.ListItem{Id: h.Data, Item: h.Label, Description: h.Hint})
		}
		return content.Types{TwilioListPicker: list}
	case len(c.Choices) > 0:
		reply := &content.TwilioQuickReply{Body: c.Body}
		for _, h := range c.Choices {
			reply.Actions = append(reply.Actions, content.QuickReplyAction{Type: content.QUICKREPLYACTIONTYPE_QUICK_REPLY, Title: h.Label, Id: h.Data})
		}
		return content.Types{TwilioQuickReply: reply}
	}
	return content.Types{TwilioText: &content.TwilioText{Body: c.Body}}
}

// waLanguages are the tags Meta spells or knows otherwise (developers.facebook.com, "Supported languages" of message templates). What
// it does not know is submitted as English: the words are what residents read.
var waLanguages = []string{"af", "sq", "ar", "az", "bn", "bg", "ca", "hr", "cs", "da", "nl", "en", "et", "fil", "fi", "fr", "ka", "de", "el", "gu", "ha",
	"he", "hi", "hu", "id", "ga", "it", "ja", "kn", "kk", "ko", "lo", "lv", "lt", "mk", "ms", "ml", "mr", "nb", "fa", "pl", "ro", "ru", "sr", "sk", "sl",
	"es", "sw", "sv", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi", "zu"}

func waLanguage(tag string) string {
	switch tag {
	case "pa":
		return "pa_IN"
	case "zh-Hans":
		return "zh_CN"
	}
	if slices.Contains(waLanguages, tag) {
		return tag
	}
	return "en"
}

// Submit asks WhatsApp to approve a content as UTILITY; its state after.
func (t *Twilio) Submit(ctx context.Context, sid string, c Content) (string, error) {
	r, p := t.request(ctx), &content.CreateApprovalCreateParams{}
	p.SetContentApprovalRequest(content.ContentApprovalRequest{Name: c.FullName(), Category: "UTILITY"})
	got, err := content.NewApiServiceWithClient(r.client(t.account, t.settings.AuthTokens[0])).CreateApprovalCreate(sid, p)
	if err != nil {
		return "", r.trouble("submit content", err)
	}
	return said(got.Status), nil
}

// Session names the thirteen frames for buttons and lists, all their words variables: channels.whatsapp_session names them so.
func Session() []Content {
	var all []Content
	for _, of := range []struct {
		name   string
		most   int
		before int
	}{{"reply", channels.Can(channels.WhatsApp).Buttons, 1}, {"list", channels.Can(channels.WhatsApp).Rows, 2}} {
		for n := 1; n <= of.most; n++ {
			c := Content{Name: of.name + "_" + strconv.Itoa(n), Language: "en", Body: "{{1}}", Samples: []string{"Where is it?"}}
			next := of.before
			v := func(sample string) string {
				next++
				c.Samples = append(c.Samples, sample)
				return "{{" + strconv.Itoa(next) + "}}"
			}
			if of.name == "list" {
				c.Open, next = "{{2}}", 2
				c.Samples = append(c.Samples, "Choose")
			}
			for i := range n {
				one := "Answer " + strconv.Itoa(i+1)
				h := channels.Choice{Label: v(one)}
				if of.name == "list" {
					h.Hint = v(one)
				}
				h.Data = v("1:slot=" + strconv.Itoa(i+1))
				c.Choices = append(c.Choices, h)
			}
			all = append(all, c)
		}
	}
	return all
}
