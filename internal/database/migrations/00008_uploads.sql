-- +goose Up
CREATE TABLE uploads ( -- links to the page that takes a photo or a place, for phones that can send neither
    hash TEXT PRIMARY KEY,                 -- SHA-256 of the token, which stands in no table
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    run INTEGER NOT NULL,                  -- the run and the slot that asked for it
    slot TEXT NOT NULL,
    service TEXT NOT NULL DEFAULT '',      -- what it is about
    photo BOOLEAN NOT NULL,                -- it takes photos
    place BOOLEAN NOT NULL,                -- it takes where the phone is
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX uploads_conversation ON uploads (conversation_id);
CREATE INDEX uploads_expires ON uploads (expires_at);

CREATE TABLE upload_parts ( -- what came by a link: sent twice it is there once
    hash TEXT NOT NULL REFERENCES uploads (hash) ON DELETE CASCADE,
    n INTEGER NOT NULL,                    -- its message is upload:<hash>:<n>
    content TEXT NOT NULL,                 -- keyed hash of what was sent
    blob TEXT NOT NULL,                    -- its name in the photo store; '' for a place
    bytes BIGINT NOT NULL,
    PRIMARY KEY (hash, n),
    UNIQUE (hash, content)
);

CREATE TABLE prompts ( -- messages of ours whose inline buttons still stand, where buttons can be taken away
    message_id TEXT PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    spent BOOLEAN NOT NULL DEFAULT FALSE   -- to be taken away with the next message that goes
);
CREATE INDEX prompts_conversation ON prompts (conversation_id);

-- +goose Down
SELECT 1;
