-- +goose Up
ALTER TABLE keys ADD COLUMN used_from TIMESTAMPTZ;  -- a later data key: until then every node only learns it; NULL: from the start
ALTER TABLE keys ADD COLUMN retired_at TIMESTAMPTZ; -- nothing is under it any more, and wrapped is empty

CREATE TABLE reseals ( -- how far the change to a data key has come (internal/seal); one is under way at most
    key TEXT PRIMARY KEY,
    place TEXT NOT NULL DEFAULT '',        -- the column being walked
    after TEXT NOT NULL DEFAULT '',        -- its last row that is done
    pass INTEGER NOT NULL DEFAULT 1,       -- all columns are walked until nothing is left under another key
    pass_began_at TIMESTAMPTZ NOT NULL,
    pass_moved BIGINT NOT NULL DEFAULT 0,
    pass_shut BIGINT NOT NULL DEFAULT 0,   -- rows no key opens
    rows_seen BIGINT NOT NULL DEFAULT 0,   -- of this pass
    rows_total BIGINT NOT NULL DEFAULT 0,
    began_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);

-- +goose Down
SELECT 1;
