-- +goose Up
ALTER TABLE received ADD COLUMN swept BOOLEAN NOT NULL DEFAULT FALSE; -- found in the provider's list: a true copy may still come

CREATE TABLE early_receipts ( -- news of sends we do not know yet, for an hour
    handle TEXT NOT NULL,
    status TEXT NOT NULL,
    channel TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    code TEXT NOT NULL DEFAULT '',
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (handle, status)
);
CREATE INDEX early_receipts_at ON early_receipts (at);

CREATE TABLE asides ( -- messages whose turn failed three times, until a person has dealt with them
    message_id TEXT PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    cause TEXT NOT NULL,                   -- a type and a place, never what was said
    at TIMESTAMPTZ NOT NULL
);

ALTER TABLE quarantine ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0; -- of what came, unsealed

-- +goose Down
SELECT 1;
