"""What is said and settled in plain cases, for many chats at once: one look, then each kind of row in one go.

A statement run for many rows costs a third of one run by a unit for each; and nobody else writes meanwhile, so what the
look has found holds until the rows are written.
"""

# ruff: noqa: S608 — statements are put together from the column lists of `sql` and nothing else

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from middleware.relay.model import Author, Chat, ChatState, Delivery, DeliveryId, DeliveryKind, Message, MessageStatus
from middleware.relay.outbox import Saying, Sent, Words, Written
from middleware.relay.values import value
from middleware.store import sql
from middleware.store.rows import Row, to_chat
from middleware.store.sqlite_statements import SqliteStatements
from middleware.store.transaction import message_id, throw_dice

# The first ask of each visitor, by visitor. Whether the newest delivery is claimed says what may be claimed behind it.
LOOK_AT_ASKERS = f"""
SELECT asked.key, EXISTS (SELECT 1 FROM message WHERE message.asker = asked.key AND message.ask = asked.value),
    chat.number, newest.id, newest.claimed, {sql.CHAT}
FROM json_each(?1) AS asked
CROSS JOIN chat ON chat.number = (SELECT max(number) FROM chat WHERE visitor = asked.key)
LEFT JOIN delivery AS newest ON newest.id = (SELECT max(id) FROM delivery WHERE chat = chat.number)"""
KNOWS_ONE_OF = """
SELECT EXISTS (
    SELECT 1 FROM json_each(?2) AS asked CROSS JOIN message ON message.asker = ?1 AND message.ask = asked.value)"""
LAST_NUMBERS = """
SELECT coalesce((SELECT max(number) FROM message), 0),
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'delivery'), 0)"""
MOVE_SEQ = "UPDATE chat SET last_seq = last_seq + ?1 WHERE number IN (SELECT value FROM json_each(?2))"
# What is the same for all visitors' messages stands here: to bind a NULL costs ten times as much as a text.
ADD_NUMBERED = "INSERT INTO message (number, id, chat, seq, author, text, at, status, ask, asker) VALUES"
_NUMBERED = "(?, ?, ?, ?, 'visitor', ?, ?, 'sending', ?, ?)"
ADD_DELIVERY = "INSERT INTO delivery (id, chat, kind, message, due, head, attempts, claimed) VALUES"
_DELIVERY = "(?, ?, 'say', ?, ?, ?, ?, ?)"


@value(frozen=True, slots=True)
class _Asker:
    """What the look has found of a visitor: their newest chat, and the newest thing it owes."""

    knows: bool
    number: int
    newest: DeliveryId | None
    claimed: bool
    chat: Chat

    @property
    def may_say(self) -> bool:
        """Whether the chat is open, and what is asked was not asked before."""
        return not self.knows and self.chat.state is ChatState.OPEN


class PlainSaying:
    """Says for many visitors; made anew for each time."""

    def __init__(self, statements: SqliteStatements) -> None:
        self._statements = statements
        self._longer: dict[int, list[int]] = {}  # By how much, and which chats.
        self._messages: list[Row] = []
        self._deliveries: list[Row] = []

    async def say(self, sayings: Sequence[Saying]) -> Sequence[Written | None]:
        """What was written of each; None for one that is not plain."""
        askers = await self._look(sayings)
        ((self._last_message, self._last_delivery),) = await self._statements.rows(LAST_NUMBERS)
        self._dice = throw_dice(sum(len(saying.words) for saying in sayings))
        written: list[Written | None] = []
        for saying in sayings:
            asker = askers.pop(saying.visitor, None)
            plain = asker if asker is not None and asker.may_say and await self._all_new(saying) else None
            written.append(None if plain is None else self._write(saying, plain))
        await move(self._statements, MOVE_SEQ, self._longer)
        await self._statements.add(ADD_NUMBERED, _NUMBERED, self._messages)
        await self._statements.add(ADD_DELIVERY, _DELIVERY, self._deliveries)
        return written

    async def _look(self, sayings: Sequence[Saying]) -> dict[str, _Asker]:
        """A visitor who says something twice at once is no plain case: the second saying finds nobody."""
        asked = {saying.visitor: saying.words[0].ask for saying in reversed(sayings) if saying.words}
        rows = await self._statements.rows(LOOK_AT_ASKERS, (json.dumps(asked),))
        return {row[0]: _Asker(row[1], row[2], row[3], bool(row[4]), to_chat(row[5:])) for row in rows}

    def _write(self, saying: Saying, asker: _Asker) -> Written:
        following = asker.newest is not None
        claims = saying.until is not None and (not following or (asker.claimed and asker.chat.ref is not None))
        messages = [self._add(saying, words, asker, place) for place, words in enumerate(saying.words, 1)]
        self._longer.setdefault(len(messages), []).append(asker.number)
        deliveries = [self._owe(message, saying, asker, claims=claims) for message in messages]
        return Written(asker.chat, messages, deliveries if claims else (), asker.newest if claims else None)

    async def _all_new(self, saying: Saying) -> bool:
        """Each ask is new, and asked once. What JSON would have to escape is left to whoever needs no JSON for it."""
        asks = [words.ask for words in saying.words]
        for ask in asks:
            if not (ask.isascii() and ask.isprintable()):
                return False
        if len(asks) == 1:
            return True
        rows = await self._statements.rows(KNOWS_ONE_OF, (saying.visitor, json.dumps(asks)))
        return not rows[0][0] and len(set(asks)) == len(asks)

    def _add(self, saying: Saying, words: Words, asker: _Asker, place: int) -> Message:
        message = Message(
            message_id(saying.at, dice=self._dice[len(self._messages)]),
            asker.chat.id,
            asker.chat.last_seq + place,
            Author.VISITOR,
            words.text,
            saying.at,
            MessageStatus.SENDING,
            None,
            words.ask,
        )
        number = self._last_message + len(self._messages) + 1
        self._messages.append(
            (number, message.id, asker.number, message.seq, words.text, saying.at, words.ask, saying.visitor)
        )
        return message

    def _owe(self, message: Message, saying: Saying, asker: _Asker, *, claims: bool) -> Delivery:
        id_ = DeliveryId(self._last_delivery + len(self._deliveries) + 1)
        head = asker.newest is None and message.seq == asker.chat.last_seq + 1
        number = self._last_message + len(self._deliveries) + 1  # A message has one delivery, in the same order.
        due = saying.until if claims else saying.at
        self._deliveries.append((id_, asker.number, number, due, int(head), int(claims), int(claims)))
        return Delivery(id_, DeliveryKind.SAY, asker.chat, message, attempts=1, unsure=False)


# Of each delivery: its chat's turn, its message, and the next that the chat owes.
LOOK_AT_SENT = """
SELECT delivery.id, delivery.attempts, delivery.head, chat.number, chat.next_index, chat.holds, message.number,
    message.status, next.id, next.claimed, next.due
FROM json_each(?1) AS given
CROSS JOIN delivery ON delivery.id = given.value
CROSS JOIN chat ON chat.number = delivery.chat
CROSS JOIN message ON message.number = delivery.message
LEFT JOIN delivery AS next ON next.id = (
    SELECT min(id) FROM delivery AS other WHERE other.chat = delivery.chat AND other.id > delivery.id)"""
SET_ALL_SENT = """
UPDATE message SET status = 'sent', place = coalesce(place, sent.value)
FROM json_each(?1) AS sent WHERE number = CAST(sent.key AS INTEGER)"""
MOVE_INDEX = "UPDATE chat SET next_index = next_index + ?1 WHERE number IN (SELECT value FROM json_each(?2))"
FINISH_ALL = "DELETE FROM delivery WHERE id IN (SELECT value FROM json_each(?1))"
PROMOTE_ONE = "UPDATE delivery SET head = 1, due = CASE WHEN due > ?2 THEN due ELSE ?2 END WHERE id = ?1"


@value(frozen=True, slots=True)
class _Owed:
    """What the look has found of a delivery."""

    id: DeliveryId
    attempts: int
    head: int
    chat: int
    next_index: int
    holds: int
    message: int
    status: str
    next: DeliveryId | None
    next_claimed: int | None
    next_due: float | None


class PlainSettling:
    """Settles for many chats; made anew for each time."""

    def __init__(self, statements: SqliteStatements, *, now: float) -> None:
        self._statements = statements
        self._now = now
        self._further: dict[int, int] = {}  # How many of each chat.
        self._places: dict[int, int] = {}  # By message.
        self._done: dict[DeliveryId, _Owed] = {}

    async def settle(self, sent: Sequence[Sent]) -> Sequence["Settled | None"]:
        """What stands behind each; None for one that is not plain."""
        found = await self._look(sent)
        settled = [self._one(one, found.get(one.delivery.id)) for one in sent]
        heads = self._heads()
        await self._write()
        await self._statements.many(PROMOTE_ONE, [(before.next, self._now) for before in heads.values()])
        return [None if owed is None else Settled(owed.chat, self._leaves(heads.get(owed.id))) for owed in settled]

    async def _write(self) -> None:
        if not self._done:
            return
        by: dict[int, list[int]] = {}
        for chat, many in self._further.items():
            by.setdefault(many, []).append(chat)
        await self._statements.count(SET_ALL_SENT, (json.dumps(self._places),))
        await move(self._statements, MOVE_INDEX, by)
        await self._statements.count(FINISH_ALL, (json.dumps([*self._done]),))

    async def _look(self, sent: Sequence[Sent]) -> Mapping[DeliveryId, _Owed]:
        """A delivery that is there twice is no plain case."""
        ids = Counter(one.delivery.id for one in sent)
        rows = await self._statements.rows(LOOK_AT_SENT, (json.dumps([id_ for id_ in ids if ids[id_] == 1]),))
        return {row[0]: _Owed(*row) for row in rows}

    def _one(self, sent: Sent, owed: _Owed | None) -> _Owed | None:
        if owed is None or owed.attempts != sent.delivery.attempts or owed.holds or owed.status == "sent":
            return None
        index, further = sent.receipt.index, self._further.get(owed.chat, 0)
        if index != owed.next_index + further:
            return None
        self._further[owed.chat] = further + 1
        self._places[owed.message] = index
        self._done[owed.id] = owed
        return owed

    def _leaves(self, last: _Owed | None) -> bool:
        """Whether what is the head behind it is anybody's to claim; a claim whose lease is over is nobody's."""
        return last is not None and (not last.next_claimed or (last.next_due or 0.0) <= self._now)

    def _heads(self) -> dict[DeliveryId, _Owed]:
        """The last that is done of each row that began with a head, if something is behind it; by its own id."""
        heads = {}
        for owed in self._done.values():
            last = owed
            while last.next in self._done:
                last = self._done[last.next]
            if owed.head and last.next is not None:
                heads[last.id] = last
        return heads


async def move(statements: SqliteStatements, statement: str, chats: Mapping[int, Sequence[int]]) -> None:
    """Move the count of chats on, given by how much and by their numbers: one statement for all that are alike."""
    for by, numbers in chats.items():
        await statements.count(statement, (by, json.dumps(numbers)))


@value(frozen=True, slots=True)
class Settled:
    """A settled delivery's chat, by number; and whether what is the head behind it is anybody's to claim."""

    chat: int
    leaves: bool
