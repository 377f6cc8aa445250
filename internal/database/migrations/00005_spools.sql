-- +goose Up
CREATE TABLE spools ( -- nodes that copy in what they kept while the database was away: meanwhile nobody takes a turn
    node TEXT PRIMARY KEY,
    renewed_at TIMESTAMPTZ NOT NULL        -- each second; older than 5 s the node is gone
);

CREATE TABLE marks ( -- how far something that comes round has come
    name TEXT PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL
);

CREATE INDEX attempts_handle ON attempts (handle) WHERE handle IS NOT NULL;
CREATE INDEX received_at ON received (at);

-- +goose Down
SELECT 1;
