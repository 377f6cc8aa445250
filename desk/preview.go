package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"sort"
	"strings"
	"time"

	"concierge/channels"
	"concierge/inbox"
)

// Notice is what one follower would read of a change, and when; or why they read nothing.
type Notice struct {
	Follower     string // the follower's id
	Conversation *inbox.Conversation
	Rows         []inbox.Row // the messages as they would be sent
	At           time.Time
	Why          string // muted, opted_out, nothing: no messages · merging, quiet, enough: At is later
}

type preview struct {
	Status, Class string
	Groups        []noticeGroup
	Silent        []noticeGroup
	Total, Parts  int
	Hash          string
}

// noticeGroup is everybody who reads the same words on the same channel.
type noticeGroup struct {
	Channel, Language, Tag, Count string
	Texts                         []previewText
	Template                      string
	When, Why                     string
	Shut                          bool
	people                        int
}

type previewText struct{ Text, Tag, Cost string }

// preview is the first step: it shows every follower's words and changes nothing.
func (d *Desk) preview(w http.ResponseWriter, r *request) error {
	return d.showPreview(w, r, readMove(r), http.StatusOK, false)
}

// previewOf groups the notices by channel, language and words.
func (d *Desk) previewOf(f frame, notices []Notice) *preview {
	p := &preview{Hash: hashOf(notices)}
	groups := map[string]*noticeGroup{}
	var order []string
	for _, n := range notices {
		g := d.noticeGroup(f, n)
		key := g.Channel + "\x00" + g.Language + "\x00" + g.Template + "\x00" + g.Why + "\x00" + g.When + fmt.Sprint(g.Texts, g.Shut)
		if groups[key] == nil {
			groups[key] = &g
			order = append(order, key)
		}
		groups[key].people++
		for _, row := range n.Rows {
			if n.Conversation.Channel == channels.SMS {
				_, parts, _ := channels.Segments(row.Text)
				p.Parts += parts
			}
		}
	}
	sort.Strings(order)
	for _, key := range order {
		g := groups[key]
		g.Count = f.T("preview.people", "Count", g.people)
		if len(g.Texts) == 0 {
			p.Silent = append(p.Silent, *g)
			continue
		}
		p.Total += g.people
		p.Groups = append(p.Groups, *g)
	}
	return p
}

func (d *Desk) noticeGroup(f frame, n Notice) noticeGroup {
	c := n.Conversation
	g := noticeGroup{Channel: f.T("channel." + string(c.Channel)), Language: d.language(f, c.Language), Tag: c.Language}
	if n.Why != "" {
		g.Why = f.T("preview.why." + n.Why)
	}
	g.When = f.T("preview.at_once")
	if n.At.After(f.now.Add(time.Minute)) {
		g.When = f.T("preview.at", "Clock", f.clock(n.At.Truncate(time.Hour)))
	}
	for _, row := range n.Rows {
		t := previewText{Text: row.Text, Tag: row.Language}
		if c.Channel == channels.SMS {
			encoding, parts, _ := channels.Segments(row.Text)
			t.Cost = f.T("preview.parts", "Count", parts, "Encoding", encoding)
		}
		if row.Out.Template != nil && c.WindowShut(f.now) {
			g.Shut, g.Template = true, row.Out.Template.Key
			t.Text = strings.Join(row.Out.Template.Values, "\n")
		}
		for i, choice := range row.Out.Choices {
			t.Text += fmt.Sprintf("\n[%d] %s", i+1, choice.Label)
		}
		g.Texts = append(g.Texts, t)
	}
	return g
}

// hashOf is SHA-256 over texts and recipients, and nothing else: the hour may change between the two steps.
func hashOf(notices []Notice) string {
	var all []string
	for _, n := range notices {
		if len(n.Rows) == 0 {
			continue
		}
		line := n.Follower
		for _, row := range n.Rows {
			line += "\x00" + row.Text
			if row.Out.Template != nil {
				line += "\x01" + row.Out.Template.Key + "\x01" + strings.Join(row.Out.Template.Values, "\x01")
			}
		}
		all = append(all, line)
	}
	sort.Strings(all)
	sum := sha256.Sum256([]byte(strings.Join(all, "\x02")))
	return hex.EncodeToString(sum[:])
}
