"""The statements of `sql` as PostgreSQL reads them, and those of its own.

In a transaction that writes, whoever looks at a chat holds its row until the commit: units of one chat never
interleave, on whatever nodes they run. `NO KEY UPDATE` is enough for that, and lets others refer to the row meanwhile.
"""

# ruff: noqa: S608 — statements are put together from the column lists of `sql` and nothing else

import re

from middleware.store import sql

# --- the same in other words

_WATCH_OPEN = """
UPDATE chat SET look_at = $1 WHERE number IN (
    SELECT number FROM chat WHERE state = 'open' AND ref IS NOT NULL AND (look_at IS NULL OR look_at > $1)
    ORDER BY number FOR NO KEY UPDATE)"""
_DUE_LOOKS = (
    f"SELECT {sql.CHAT} FROM chat WHERE look_at <= $1 ORDER BY look_at LIMIT $2 FOR NO KEY UPDATE OF chat SKIP LOCKED"
)
# The chat's row is held before the delivery goes, so that nobody owes the chat something behind a head that is no more.
# What was owed while this waited for the row only the next statement sees: so something may always stand behind it.
_FINISH = """
WITH held AS MATERIALIZED (
    SELECT chat.number FROM chat JOIN delivery ON delivery.chat = chat.number WHERE delivery.id = $1
    FOR NO KEY UPDATE OF chat)
DELETE FROM delivery USING held
WHERE delivery.id = $1 AND delivery.chat = held.number AND delivery.attempts = coalesce($2, delivery.attempts)
RETURNING delivery.chat, delivery.head, true"""

_BADGES_AMONG = """
SELECT value FROM json_array_elements_text($1::text::json) AS given (value)
WHERE EXISTS (SELECT FROM badge WHERE id = value)"""


def _numbered(statement: str) -> str:
    return re.sub(r"\?(\d+)", r"$\1", statement)


READING = {
    **{text: _numbered(text) for name, text in vars(sql).items() if not name.startswith("_") and isinstance(text, str)},
    sql.BADGES_AMONG: _BADGES_AMONG,
}
"""Every statement of `sql`, for who only reads."""

_HOLDING = (sql.CHAT_BY_ID, sql.CHAT_AT, sql.LAST_CHAT_OF, sql.CHAT_FOR_ASK)
WRITING = READING | {
    **{text: f"{READING[text]} FOR NO KEY UPDATE OF chat" for text in _HOLDING},
    sql.WATCH_OPEN: _WATCH_OPEN,
    sql.DUE_LOOKS: _DUE_LOOKS,
    sql.FINISH: _FINISH,
}
"""Every statement of `sql`, for who writes."""

# --- its own

HOLD_CHAT = "SELECT 1 FROM chat WHERE id = $1 FOR NO KEY UPDATE OF chat"
HOLD_REF = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' ref ' || $1, 0))"
"""Nobody else gives this address to a chat, or finds that no chat has it."""

_CLAIM = f"""
WITH picked AS MATERIALIZED (
    SELECT id, due, claimed + unsure AS doubts FROM delivery WHERE head = 1 AND due <= $1 AND {{which}}
    ORDER BY due, id LIMIT $3 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE delivery SET attempts = attempts + 1, due = $2, claimed = 1, claimer = $4,
        unsure = CASE WHEN picked.doubts > 0 THEN 1 ELSE 0 END
    FROM picked WHERE delivery.id = picked.id
    RETURNING delivery.id, kind, attempts, unsure, chat, message, picked.due
)
SELECT claimed.id, claimed.kind, claimed.attempts, claimed.unsure, {sql.CHAT}, {sql.MESSAGE}
FROM claimed JOIN chat ON chat.number = claimed.chat LEFT JOIN message ON message.number = claimed.message
ORDER BY claimed.due, claimed.id"""
CLAIM = _CLAIM.format(which="true")
CLAIM_OF = _CLAIM.format(which="chat = $5")
OWE = """
INSERT INTO delivery (chat, kind, message, due, head, attempts, claimed, claimer)
SELECT number, $2, message, CASE WHEN claimed = 1 THEN $5 ELSE $4 END, head, claimed, claimed,
    CASE WHEN claimed = 1 THEN $6 END
FROM (SELECT *, CASE WHEN CAST($5 AS DOUBLE PRECISION) IS NULL THEN 0 ELSE head END AS claimed FROM (
    SELECT number,
        CASE WHEN CAST($3 AS TEXT) IS NOT NULL THEN coalesce((SELECT number FROM message WHERE id = $3), -1) END
            AS message,
        CASE WHEN EXISTS (SELECT 1 FROM delivery WHERE delivery.chat = chat.number) THEN 0 ELSE 1 END AS head
    FROM chat WHERE id = $1
) AS found) AS owed RETURNING id, claimed"""
GIVE_BACK_BEHIND = """
UPDATE delivery SET due = $3, claimed = 0
WHERE chat = (SELECT number FROM chat WHERE id = $1) AND id > $2 AND claimed = 1 AND claimer = $4
    AND NOT id = ANY ($5::bigint[])"""
RELEASE_CLAIMS = """
UPDATE delivery SET due = $1, unsure = 1, claimed = 0 WHERE id IN (
    SELECT id FROM delivery WHERE head = 1 AND claimed = 1 AND claimer = $2 AND NOT id = ANY ($3::bigint[])
    FOR UPDATE SKIP LOCKED)"""

TELL = """
WITH told AS (
    INSERT INTO news (xact, life, visitor, at)
    SELECT pg_current_xact_id(), $2, visitor, extract(epoch FROM clock_timestamp())::float8
    FROM chat WHERE id = ANY ($1)
    RETURNING xact::text || ' ' || life || ' ' || visitor AS ring)
SELECT pg_current_xact_id_if_assigned()::text, ring,
    CASE WHEN $3 <> '' AND ring IS NOT NULL THEN pg_notify($3, ring) END
FROM (VALUES (1)) AS one LEFT JOIN told ON true"""
"""The transaction's own number, and a ring for each of its chats' news; told on the channel at the commit, if any."""
NEWS = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text, xact::text, visitor
FROM (VALUES (1)) AS one LEFT JOIN news ON xact >= $1::text::xid8 AND life <> $2"""
"""How far everything is decided, and the news of others that the number before did not cover."""
FORGET_NEWS = "DELETE FROM news WHERE at < extract(epoch FROM clock_timestamp())::float8 - $1"
OUTCOME = """
SELECT pg_xact_status($1::text::xid8), (
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE backend_xid = $1::text::xid8::xid AND pid <> pg_backend_pid())"""
"""What became of a transaction. While it stands open, nobody will end it any more: its session is told to."""
CALL = "SELECT pg_notify($1, '')"

# --- nodes

NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"
_KEY = "hashtextextended(current_schema() || ' node ' || {}, 0)"
BE_NODE = f"SELECT pg_try_advisory_lock({_KEY.format('$1::text')})"
NODES_GONE = f"""
SELECT claimer FROM (SELECT DISTINCT claimer FROM delivery WHERE head = 1 AND claimed = 1) AS claimers
WHERE claimer <> $1 AND NOT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32) | objid::bigint = {_KEY.format("claimer")})"""
"""Nodes that have deliveries in hand, and no session any more."""
