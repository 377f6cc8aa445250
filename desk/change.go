package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"

	"concierge/cases"
	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/audit"
	"concierge/internal/database"
	"concierge/internal/feed"
)

// Notice is what one follower would read of a change, and when; or why they read nothing.
type Notice struct {
	Follower     string // the follower's id
	Conversation *inbox.Conversation
	Rows         []inbox.Row // the messages as they would be sent
	At           time.Time
	Why          string // muted, opted_out, nothing: no messages · merging, quiet, enough: At is later
}

// moveForm is the change as the form carries it, from its first step to its second.
type moveForm struct {
	To, Reason, NextStep, PlannedFor, Text, Original string
	Target                                           string // "status/reason"
	Version                                          int64
	Hash                                             string
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

func readMove(r *request) moveForm {
	get := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(r.PostForm.Get(name), "\r\n", "\n"))
	}
	m := moveForm{Target: get("target"), NextStep: get("next_step"), PlannedFor: get("planned_for"), Text: get("text"), Original: get("original"),
		Hash: get("hash")}
	m.To, m.Reason, _ = strings.Cut(m.Target, "/")
	m.Version, _ = strconv.ParseInt(get("version"), 10, 64)
	return m
}

func (m moveForm) move(tag string) cases.Move {
	move := cases.Move{To: cases.Status(m.To), Reason: cases.Reason(m.Reason), NextStep: m.NextStep, PlannedFor: m.PlannedFor, Text: m.Text,
		Language: tag}
	if ref, err := cases.ParseReference(m.Original); err == nil {
		move.Original = ref
	}
	return move
}

// preview is the first step: it shows every follower's words and changes nothing.
func (d *Desk) preview(w http.ResponseWriter, r *request) error {
	return d.showPreview(w, r, readMove(r), http.StatusOK, false)
}

// change is the second step: what was previewed, and nothing else. When case, texts or recipients have moved since, nothing is changed and
// the preview is shown afresh.
func (d *Desk) change(w http.ResponseWriter, r *request) error {
	ctx, m := r.Context(), readMove(r)
	ref, err := r.reference()
	if err != nil {
		return err
	}
	if err := d.mayChange(r, ref); err != nil {
		return err
	}
	by := cases.Actor{Kind: cases.Staff, ID: r.Person.ID}
	notices, err := d.Preview(ctx, ref, m.Version, m.move(r.Lang), by)
	if errors.Is(err, cases.ErrStale) || err == nil && hashOf(notices) != m.Hash {
		return d.showPreview(w, r, m, http.StatusConflict, true)
	}
	if refused := (cases.ErrRefused{}); errors.As(err, &refused) {
		return d.showPreview(w, r, m, http.StatusUnprocessableEntity, false)
	}
	if err != nil {
		return err
	}
	err = d.write(ctx, func(tx *database.Tx) error {
		one, err := d.Cases.Change(ctx, tx, ref, m.Version, m.move(r.Lang), by)
		if err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Actor: r.Person.ID, Deed: "case.changed", Subject: one.ID, Detail: m.Target}); err != nil {
			return err
		}
		return feed.Append(ctx, tx, feedCase, one.ID, inbox.FeedState)
	})
	if errors.Is(err, cases.ErrStale) {
		return d.showPreview(w, r, m, http.StatusConflict, true)
	}
	if err != nil {
		return err
	}
	return back(w, r, "/desk/cases/"+ref.String(), "changed")
}

// feedCase is the topic of news about cases.
const feedCase = "case"

// mayChange looks whether the case is one of theirs.
func (d *Desk) mayChange(r *request, ref cases.Reference) error {
	return d.read(r.Context(), func(tx *database.Tx) error {
		one, err := d.Cases.Get(r.Context(), tx, ref)
		if err == nil && !r.seesCase(one.Team) {
			return cases.ErrNotFound
		}
		return err
	})
}

// showPreview shows the case with the words of the change below it. fresh: something has moved, so it is the case as it is now.
func (d *Desk) showPreview(w http.ResponseWriter, r *request, m moveForm, status int, fresh bool) error {
	p, err := d.case_(w, r)
	if err != nil {
		return err
	}
	if fresh {
		m.Version = p.Version
	}
	ref, err := r.reference()
	if err != nil {
		return err
	}
	p.Move, p.Fresh, p.Reasons = m, fresh, p.reasons(p.status, m.Target)
	notices, err := d.Preview(r.Context(), ref, m.Version, m.move(r.Lang), cases.Actor{Kind: cases.Staff, ID: r.Person.ID})
	var refused cases.ErrRefused
	switch {
	case errors.Is(err, cases.ErrStale):
		return d.showPreview(w, r, m, http.StatusConflict, true)
	case errors.As(err, &refused):
		p.Error, p.Fresh = p.refusal(refused), false
		d.render(w, r, http.StatusUnprocessableEntity, "case", p)
		return nil
	case err != nil:
		return err
	}
	p.Preview = d.previewOf(p.frame, notices)
	if m.To == "" {
		m.To = string(p.status)
	}
	p.Preview.Status, p.Preview.Class = p.T("case.status."+m.To), m.To
	if m.Reason != "" {
		p.Preview.Status += ": " + p.T("case.reason."+m.Reason)
	}
	p.Move.Hash = p.Preview.Hash
	d.render(w, r, status, "case", p)
	return nil
}

// refusal words a rule that the change would break.
func (f frame) refusal(e cases.ErrRefused) string {
	switch e.Field + "." + e.Code {
	case "reason.needed", "text.needed", "next_step.needed", "original.needed", "planned_for.past", "planned_for.unknown",
		"planned_for.not_allowed", "status.same", "status.not_allowed", "text.too_long", "photo.needed", "photos.needed", "reason.not_allowed":
		return f.T("refused." + e.Field + "." + e.Code)
	}
	return f.T("refused.plain", "Rule", e.Error())
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
