-- +goose Up
-- One text for SQLite and Postgres: TEXT ids (UUIDv7 made in Go), UTC times, JSON as TEXT. SQLite takes any type name.

CREATE TABLE keys ( -- the random keys, wrapped by one from CONCIERGE_SECRET (internal/seal)
    name TEXT PRIMARY KEY,
    wrapped BYTEA NOT NULL,
    made_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE contacts (
    id TEXT PRIMARY KEY,
    language TEXT NOT NULL DEFAULT '',     -- the truth about language; '' until known
    created_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE addresses (
    id TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,                    -- sms, whatsapp, telegram
    sealed BYTEA NOT NULL,                 -- the address itself, AES-256-GCM
    index_hmac BYTEA NOT NULL,             -- how it is found
    last4_hmac BYTEA,                      -- how the desk finds a number by its last four digits
    opted_out_at TIMESTAMPTZ,              -- STOP: no message of kind update
    unreachable_at TIMESTAMPTZ,            -- the provider says nobody is there, or we are blocked
    retired_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX addresses_live ON addresses (kind, index_hmac) WHERE retired_at IS NULL;
CREATE INDEX addresses_contact ON addresses (contact_id);
CREATE INDEX addresses_last4 ON addresses (last4_hmac);

CREATE TABLE conversations ( -- one per address, for ever; this row is the lock that orders a conversation
    id TEXT PRIMARY KEY,
    address_id TEXT NOT NULL UNIQUE REFERENCES addresses (id) ON DELETE CASCADE,
    contact_id TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    sender TEXT NOT NULL,                  -- our side of it: the address they wrote to
    owner TEXT NOT NULL DEFAULT 'bot',
    state TEXT NOT NULL DEFAULT 'active',
    agent_id TEXT,
    version BIGINT NOT NULL DEFAULT 1,     -- +1 per transition, carried in forms
    epoch BIGINT NOT NULL DEFAULT 0,       -- +1 when the bot's queued words lose their standing
    session TEXT NOT NULL DEFAULT '',      -- dialog.Session as JSON
    next_seq BIGINT NOT NULL DEFAULT 1,    -- the number the next message of the conversation takes, in or out
    greeted_at TIMESTAMPTZ,                -- when the first-contact message was written
    inbound_at TIMESTAMPTZ,                -- their last message, by the database's clock: the WhatsApp window
    turned_at TIMESTAMPTZ,                 -- the last turn taken
    nudge_at TIMESTAMPTZ,
    snoozed_until TIMESTAMPTZ,
    warned_at TIMESTAMPTZ,                 -- the last emergency line said while a person owned it
    lease_until TIMESTAMPTZ,               -- one send long
    lease_node TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK ((owner = 'bot' AND state IN ('active', 'closed')) OR (owner = 'queue' AND state = 'active')
        OR (owner = 'agent' AND state IN ('active', 'waiting', 'snoozed'))),
    CHECK ((owner = 'agent') = (agent_id IS NOT NULL))
);
CREATE INDEX conversations_contact ON conversations (contact_id);
CREATE INDEX conversations_owner ON conversations (owner, state);
CREATE INDEX conversations_nudge ON conversations (nudge_at) WHERE nudge_at IS NOT NULL;

CREATE TABLE received ( -- the unique provider id of all that came in; outlives an erased message
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    provider_id TEXT NOT NULL,             -- keyed hash
    message_id TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (channel, account, provider_id)
);

CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,                   -- given under the conversation's lock; the order of the transcript
    inbound BOOLEAN NOT NULL,
    kind TEXT NOT NULL,                    -- in: channels.Kind · out: reply, agent, update, safety
    language TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL DEFAULT '',
    parts TEXT NOT NULL DEFAULT '',        -- JSON: in: location, media, press, edits … · out: choices, template, photo, pin …
    handle TEXT,                           -- the provider's name for it
    created_at TIMESTAMPTZ NOT NULL,
    -- inbound only
    taken TEXT NOT NULL DEFAULT '',        -- '', waiting (for its turn), taken, aside (third failure), desk (a person's)
    tries INTEGER NOT NULL DEFAULT 0,
    -- outbound only
    status TEXT NOT NULL DEFAULT '',       -- queued sending sent delivered read failed
    rank INTEGER NOT NULL DEFAULT 0,       -- the status as a number: forward only
    cause TEXT,                            -- turn:<in>:<n>, update:<id>:<follower>, agent:<id> …: twice writes once
    author_id TEXT,                        -- the agent who wrote it
    case_id TEXT,                          -- the case an update tells about
    epoch BIGINT NOT NULL DEFAULT 0,
    keep BOOLEAN NOT NULL DEFAULT FALSE,   -- a filed reference: no takeover overtakes it
    attempt INTEGER NOT NULL DEFAULT 0,
    due_at TIMESTAMPTZ,                    -- not before
    expires_at TIMESTAMPTZ,
    sent_at TIMESTAMPTZ,
    reason TEXT NOT NULL DEFAULT '',       -- why it failed, in our word
    code TEXT NOT NULL DEFAULT '',         -- and in the provider's
    UNIQUE (conversation_id, seq)
);
CREATE UNIQUE INDEX messages_cause ON messages (cause) WHERE cause IS NOT NULL;
CREATE INDEX messages_out ON messages (conversation_id, seq) WHERE NOT inbound AND status IN ('queued', 'sending');
CREATE INDEX messages_due ON messages (due_at) WHERE NOT inbound AND status IN ('queued', 'sending');
CREATE INDEX messages_waiting ON messages (conversation_id, seq) WHERE inbound AND taken = 'waiting';
CREATE INDEX messages_handle ON messages (handle) WHERE handle IS NOT NULL;
CREATE INDEX messages_case ON messages (case_id) WHERE case_id IS NOT NULL;

CREATE TABLE attempts (
    message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    node TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    handle TEXT,
    result TEXT NOT NULL DEFAULT '',       -- '' while unknown, then ok or the class of the error
    PRIMARY KEY (message_id, n)
);

CREATE TABLE quarantine ( -- authentic but unreadable, kept 7 days
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    at TIMESTAMPTZ NOT NULL
);

CREATE TABLE media (
    id TEXT PRIMARY KEY,
    message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,                    -- the place among the message's media
    kind TEXT NOT NULL,                    -- photo file voice audio video sticker
    ref TEXT NOT NULL,                     -- the provider's ids, for the job that fetches it
    state TEXT NOT NULL DEFAULT 'waiting', -- waiting, stored, unavailable
    blob TEXT NOT NULL DEFAULT '',         -- its name in the photo store
    type TEXT NOT NULL DEFAULT '',
    bytes BIGINT NOT NULL DEFAULT 0,
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (message_id, n)
);

CREATE TABLE handoffs (
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    reason TEXT NOT NULL,                  -- asked not_understood tree safeguarding engine_error taken_over reopened
    topic TEXT NOT NULL DEFAULT '',        -- a service code
    team TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    priority TEXT NOT NULL DEFAULT 'normal',
    summary TEXT NOT NULL DEFAULT '',      -- JSON: the answers so far and what was not understood
    agent_id TEXT,
    requested_at TIMESTAMPTZ NOT NULL,
    first_seen_at TIMESTAMPTZ,
    claimed_at TIMESTAMPTZ,
    first_reply_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    ended_by TEXT,
    outcome TEXT NOT NULL DEFAULT ''       -- resolved returned cancelled no_answer opted_out
);
CREATE UNIQUE INDEX handoffs_open ON handoffs (conversation_id) WHERE ended_at IS NULL;
CREATE INDEX handoffs_waiting ON handoffs (requested_at) WHERE ended_at IS NULL;

CREATE TABLE notes (
    id TEXT PRIMARY KEY,
    conversation_id TEXT REFERENCES conversations (id) ON DELETE CASCADE,
    case_id TEXT,
    agent_id TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX notes_conversation ON notes (conversation_id);
CREATE INDEX notes_case ON notes (case_id);

CREATE TABLE drafts (
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    agent_id TEXT NOT NULL,
    body TEXT NOT NULL,
    saved_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (conversation_id, agent_id)
);

CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    version BIGINT NOT NULL DEFAULT 1,
    service TEXT NOT NULL,
    team TEXT NOT NULL DEFAULT '',
    answers TEXT NOT NULL DEFAULT '[]',    -- JSON: slot, value and words of each live answer
    description TEXT NOT NULL DEFAULT '',
    lat DOUBLE PRECISION,
    lon DOUBLE PRECISION,
    metres DOUBLE PRECISION NOT NULL DEFAULT 0, -- how good the point is
    how TEXT NOT NULL DEFAULT '',          -- pin postcode street words …
    place TEXT NOT NULL DEFAULT '',        -- the label, or the resident's words
    street TEXT NOT NULL DEFAULT '',       -- the label without house number, for eyes that may not see it
    postcode TEXT NOT NULL DEFAULT '',
    ward TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    next_step TEXT NOT NULL DEFAULT '',
    planned_for TEXT NOT NULL DEFAULT '',  -- a date, 2027-04-05
    filed_at TIMESTAMPTZ NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ,
    due_at TIMESTAMPTZ,                    -- never edited: measures use it
    promised_at TIMESTAMPTZ,               -- what the resident was last told
    reporter_id TEXT,                      -- a contact
    language TEXT NOT NULL DEFAULT '',
    channel TEXT NOT NULL DEFAULT '',
    urgent BOOLEAN NOT NULL DEFAULT FALSE,
    hidden BOOLEAN NOT NULL DEFAULT FALSE,
    reopened INTEGER NOT NULL DEFAULT 0,
    rating INTEGER NOT NULL DEFAULT 0,
    duplicate_of TEXT,
    cause TEXT UNIQUE,                     -- the run that filed it: a turn taken twice files once
    updates_seq BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX cases_reporter ON cases (reporter_id);
CREATE INDEX cases_open ON cases (service, status);
CREATE INDEX cases_filed ON cases (filed_at);

CREATE TABLE updates (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    actor TEXT NOT NULL,                   -- resident staff partner system
    actor_id TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,                    -- filed changed noted joined reopened rated
    status_from TEXT NOT NULL DEFAULT '',
    status_to TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    next_step TEXT NOT NULL DEFAULT '',
    planned_for TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    public BOOLEAN NOT NULL DEFAULT FALSE,
    hidden BOOLEAN NOT NULL DEFAULT FALSE,
    source TEXT,                           -- where it came from, when it can come twice
    UNIQUE (case_id, seq)
);
CREATE UNIQUE INDEX updates_source ON updates (source) WHERE source IS NOT NULL;

CREATE TABLE followers (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    contact_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL DEFAULT '', -- where they hear of it
    role TEXT NOT NULL,                    -- reporter, joined
    link_no BIGINT NOT NULL UNIQUE,        -- behind their tracking link; a new number revokes the old link
    told_seq BIGINT NOT NULL DEFAULT 0,
    told_at TIMESTAMPTZ,
    muted_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (case_id, contact_id)
);
CREATE INDEX followers_contact ON followers (contact_id);

CREATE TABLE case_photos (
    case_id TEXT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    media_id TEXT NOT NULL,
    update_seq BIGINT NOT NULL DEFAULT 0,
    approved BOOLEAN NOT NULL DEFAULT FALSE, -- shown to the public
    PRIMARY KEY (case_id, media_id)
);

CREATE TABLE idempotency ( -- the API's keys, 7 days
    partner TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (partner, key)
);

CREATE TABLE stops ( -- when an emergency line was given, for the council's record
    id TEXT PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    conversation_id TEXT NOT NULL,
    service TEXT NOT NULL,
    answer TEXT NOT NULL,
    line TEXT NOT NULL,
    words TEXT NOT NULL,
    language TEXT NOT NULL
);

CREATE TABLE staff (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,            -- lower case
    name TEXT NOT NULL DEFAULT '',
    roles TEXT NOT NULL,                   -- space separated: viewer agent supervisor translator auditor admin
    teams TEXT NOT NULL DEFAULT '',        -- space separated
    password TEXT NOT NULL DEFAULT '',     -- argon2id, PHC string
    totp BYTEA,                            -- sealed
    totp_used BIGINT NOT NULL DEFAULT 0,
    away BOOLEAN NOT NULL DEFAULT FALSE,
    seen_at TIMESTAMPTZ,
    disabled_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE invites (
    token_hash BYTEA PRIMARY KEY,
    staff_id TEXT NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
    demo BOOLEAN NOT NULL DEFAULT FALSE,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);

CREATE TABLE sessions ( -- of the desk (scs), tokens hashed
    token TEXT PRIMARY KEY,
    data BYTEA NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE login_tries (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL,                 -- keyed hash of the account or the network
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX login_tries_subject ON login_tries (subject, at);

CREATE TABLE nodes (
    id TEXT PRIMARY KEY,
    version TEXT NOT NULL DEFAULT '',
    started_at TIMESTAMPTZ NOT NULL,
    renewed_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
SELECT 1;
