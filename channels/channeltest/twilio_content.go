package channeltest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"concierge/channels"
)

// madeContent is a content made by a call, and how far WhatsApp's approval has come.
type madeContent struct {
	sid, name, language, typ   string
	said                       Content
	state, why, category, file string
}

// contentBody is what a content is made of: exactly one of the types we use.
type contentBody struct {
	Name      string            `json:"friendly_name"`
	Language  string            `json:"language"`
	Variables map[string]string `json:"variables"`
	Types     map[string]struct {
		Body    string `json:"body"`
		Button  string `json:"button"`
		Actions []struct {
			Type  string `json:"type"`
			Title string `json:"title"`
			ID    string `json:"id"`
		} `json:"actions"`
		Items []struct {
			ID          string `json:"id"`
			Item        string `json:"item"`
			Description string `json:"description"`
		} `json:"items"`
	} `json:"types"`
}

// makeContent is POST /v1/Content.
func (t *Twilio) makeContent(w http.ResponseWriter, r *http.Request) {
	var b contentBody
	if !t.strictly(w, r, &b) {
		return
	}
	t.Ledger.add(Entry{What: Asked, Call: "CreateContent", Text: b.Name})
	c := &madeContent{sid: t.newSID("HX"), name: b.Name, language: b.Language, state: "unsubmitted"}
	why := ""
	if len(b.Types) != 1 {
		why = "one type, not " + strconv.Itoa(len(b.Types))
	}
	for typ, v := range b.Types {
		c.typ, c.said = typ, Content{Body: v.Body, Open: v.Button}
		for _, a := range v.Actions {
			if a.Type != "QUICK_REPLY" {
				why = "an action that is no QUICK_REPLY"
			}
			c.said.Choices = append(c.said.Choices, channels.Choice{Label: a.Title, Data: a.ID})
		}
		for _, i := range v.Items {
			c.said.Choices = append(c.said.Choices, channels.Choice{Label: i.Item, Data: i.ID, Hint: i.Description})
		}
		n := len(c.said.Choices)
		switch {
		case typ == "twilio/text" && n == 0 && v.Button == "":
		case typ == "twilio/quick-reply" && n >= 1 && n <= 3 && v.Button == "" && len(v.Items) == 0:
		case typ == "twilio/list-picker" && n >= 1 && n <= 10 && v.Button != "" && len(v.Actions) == 0:
		default:
			why = fmt.Sprintf("%s with %d choices", typ, n)
		}
	}
	said, more := c.said.say(samplesOf(b.Variables))
	switch {
	case why != "":
	case b.Name == "" || b.Language == "" || strings.Contains(b.Language, "-"):
		why = "no name, or a language as WhatsApp does not write it"
	case more != "":
		why = "its samples do not fill it: " + more
	case strings.TrimSpace(said.Body) == "":
		why = "no words"
	}
	t.kept.mu.Lock()
	defer t.kept.mu.Unlock()
	if slices.ContainsFunc(t.kept.contents, func(o *madeContent) bool { return o.name == b.Name }) {
		why = "the same content twice: " + b.Name
	}
	if why != "" {
		t.broken(r, "", why)
		t.refuse(w, r, nil, http.StatusBadRequest, 20001, why)
		return
	}
	t.kept.contents = append(t.kept.contents, c)
	answer(w, http.StatusCreated, map[string]any{"sid": c.sid, "account_sid": t.o.Account, "friendly_name": c.name, "language": c.language})
}

func samplesOf(vars map[string]string) string {
	if len(vars) == 0 {
		return ""
	}
	b, _ := json.Marshal(vars) // a map of strings cannot fail
	return string(b)
}

// listContents is GET /v1/ContentAndApprovals, two a page, so that whoever reads only the first finds out.
func (t *Twilio) listContents(w http.ResponseWriter, r *http.Request) {
	t.Ledger.add(Entry{What: Asked, Call: "ListContentAndApprovals"})
	q := r.URL.Query()
	for k := range q {
		if k != "PageSize" && k != "Page" && k != "PageToken" {
			t.broken(r, "", "unknown parameter of the contents: "+k)
		}
	}
	const most = 2
	page, _ := strconv.Atoi(q.Get("Page"))
	if page > 0 && q.Get("PageToken") != "P"+q.Get("Page") {
		t.broken(r, "", "a page without its token")
	}
	t.kept.mu.Lock()
	defer t.kept.mu.Unlock()
	from := min(page*most, len(t.kept.contents))
	to := min(from+most, len(t.kept.contents))
	list := []any{}
	for _, c := range t.kept.contents[from:to] {
		approval := map[string]any{}
		if c.state != "unsubmitted" {
			approval = map[string]any{"name": c.file, "category": c.category, "content_type": c.typ, "status": c.state, "rejection_reason": c.why}
		}
		list = append(list, map[string]any{"sid": c.sid, "friendly_name": c.name, "language": c.language, "approval_requests": approval,
			"types": map[string]any{c.typ: map[string]any{"body": c.said.Body}}})
	}
	meta := map[string]any{"page": page, "page_size": most, "key": "contents", "next_page_url": nil}
	if to < len(t.kept.contents) {
		next := strconv.Itoa(page + 1)
		meta["next_page_url"] = "https://content.twilio.com/v1/ContentAndApprovals?PageSize=2&Page=" + next + "&PageToken=P" + next
	}
	answer(w, http.StatusOK, map[string]any{"contents": list, "meta": meta})
}

var templateName = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)

// submitContent is POST /v1/Content/{SID}/ApprovalRequests/whatsapp. What Meta would turn down it turns down at once.
func (t *Twilio) submitContent(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Name     string `json:"name"`
		Category string `json:"category"`
	}
	if !t.strictly(w, r, &b) {
		return
	}
	t.Ledger.add(Entry{What: Asked, Call: "CreateApprovalCreate", Text: b.Name})
	t.kept.mu.Lock()
	defer t.kept.mu.Unlock()
	i := slices.IndexFunc(t.kept.contents, func(c *madeContent) bool { return c.sid == r.PathValue("sid") })
	if i < 0 {
		t.refuse(w, r, nil, http.StatusNotFound, 20404, "not found")
		return
	}
	c := t.kept.contents[i]
	if !templateName.MatchString(b.Name) || b.Category != "UTILITY" || c.state != "unsubmitted" {
		t.broken(r, "", "a name, a category or a second submission WhatsApp does not take")
		t.refuse(w, r, nil, http.StatusBadRequest, 20001, "not taken")
		return
	}
	c.state, c.category, c.file = "received", b.Category, b.Name
	if c.why = turnedDown(c.said.Body); c.why != "" {
		c.state = "rejected"
	}
	answer(w, http.StatusCreated, map[string]any{"name": b.Name, "category": b.Category, "content_type": c.typ, "status": c.state, "rejection_reason": c.why})
}

// turnedDown is why Meta does not approve a body.
func turnedDown(body string) string {
	rest := variable.ReplaceAllString(body, "\x00")
	plain := strings.NewReplacer(" ", "", "\n", "", ".", "", "!", "").Replace(rest)
	n := strings.Count(rest, "\x00")
	words := len(strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune(" \n\x00(),:.?", r) }))
	switch {
	case strings.HasPrefix(plain, "\x00"), strings.HasSuffix(plain, "\x00"):
		return "Variables can't be at the start or end of the template."
	case strings.Contains(plain, "\x00\x00"):
		return "Variables stand next to each other."
	case words < 2*n+1:
		return "This template has too many variables for its length."
	case len(utf16.Encode([]rune(body))) > 1024:
		return "Too long."
	}
	return ""
}

// Decide is WhatsApp's answer to a submitted content, by its name: "approved", "rejected" with why, "paused".
func (t *Twilio) Decide(name, state, why string) bool {
	t.kept.mu.Lock()
	defer t.kept.mu.Unlock()
	for _, c := range t.kept.contents {
		if c.name == name && c.state != "unsubmitted" {
			c.state, c.why, c.said.Approved = state, why, state == "approved"
			return true
		}
	}
	return false
}

// content finds a content by its SID: those of the options, or one made since.
func (t *Twilio) content(sid string) (Content, bool) {
	if c, ok := t.o.Contents[sid]; ok {
		return c, true
	}
	t.kept.mu.Lock()
	defer t.kept.mu.Unlock()
	for _, c := range t.kept.contents {
		if c.sid == sid {
			return c.said, true
		}
	}
	return Content{}, false
}

func (t *Twilio) approved(sid string) bool {
	c, _ := t.content(sid)
	return c.Approved
}
