-- +goose Up
-- Until when a person has had, so to say, all that their pace allows: the outbox keeps a message back that would come too soon after.
ALTER TABLE conversations ADD COLUMN paced_at TIMESTAMPTZ;

CREATE TABLE senders ( -- our own addresses a provider told to wait, or whose settings are wrong: all nodes keep still
    channel TEXT NOT NULL,
    sender TEXT NOT NULL,
    held_until TIMESTAMPTZ NOT NULL,
    why TEXT NOT NULL,                     -- throttled, configuration
    code TEXT NOT NULL DEFAULT '',         -- the provider's
    told_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (channel, sender)
);

-- +goose Down
SELECT 1;
