-- +goose Up
-- team is that of the conversation's latest stretch with a person: who may see it, without looking through its handoffs.
ALTER TABLE conversations ADD COLUMN team TEXT NOT NULL DEFAULT '';
CREATE INDEX conversations_lately ON conversations (owner, inbound_at);
CREATE INDEX handoffs_conversation ON handoffs (conversation_id, id);
CREATE INDEX handoffs_team ON handoffs (team, requested_at);

-- +goose Down
SELECT 1;
