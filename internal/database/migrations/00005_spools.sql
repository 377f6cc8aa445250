-- +goose Up
CREATE TABLE spools ( -- nodes that copy in what they kept while the database was away: meanwhile nobody takes a turn
    node TEXT PRIMARY KEY,
    renewed_at TIMESTAMPTZ NOT NULL        -- each second; older than 5 s the node is gone
);

CREATE TABLE marks ( -- how far something that comes round has come
    name TEXT PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL
);

CREATE TABLE spent ( -- what a day's messages cost, in parts
    day TEXT NOT NULL,                     -- in the council's time zone, 2027-04-05
    channel TEXT NOT NULL,
    node TEXT NOT NULL,                    -- each counts its own: no row is fought over
    parts BIGINT NOT NULL,
    PRIMARY KEY (day, channel, node)
);

CREATE TABLE floods ( -- replies that left the session unchanged, by conversation
    conversation_id TEXT PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    minute_at TIMESTAMPTZ NOT NULL,
    minute INTEGER NOT NULL,
    day_at TIMESTAMPTZ NOT NULL,
    day INTEGER NOT NULL,
    text TEXT NOT NULL,                    -- keyed hash of what they wrote
    same INTEGER NOT NULL,                 -- how often in a row
    told_at TIMESTAMPTZ                    -- when they were told that a person looks
);

CREATE INDEX attempts_handle ON attempts (handle) WHERE handle IS NOT NULL;
CREATE INDEX received_at ON received (at);

-- +goose Down
SELECT 1;
