-- Times are seconds since the epoch, booleans 0 and 1. Tables point to one another by `number`, the order of arrival: what
-- is written at the same time lies on the same pages, and the price of a commit is its pages. A choice of three or more is
-- written with OR: for IN, SQLite would build a table in memory each time it is checked.

CREATE TABLE chat (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    visitor TEXT NOT NULL,
    visitor_name TEXT,
    opened_at REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'ended')),
    ended_by TEXT CHECK (ended_by = 'visitor' OR ended_by = 'flex' OR ended_by = 'house'),
    ended_at REAL,
    ref TEXT,
    agent_id TEXT,
    agent_name TEXT,
    last_seq INTEGER NOT NULL,
    next_index INTEGER NOT NULL,
    look_at REAL -- when Flex's own list is read again
) STRICT;

CREATE INDEX chat_of_visitor ON chat (visitor);
CREATE UNIQUE INDEX chat_open ON chat (visitor) WHERE state = 'open';
CREATE UNIQUE INDEX chat_ref ON chat (ref) WHERE ref IS NOT NULL;
CREATE INDEX chat_look ON chat (look_at) WHERE look_at IS NOT NULL;

CREATE TABLE message (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    chat INTEGER NOT NULL REFERENCES chat (number),
    seq INTEGER NOT NULL,
    author TEXT NOT NULL CHECK (author = 'visitor' OR author = 'agent' OR author = 'bot' OR author = 'system'),
    text TEXT NOT NULL,
    at REAL NOT NULL,
    status TEXT NOT NULL CHECK (status = 'sending' OR status = 'sent' OR status = 'failed'),
    name TEXT,
    asker TEXT, -- the visitor whose ask made it
    ask TEXT,
    UNIQUE (chat, seq)
) STRICT;

CREATE UNIQUE INDEX message_ask ON message (asker, ask) WHERE ask IS NOT NULL;
CREATE INDEX message_unsent ON message (chat, seq) WHERE author = 'visitor' AND status <> 'sent';

-- The outbox. Only the head of a chat, its oldest delivery, can be claimed. `due` is the time of the next attempt, and
-- of the end of the lease while claimed, so that one index serves both.
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: who settles late must not settle another's
    chat INTEGER NOT NULL REFERENCES chat (number),
    kind TEXT NOT NULL CHECK (kind = 'open' OR kind = 'say' OR kind = 'end' OR kind = 'meet'),
    message INTEGER REFERENCES message (number),
    head INTEGER NOT NULL CHECK (head IN (0, 1)),
    due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    claimed INTEGER NOT NULL DEFAULT 0 CHECK (claimed IN (0, 1)),
    unsure INTEGER NOT NULL DEFAULT 0 CHECK (unsure IN (0, 1))
) STRICT;

CREATE INDEX delivery_of_chat ON delivery (chat);
CREATE INDEX delivery_due ON delivery (due) WHERE head = 1;
CREATE UNIQUE INDEX delivery_of_message ON delivery (message) WHERE message IS NOT NULL;
CREATE INDEX delivery_open ON delivery (kind) WHERE kind = 'open';

CREATE TABLE buried (
    id INTEGER PRIMARY KEY, -- of the delivery
    chat INTEGER NOT NULL REFERENCES chat (number),
    kind TEXT NOT NULL,
    message INTEGER REFERENCES message (number),
    attempts INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL
) STRICT;

-- The inbox: every accepted event's key; the event itself only while it is held.
CREATE TABLE inbox (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    ref TEXT NOT NULL,
    at REAL NOT NULL,
    place INTEGER, -- Flex's index of the held event
    held TEXT -- the event, as JSON
) STRICT;

CREATE INDEX inbox_held ON inbox (ref, place) WHERE held IS NOT NULL;
