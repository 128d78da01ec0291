"""Every statement, as SQL that SQLite and PostgreSQL read alike where they can; `postgres_sql` has what differs.

Parameters are numbered in the order of the tuple that is passed.
"""

# ruff: noqa: S608 — statements are put together from the column lists of this file and nothing else

CHAT = (
    "chat.id, chat.visitor, chat.opened_at, chat.visitor_name, chat.state, chat.ended_by, chat.ref,"
    " chat.agent_id, chat.agent_name, chat.last_seq, chat.next_index, chat.context, chat.verified, chat.holds"
)
MESSAGE = (
    "message.id, chat.id, message.seq, message.author, message.text, message.at, message.status,"
    " message.name, message.ask, message.edited, message.place, message.worded_at, message.learned_at"
)
DELIVERY = f"delivery.id, delivery.kind, delivery.attempts, delivery.claimed + delivery.unsure > 0, {CHAT}, {MESSAGE}"

# --- chats

_IS_HELD = "EXISTS (SELECT 1 FROM inbox WHERE inbox.ref = CAST({} AS TEXT) AND inbox.held IS NOT NULL)"
CHAT_BY_ID = f"SELECT {CHAT} FROM chat WHERE id = ?1"
CHAT_AT = f"SELECT {CHAT} FROM chat WHERE ref = ?1"
LAST_CHAT_OF = f"SELECT {CHAT} FROM chat WHERE visitor = ?1 ORDER BY number DESC LIMIT 1"
CHAT_FOR_ASK = f"""SELECT EXISTS (SELECT 1 FROM message WHERE message.asker = ?1 AND message.ask = ?2), {CHAT}
FROM chat WHERE visitor = ?1 ORDER BY number DESC LIMIT 1"""
ADD_CHAT = """
INSERT INTO chat (
    id, visitor, opened_at, visitor_name, state, ended_by, ref, agent_id, agent_name, last_seq, next_index, context,
    verified
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"""
SET_REF = f"UPDATE chat SET ref = ?2, holds = CASE WHEN {_IS_HELD.format('?2')} THEN 1 ELSE 0 END WHERE id = ?1"
SET_AGENT = "UPDATE chat SET agent_id = ?2, agent_name = ?3 WHERE id = ?1"
ADVANCE = """
UPDATE chat SET next_index = CASE WHEN next_index = ?2 THEN next_index + 1 ELSE next_index END
WHERE id = ?1 RETURNING next_index, holds"""
SET_NEXT_INDEX = "UPDATE chat SET next_index = ?2 WHERE id = ?1"
CHATS_OPEN = "SELECT count(*) FROM chat WHERE state = 'open'"
END_CHAT = "UPDATE chat SET state = 'ended', ended_by = ?2, ended_at = ?3 WHERE id = ?1 AND state = 'open'"

# --- messages

_MESSAGES = f"SELECT {MESSAGE} FROM message JOIN chat ON chat.number = message.chat"
MESSAGE_BY_ID = f"{_MESSAGES} WHERE message.id = ?1"
MESSAGE_OF = f"{_MESSAGES} WHERE message.asker = ?1 AND message.ask = ?2"
MESSAGES_AFTER = f"{_MESSAGES} WHERE chat.id = ?1 AND message.seq > ?2 ORDER BY message.seq LIMIT ?3"
UNSENT = f"""
{_MESSAGES} WHERE message.number IN (
    SELECT delivery.message FROM delivery JOIN chat ON chat.number = delivery.chat
    WHERE chat.id = ?1 AND delivery.kind = 'say'
    UNION ALL
    SELECT message.number FROM message JOIN chat ON chat.number = message.chat
    WHERE chat.id = ?1 AND message.status = 'failed'
) AND message.status <> 'sent' ORDER BY message.seq"""
MESSAGE_AT = f"{_MESSAGES} WHERE chat.id = ?1 AND message.place = ?2 ORDER BY message.seq DESC LIMIT 1"
"""Read from the newest on: what is looked for is nearly always among the last few, and an index is written for each."""
CHANGED = f"""
{_MESSAGES} WHERE chat.id = ?1 AND message.seq <= ?2 AND message.edited IS NOT NULL ORDER BY message.seq LIMIT ?3"""
NEXT_SEQ = """
UPDATE chat SET last_seq = last_seq + 1, next_index = CASE WHEN next_index = ?2 THEN next_index + 1 ELSE next_index END
WHERE id = ?1 RETURNING number, last_seq, visitor"""
ADD_MESSAGE = """
INSERT INTO message (
    id, chat, seq, author, text, at, status, name, ask, asker, edited, place, worded_at, learned_at
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"""
REWRITE = "UPDATE message SET text = ?2, edited = ?3, place = ?4, worded_at = ?5, learned_at = ?6 WHERE id = ?1"
SET_SENT = "UPDATE message SET status = 'sent', place = coalesce(place, ?2) WHERE id = ?1 AND status <> 'sent'"
SET_STATUS = "UPDATE message SET status = ?2 WHERE id = ?1 AND status <> ?2"

# --- badges

BADGE = "SELECT id, visitor, since, generation, verified FROM badge WHERE id = ?1"
BADGES_AMONG = "SELECT value FROM json_each(?1) WHERE EXISTS (SELECT 1 FROM badge WHERE id = value)"
ADD_BADGE = "INSERT INTO badge (id, visitor, since, generation, verified) VALUES (?1, ?2, ?3, ?4, ?5)"
SHOW_BADGE = "UPDATE badge SET generation = ?2, since = ?3 WHERE id = ?1 AND generation < ?2"
TAKE_BADGE = "DELETE FROM badge WHERE id = ?1"
TAKE_BADGES_OF = "DELETE FROM badge WHERE visitor = ?1"
TAKE_BADGES_BEFORE = "DELETE FROM badge WHERE id IN (SELECT id FROM badge WHERE since < ?1 ORDER BY since LIMIT ?2)"

# --- outbox

_DELIVERIES = f"""
SELECT {DELIVERY} FROM delivery
JOIN chat ON chat.number = delivery.chat
LEFT JOIN message ON message.number = delivery.message"""
CLAIMABLE = f"{_DELIVERIES} WHERE delivery.head = 1 AND delivery.due <= ?1 ORDER BY delivery.due, delivery.id LIMIT ?2"
CLAIMABLE_OF = f"{_DELIVERIES} WHERE delivery.chat = ?1 AND delivery.head = 1 AND delivery.due <= ?2"
CLAIM = "UPDATE delivery SET attempts = attempts + 1, due = ?2, claimed = 1 WHERE id = ?1"
FINISH = """
DELETE FROM delivery WHERE id = ?1 AND attempts = coalesce(?2, attempts)
RETURNING chat, head, EXISTS (SELECT 1 FROM delivery AS behind WHERE behind.chat = delivery.chat AND behind.id <> ?1)"""
PROMOTE = """
UPDATE delivery SET head = 1, due = CASE WHEN due > ?2 THEN due ELSE ?2 END
WHERE id = (SELECT id FROM delivery WHERE chat = ?1 ORDER BY id LIMIT 1)"""
HEAD_UNCLAIMED = "SELECT 1 FROM delivery WHERE chat = ?1 AND head = 1 AND claimed = 0"
GIVE_BACK_BEHIND = """
UPDATE delivery SET due = ?3, claimed = 0
WHERE chat = (SELECT number FROM chat WHERE id = ?1) AND id > ?2 AND claimed = 1
    AND id NOT IN (SELECT value FROM json_each(?4))"""
POSTPONE = "UPDATE delivery SET due = ?3, unsure = ?4, claimed = 0 WHERE id = ?1 AND attempts = ?2 AND claimed = 1"
BURY = """
INSERT INTO buried (id, chat, kind, message, attempts, reason, at)
SELECT id, chat, kind, message, attempts, ?3, ?4 FROM delivery WHERE id = ?1 AND attempts = ?2"""
OWED_FOR = """
SELECT delivery.id FROM message JOIN delivery ON delivery.chat = message.chat AND delivery.message = message.number
WHERE message.id = ?1"""
OWED_TO = f"{_DELIVERIES} WHERE chat.id = ?1 ORDER BY delivery.id"
NEXT_DUE = "SELECT due FROM delivery WHERE head = 1 ORDER BY due LIMIT 1"
RELEASE_CLAIMS = """
UPDATE delivery SET due = ?1, unsure = 1, claimed = 0
WHERE chat IN (SELECT chat FROM delivery WHERE head = 1) AND claimed = 1
    AND id NOT IN (SELECT value FROM json_each(?2))"""
"""Whatever is owed stands behind a head."""
OWED = "SELECT count(*) FROM delivery"
OLDEST_OWED = """
SELECT coalesce(CASE delivery.kind WHEN 'say' THEN message.at WHEN 'end' THEN chat.ended_at END, chat.opened_at)
FROM delivery JOIN chat ON chat.number = delivery.chat LEFT JOIN message ON message.number = delivery.message
WHERE delivery.kind <> 'meet' ORDER BY delivery.id LIMIT 1"""
OPENS_OWED = "SELECT EXISTS (SELECT 1 FROM delivery WHERE kind = 'open')"

# --- inbox

REMEMBER = "INSERT INTO inbox (key, ref, at) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO NOTHING"
HOLD = "UPDATE inbox SET held = ?2, place = ?3, about = ?4 WHERE key = ?1"
HOLDS = "UPDATE chat SET holds = 1 WHERE ref = ?1 AND holds = 0"
HOLDS_STILL = f"UPDATE chat SET holds = 0 WHERE ref = ?1 AND holds = 1 AND NOT {_IS_HELD.format('?1')}"
"""`holds` stands in the chat's own row, so that who waited for the row reads it as the other left it."""
HELD = "SELECT number, held FROM inbox WHERE ref = ?1 AND held IS NOT NULL ORDER BY place NULLS LAST, number"
HELD_AT = "SELECT number, held FROM inbox WHERE ref = ?1 AND place = ?2 AND held IS NOT NULL ORDER BY number LIMIT 1"
HELD_BELOW = "SELECT number, held FROM inbox WHERE ref = ?1 AND place < ?2 AND held IS NOT NULL ORDER BY place, number"
HELD_CHANGES = "SELECT number, held FROM inbox WHERE ref = ?1 AND about = ?2 AND held IS NOT NULL ORDER BY number"
HELD_SINCE = "SELECT min(at) FROM inbox WHERE ref = ?1 AND held IS NOT NULL AND about IS NULL"
TAKE = "UPDATE inbox SET held = NULL, place = NULL, about = NULL WHERE number = ?1"

# --- looking back

WATCH = "UPDATE chat SET look_at = ?2 WHERE id = ?1 AND (look_at IS NULL OR look_at > ?2)"
UNWATCH = "UPDATE chat SET look_at = NULL WHERE id = ?1"
WATCH_OPEN = """
UPDATE chat INDEXED BY chat_open SET look_at = ?1
WHERE state = 'open' AND ref IS NOT NULL AND (look_at IS NULL OR look_at > ?1)"""
DUE_LOOKS = f"SELECT {CHAT} FROM chat WHERE look_at <= ?1 ORDER BY look_at LIMIT ?2"
MOVE_LOOK = "UPDATE chat SET look_at = ?2 WHERE id = ?1"
NEXT_LOOK = "SELECT look_at FROM chat WHERE look_at IS NOT NULL ORDER BY look_at LIMIT 1"
