-- Programs that know step 4 may run beside it.
-- Whose chats have news, for nodes that the bell's ring did not reach; kept for a minute. The table is not in the
-- database's log, because it need not outlive a crash: every node loses its connection in one, and then looks at all.

CREATE UNLOGGED TABLE news (
    xact XID8 NOT NULL, -- the transaction that brought it
    life TEXT NOT NULL, -- the process that wrote it
    visitor TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL
);

CREATE INDEX news_of_xact ON news (xact);
