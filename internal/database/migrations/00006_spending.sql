-- +goose Up
CREATE TABLE spending ( -- what a day's sends cost, where council.yaml caps it; no person in it
    day TEXT NOT NULL,                     -- the council's: 2026-11-30
    channel TEXT NOT NULL,
    parts BIGINT NOT NULL DEFAULT 0,       -- of SMS, or templates
    spent BIGINT NOT NULL DEFAULT 0,       -- millionths of the council's currency
    warned_at TIMESTAMPTZ,                 -- when 80 % of the cap were spent
    full_at TIMESTAMPTZ,                   -- when all of it was
    PRIMARY KEY (day, channel)
);
-- What an attempt was counted with, so that one that was surely not sent is taken off again, once.
ALTER TABLE attempts ADD COLUMN day TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN cost BIGINT NOT NULL DEFAULT 0;
-- How many replies of late brought a resident no further, and what we said last (inbox/flood.go): JSON, '' for none.
ALTER TABLE conversations ADD COLUMN flood TEXT NOT NULL DEFAULT '';

-- +goose Down
SELECT 1;
