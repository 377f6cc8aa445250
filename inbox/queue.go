package inbox

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"concierge/internal/database"
)

// View is one of the desk's lists.
type View string

// The lists, in the order they are shown.
const (
	ViewWaiting  View = "waiting"  // for a person: priority, then longest wait
	ViewMine     View = "mine"     // with this agent
	ViewOpen     View = "open"     // in the queue or with anybody
	ViewResident View = "resident" // waiting on the resident, or snoozed
	ViewBot      View = "bot"
	ViewClosed   View = "closed"
)

// Views lists them.
func Views() []View {
	return []View{ViewWaiting, ViewMine, ViewOpen, ViewResident, ViewBot, ViewClosed}
}

// PageSize is the rows of one page of a list.
const PageSize = 50

// Entry is one conversation in a list: enough to see at a glance who waits, for what, and since when.
type Entry struct {
	Conversation, AddressID string
	Sealed                  []byte // the address, sealed
	Channel, Language       string
	Owner, State            string
	Agent, AgentName        string
	Version                 int64
	Reason, Topic, Team     string
	Priority                string
	RequestedAt             *time.Time
	FirstReplyAt            *time.Time
	SnoozedUntil            *time.Time
	InboundAt               *time.Time
	CreatedAt               time.Time
	Last                    string // the last message, whole; with people it is a person's: "I am passing you on" tells nobody anything
	LastKind, LastLanguage  string
	LastInbound             bool
	LastAuthor              string // an agent's name; "" is the concierge or, inbound, the resident
	LastParts               string
	LastAt                  *time.Time
}

// Filter narrows a list; empty fields ask for nothing.
type Filter struct{ Channel, Language, Topic, Team string }

// List reads one page of a view. next is where the following page begins; "" when this was the last.
func List(ctx context.Context, tx *database.Tx, a Actor, v View, f Filter, after string) (page []Entry, next string, err error) {
	q := &query{}
	where := q.visible(a, "c") + " AND " + q.in(a, v) + q.filter(f)
	order := ` ORDER BY COALESCE(c.inbound_at, c.created_at) DESC, c.id DESC`
	from, err := readCursor(after)
	if err != nil {
		return nil, "", err
	}
	if v == ViewWaiting {
		order = ` ORDER BY ` + priorityRank + `, h.requested_at, c.id`
		if after != "" {
			rank, at, id := q.arg(from.Rank), q.arg(from.At), q.arg(from.ID)
			where += fmt.Sprintf(` AND (%[1]s > %[2]s OR (%[1]s = %[2]s AND (h.requested_at > %[3]s OR (h.requested_at = %[3]s AND c.id > %[4]s))))`,
				priorityRank, rank, at, id)
		}
	} else if after != "" {
		at, id := q.arg(from.At), q.arg(from.ID)
		where += fmt.Sprintf(` AND (COALESCE(c.inbound_at, c.created_at) < %[1]s OR (COALESCE(c.inbound_at, c.created_at) = %[1]s AND c.id < %[2]s))`, at, id)
	}
	rows, err := tx.Query(ctx, `SELECT c.id, c.address_id, a.sealed, c.channel, k.language, c.owner, c.state, COALESCE(c.agent_id, ''), COALESCE(s.name, ''),
			c.version, COALESCE(h.reason, ''), COALESCE(h.topic, ''), c.team, COALESCE(h.priority, ''), h.requested_at, h.first_reply_at,
			c.snoozed_until, c.inbound_at, c.created_at, COALESCE(m.body, ''), COALESCE(m.kind, ''), COALESCE(m.language, ''), COALESCE(m.inbound, FALSE),
			COALESCE(w.name, ''), COALESCE(m.parts, ''), m.created_at
		FROM (SELECT c.id FROM conversations c LEFT JOIN handoffs h ON h.conversation_id = c.id AND h.ended_at IS NULL
			WHERE `+where+order+` LIMIT `+strconv.Itoa(PageSize+1)+`) p
		JOIN conversations c ON c.id = p.id
		JOIN addresses a ON a.id = c.address_id
		JOIN contacts k ON k.id = c.contact_id
		LEFT JOIN handoffs h ON h.conversation_id = c.id AND h.ended_at IS NULL
		LEFT JOIN staff s ON s.id = c.agent_id
		LEFT JOIN messages m ON m.conversation_id = c.id AND m.seq = COALESCE((SELECT x.seq FROM messages x WHERE x.conversation_id = c.id
			AND (x.inbound OR x.kind = 'agent' OR c.owner = 'bot') ORDER BY x.seq DESC LIMIT 1), c.next_seq - 1)
		LEFT JOIN staff w ON w.id = m.author_id
		`+order, q.args...) // the page is cut first, and what stands around it read for its rows alone
	if err != nil {
		return nil, "", fmt.Errorf("list conversations: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e Entry
		err := rows.Scan(&e.Conversation, &e.AddressID, &e.Sealed, &e.Channel, &e.Language, &e.Owner, &e.State, &e.Agent, &e.AgentName,
			&e.Version, &e.Reason, &e.Topic, &e.Team, &e.Priority, &e.RequestedAt, &e.FirstReplyAt,
			&e.SnoozedUntil, &e.InboundAt, &e.CreatedAt, &e.Last, &e.LastKind, &e.LastLanguage, &e.LastInbound, &e.LastAuthor, &e.LastParts, &e.LastAt)
		if err != nil {
			return nil, "", fmt.Errorf("list conversations: %w", err)
		}
		page = append(page, e)
	}
	if err := rows.Err(); err != nil {
		return nil, "", fmt.Errorf("list conversations: %w", err)
	}
	if len(page) > PageSize {
		page = page[:PageSize]
		next = cursorOf(page[PageSize-1], v).String()
	}
	return page, next, nil
}

// Counts tells how many conversations each view holds for this person.
func Counts(ctx context.Context, tx *database.Tx, a Actor) (map[View]int, error) {
	q := &query{}
	mine := q.arg(a.ID)
	rows, err := tx.Query(ctx, `SELECT c.owner, c.state, COALESCE(c.agent_id = `+mine+`, FALSE), COUNT(*) FROM conversations c
		WHERE `+q.visible(a, "c")+` GROUP BY 1, 2, 3`, q.args...)
	if err != nil {
		return nil, fmt.Errorf("count conversations: %w", err)
	}
	defer rows.Close()
	counts := map[View]int{}
	for rows.Next() {
		var owner, state string
		var mine bool
		var n int
		if err := rows.Scan(&owner, &state, &mine, &n); err != nil {
			return nil, fmt.Errorf("count conversations: %w", err)
		}
		switch {
		case state == "closed":
			counts[ViewClosed] += n
			continue
		case owner == "bot":
			counts[ViewBot] += n
			continue
		case owner == "queue":
			counts[ViewWaiting] += n
		case state != "active":
			counts[ViewResident] += n
		}
		counts[ViewOpen] += n
		if mine {
			counts[ViewMine] += n
		}
	}
	return counts, rows.Err()
}

// OldestWaiting is the conversation first in line for this person; "" when nobody waits.
func OldestWaiting(ctx context.Context, tx *database.Tx, a Actor) (id string, version int64, err error) {
	q := &query{}
	err = tx.QueryRow(ctx, `SELECT c.id, c.version FROM conversations c JOIN handoffs h ON h.conversation_id = c.id AND h.ended_at IS NULL
		WHERE c.owner = 'queue' AND `+q.visible(a, "c")+` ORDER BY `+priorityRank+`, h.requested_at, c.id LIMIT 1`, q.args...).Scan(&id, &version)
	if errors.Is(err, database.ErrNoRows) {
		return "", 0, nil
	}
	if err != nil {
		return "", 0, fmt.Errorf("find the oldest: %w", err)
	}
	return id, version, nil
}

const priorityRank = `CASE h.priority WHEN 'safeguarding' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END`

// query gathers the arguments of a statement put together from parts.
type query struct{ args []any }

func (q *query) arg(v any) string {
	q.args = append(q.args, v)
	return "$" + strconv.Itoa(len(q.args))
}

// visible is the condition that this person may see the conversation. One no team has had is anybody's who may see any.
func (q *query) visible(a Actor, table string) string {
	team := table + ".team"
	var or []string
	if a.All {
		or = append(or, team+` <> '`+SafeguardingTeam+`'`)
	} else {
		or = append(or, team+` = ''`)
		for _, t := range a.Teams {
			if t != SafeguardingTeam || a.Sensitive {
				or = append(or, team+` = `+q.arg(t))
			}
		}
	}
	if a.All && a.Sensitive {
		return `TRUE`
	}
	return `(` + strings.Join(or, ` OR `) + `)`
}

func (q *query) filter(f Filter) (and string) {
	for _, is := range []struct{ column, value string }{{"c.channel", f.Channel}, {"c.team", f.Team}, {"h.topic", f.Topic}} {
		if is.value != "" {
			and += ` AND ` + is.column + ` = ` + q.arg(is.value)
		}
	}
	if f.Language != "" {
		and += ` AND EXISTS (SELECT 1 FROM contacts k WHERE k.id = c.contact_id AND k.language = ` + q.arg(f.Language) + `)`
	}
	return and
}

func (q *query) in(a Actor, v View) string {
	switch v {
	case ViewMine:
		return `c.owner = 'agent' AND c.agent_id = ` + q.arg(a.ID)
	case ViewOpen:
		return `c.owner IN ('queue', 'agent')`
	case ViewResident:
		return `c.owner = 'agent' AND c.state IN ('waiting', 'snoozed')`
	case ViewBot:
		return `c.owner = 'bot' AND c.state = 'active'`
	case ViewClosed:
		return `c.owner = 'bot' AND c.state = 'closed'`
	}
	return `c.owner = 'queue'`
}

// cursor is where a page ended.
type cursor struct {
	Rank int       `json:"r,omitempty"`
	At   time.Time `json:"t"`
	ID   string    `json:"i"`
}

func cursorOf(e Entry, v View) cursor {
	c := cursor{ID: e.Conversation, At: e.CreatedAt, Rank: 2}
	if v != ViewWaiting {
		if e.InboundAt != nil {
			c.At = *e.InboundAt
		}
		return c
	}
	switch e.Priority {
	case SafeguardingUrgency:
		c.Rank = 0
	case Urgent:
		c.Rank = 1
	}
	if e.RequestedAt != nil {
		c.At = *e.RequestedAt
	}
	return c
}

func (c cursor) String() string {
	text, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(text)
}

func readCursor(s string) (c cursor, err error) {
	if s == "" {
		return c, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		return c, fmt.Errorf("read page: %w", ErrNotFound)
	}
	return c, nil
}
