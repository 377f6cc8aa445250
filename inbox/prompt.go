package inbox

import (
	"strings"

	"concierge/channels"
	"concierge/internal/database"
)

// Buttons that stand under our messages outlive their question. Where a channel lets them be taken away, the turn that goes on says
// which are spent, and the next message that goes takes them along: best effort, for a press on one is known to be stale anyhow.

// promptsSQL are the handles of a conversation's messages whose buttons still stand; those still to be sent have none yet. No join: for
// the empty tables of a new installation Postgres plans one that reads all messages, and keeps to it while they grow.
const promptsSQL = `COALESCE((SELECT string_agg((SELECT h.handle FROM messages h WHERE h.id = p.message_id), ' ')
	FROM prompts p WHERE p.conversation_id = `

// Retires tells whether spent buttons can be taken away on a channel.
func Retires(n channels.Name) bool { return channels.Can(n).Edits }

// SpendPrompts says that the turn's words stand in for all that was asked before, and that a button pressed is done with. It is part of
// the batch, before Put.
func (in *Inbox) SpendPrompts(b *database.Batch, c *Conversation, pressed channels.Handle) {
	b.Exec(`UPDATE prompts SET spent = TRUE WHERE conversation_id = $1 AND NOT spent`, c.ID)
	if pressed == "" {
		return
	}
	b.Exec(`INSERT INTO prompts (message_id, conversation_id, spent)
		SELECT id, conversation_id, TRUE FROM messages WHERE handle = $1 AND conversation_id = $2 AND NOT inbound ON CONFLICT (message_id) DO NOTHING`,
		string(pressed), c.ID)
}

// KeepPrompts notes which of the turn's rows have buttons. It is part of the batch, after Put.
func (in *Inbox) KeepPrompts(b *database.Batch, rows []Row) {
	for _, r := range rows {
		if r.Out.Inline() {
			b.Exec(`INSERT INTO prompts (message_id, conversation_id) SELECT id, conversation_id FROM messages WHERE id = $1`, r.ID)
		}
	}
}

// retired forgets the prompts whose buttons went with a message, and those that were never sent.
func retired(b *database.Batch, r Result) {
	for _, h := range r.Out.Retire {
		b.Exec(`DELETE FROM prompts WHERE conversation_id = $1 AND spent AND message_id IN
			(SELECT id FROM messages WHERE conversation_id = $1 AND NOT inbound AND (handle = $2 OR status = 'failed'))`, r.Conversation, string(h))
	}
}

// handles reads what promptsSQL gives.
func handles(text string) (all []channels.Handle) {
	for h := range strings.FieldsSeq(text) {
		all = append(all, channels.Handle(h))
	}
	return all
}
