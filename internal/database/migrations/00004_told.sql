-- +goose Up
-- A reply within a day of case news belongs to that case: the news a conversation had, without reading all it ever said.
CREATE INDEX messages_told ON messages (conversation_id, seq) WHERE case_id IS NOT NULL;

-- +goose Down
SELECT 1;
