package desk

import (
	"net/http"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
)

type healthPage struct {
	frame
	Channels []channelState
	Held     []heldSender
	Spending []spending
	PutOff   int // messages that wait for the next day's money
	Failed   []failedSends
	Asides   int // messages whose turn failed three times
	Unread   int // updates nobody could read
	Nodes    []node
	Queued   int
	Version  string
}

type channelState struct {
	Name, LastIn, LastOut string
	Waiting               int
}

type failedSends struct {
	Channel, Reason, Code, Last string
	Count                       int
}

// heldSender is one of our own numbers that a provider told to wait, or that is set up wrong.
type heldSender struct{ Channel, Sender, Reason, Code, Until string }

type node struct {
	Name, Version, Seen string
	Alive               bool
}

// nodeAlive is how fresh a node's sign of life must be for the page: on SQLite one comes every 15 s.
const nodeAlive = time.Minute

// healthPage shows whether messages come in and go out. It shows no resident's words.
func (d *Desk) healthPage(w http.ResponseWriter, r *request) error {
	p := healthPage{frame: d.frame(w, r, "health"), Version: d.Version}
	err := d.read(r.Context(), func(tx *database.Tx) error {
		for _, fill := range []func(*request, *database.Tx, *healthPage) error{d.fillChannels, d.fillHeld, d.fillSpending, d.fillFailed,
			d.fillQuarantine, d.fillNodes} {
			if err := fill(r, tx, &p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	d.render(w, r, http.StatusOK, "health", p)
	return nil
}

func (d *Desk) fillChannels(r *request, tx *database.Tx, p *healthPage) error {
	for _, name := range d.Channels {
		c := channelState{Name: p.T("channel." + string(name)), LastIn: p.T("health.never"), LastOut: p.T("health.never")}
		in, err := p.latest(r, tx, `SELECT at FROM received WHERE channel = $1 ORDER BY at DESC LIMIT 1`, string(name))
		if err != nil {
			return err
		}
		out, err := p.latest(r, tx, `SELECT m.sent_at FROM messages m JOIN conversations c ON c.id = m.conversation_id
			WHERE c.channel = $1 AND NOT m.inbound AND m.sent_at IS NOT NULL ORDER BY m.id DESC LIMIT 1`, string(name))
		if err != nil {
			return err
		}
		if in != "" {
			c.LastIn = in
		}
		if out != "" {
			c.LastOut = out
		}
		err = tx.QueryRow(r.Context(), `SELECT COUNT(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id
			WHERE c.channel = $1 AND NOT m.inbound AND m.status IN ('queued', 'sending') AND m.due_at < $2`, string(name), tx.Now()).Scan(&c.Waiting)
		if err != nil {
			return err
		}
		p.Queued += c.Waiting
		p.Channels = append(p.Channels, c)
	}
	return nil
}

// latest is the one time a query finds, in words; "" when it finds none.
func (f frame) latest(r *request, tx *database.Tx, query string, args ...any) (string, error) {
	rows, err := tx.Query(r.Context(), query, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	if !rows.Next() {
		return "", rows.Err()
	}
	var at time.Time
	if err := rows.Scan(&at); err != nil {
		return "", err
	}
	return f.clock(at), nil
}

func (d *Desk) fillFailed(r *request, tx *database.Tx, p *healthPage) error {
	rows, err := tx.Query(r.Context(), `SELECT c.channel, m.reason, m.code, m.created_at FROM messages m JOIN conversations c ON c.id = m.conversation_id
		WHERE NOT m.inbound AND m.status = 'failed' AND m.reason <> 'overtaken' AND m.created_at > $1 ORDER BY m.created_at DESC LIMIT 1000`,
		tx.Now().Add(-7*24*time.Hour))
	if err != nil {
		return err
	}
	defer rows.Close()
	at := map[[3]string]int{}
	for rows.Next() {
		var channel, reason, code string
		var when time.Time
		if err := rows.Scan(&channel, &reason, &code, &when); err != nil {
			return err
		}
		key := [3]string{channel, reason, code}
		i, known := at[key]
		if !known {
			i = len(p.Failed)
			at[key] = i
			p.Failed = append(p.Failed, failedSends{Channel: p.T("channel." + channel), Reason: p.T("delivery.reason." + reasonName(reason)), Code: code,
				Last: p.clock(when)})
		}
		p.Failed[i].Count++
	}
	return rows.Err()
}

func (d *Desk) fillHeld(r *request, tx *database.Tx, p *healthPage) error {
	rows, err := tx.Query(r.Context(), `SELECT channel, sender, held_until, why, code FROM senders WHERE held_until > $1 ORDER BY channel, sender`, tx.Now())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var channel, sender, why, code string
		var until time.Time
		if err := rows.Scan(&channel, &sender, &until, &why, &code); err != nil {
			return err
		}
		p.Held = append(p.Held, heldSender{p.T("channel." + channel), channels.Address(sender).Value(), p.T("delivery.reason." + reasonName(why)), code, p.clock(until)})
	}
	return rows.Err()
}

// fillQuarantine counts what /desk/aside lists.
func (d *Desk) fillQuarantine(r *request, tx *database.Tx, p *healthPage) error {
	var err error
	if _, p.Asides, err = inbox.Asides(r.Context(), tx, r.Person.actor(seeHealth)); err != nil {
		return err
	}
	_, p.Unread, err = inbox.Unread(r.Context(), tx)
	return err
}

func (d *Desk) fillNodes(r *request, tx *database.Tx, p *healthPage) error {
	rows, err := tx.Query(r.Context(), `SELECT id, version, renewed_at FROM nodes ORDER BY started_at`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n node
		var at time.Time
		if err := rows.Scan(&n.Name, &n.Version, &at); err != nil {
			return err
		}
		n.Seen, n.Alive = p.clock(at), tx.Now().Sub(at) < nodeAlive
		p.Nodes = append(p.Nodes, n)
	}
	return rows.Err()
}
