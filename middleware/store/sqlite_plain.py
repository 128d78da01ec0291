"""What is said and settled in plain cases, for many chats at once: one look, then each kind of row in one go.

A statement run for many rows costs a third of one run by a unit for each; and nobody else writes meanwhile, so what the
look has found holds until the rows are written.
"""

# ruff: noqa: S608 — statements are put together from the column lists of `sql` and nothing else

from collections import Counter
from collections.abc import Mapping, Sequence

from middleware.relay.model import Author, Chat, Delivery, DeliveryId, DeliveryKind, Message, MessageStatus
from middleware.relay.outbox import Saying, Sent, Written
from middleware.relay.values import value
from middleware.store.new_messages import message_id, throw_dice
from middleware.store.rows import Row
from middleware.store.sqlite_json import CHAT_AS_JSON, as_json, chat_of_json, from_json
from middleware.store.sqlite_statements import SqliteStatements

# The first ask of each visitor, by visitor: those whose newest chat is open, and who did not ask it before. Whether the
# newest delivery is claimed says what may be claimed behind it.
LOOK_AT_ASKERS = f"""
SELECT {CHAT_AS_JSON.format("chat.number, newest.id, newest.claimed")}
FROM json_each(?1) AS asked
CROSS JOIN chat ON chat.number = (SELECT max(number) FROM chat WHERE visitor = asked.key)
LEFT JOIN delivery AS newest ON newest.id = (SELECT max(id) FROM delivery WHERE chat = chat.number)
WHERE chat.state = 'open'
    AND NOT EXISTS (SELECT 1 FROM message WHERE message.asker = asked.key AND message.ask = asked.value)"""
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

_VISITOR, _SENDING, _SAY = Author.VISITOR, MessageStatus.SENDING, DeliveryKind.SAY


@value(frozen=True, slots=True)
class _Asker:
    """What the look has found of a visitor: their newest chat, which is open, and the newest thing it owes."""

    chat: Chat
    number: int
    newest: DeliveryId | None
    claimed: bool


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
            if asker is not None and len(saying.words) > 1 and not await self._all_new(saying):
                asker = None
            written.append(None if asker is None else self._write(saying, asker))
        await move(self._statements, MOVE_SEQ, self._longer)
        await self._statements.add(ADD_NUMBERED, _NUMBERED, self._messages)
        await self._statements.add(ADD_DELIVERY, _DELIVERY, self._deliveries)
        return written

    async def _look(self, sayings: Sequence[Saying]) -> dict[str, _Asker]:
        """A visitor who says something twice at once is no plain case: the second saying finds nobody."""
        first = {saying.visitor: saying for saying in reversed(sayings)}
        asked = {visitor: saying.words[0].ask for visitor, saying in first.items() if _is_plain(saying)}
        askers: dict[str, _Asker] = {}
        for opened_at, text in await self._statements.rows(LOOK_AT_ASKERS, (as_json(asked),)):
            chat, (number, newest, claimed) = chat_of_json(opened_at, text)
            askers[chat.visitor] = _Asker(chat, number, newest, bool(claimed))
        return askers

    async def _all_new(self, saying: Saying) -> bool:
        """Each ask is new, and asked once."""
        asks = [words.ask for words in saying.words]
        rows = await self._statements.rows(KNOWS_ONE_OF, (saying.visitor, as_json(asks)))
        return not rows[0][0] and len(set(asks)) == len(asks)

    def _write(self, saying: Saying, asker: _Asker) -> Written:
        chat, number, visitor, at = asker.chat, asker.number, saying.visitor, saying.at
        behind = asker.newest
        claims = saying.until is not None and (behind is None or (asker.claimed and chat.ref is not None))
        due, claimed, head = saying.until if claims else at, int(claims), int(behind is None)
        seq, messages, deliveries = chat.last_seq, [], []
        for words in saying.words:
            place, seq = len(self._messages), seq + 1
            text, ask = words.text, words.ask
            id_ = message_id(at, dice=self._dice[place])
            message = Message(id_, chat.id, seq, _VISITOR, text, at, _SENDING, None, ask)
            messages.append(message)
            written, owed = self._last_message + place + 1, DeliveryId(self._last_delivery + place + 1)
            self._messages.append((written, id_, number, seq, text, at, ask, visitor))
            self._deliveries.append((owed, number, written, due, head, claimed, claimed))
            deliveries.append(Delivery(owed, _SAY, chat, message, attempts=1, unsure=False))
            head = 0
        self._longer.setdefault(len(messages), []).append(number)
        return Written(chat, messages, deliveries, behind) if claims else Written(chat, messages)


def _is_plain(saying: Saying) -> bool:
    """What JSON would have to escape is left to whoever needs no JSON for it."""
    return bool(saying.words) and all(words.ask.isascii() and words.ask.isprintable() for words in saying.words)


# Of each delivery that is not sent, of a chat that holds nothing: its chat's turn, its message, and the next that the
# chat owes, which is anybody's to claim if it is not claimed or its lease is over.
LOOK_AT_SENT = """
SELECT json_group_array(json_array(
    delivery.id, delivery.attempts, delivery.head, chat.number, chat.next_index, message.number,
    next.id, next.claimed = 0 OR next.due <= ?2))
FROM json_each(?1) AS given
CROSS JOIN delivery ON delivery.id = given.value
CROSS JOIN chat ON chat.number = delivery.chat
CROSS JOIN message ON message.number = delivery.message
LEFT JOIN delivery AS next ON next.id = (
    SELECT min(id) FROM delivery AS other WHERE other.chat = delivery.chat AND other.id > delivery.id)
WHERE chat.holds = 0 AND message.status <> 'sent'"""
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
    message: int
    next: DeliveryId | None
    free: int | None


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
        return [
            None if owed is None else Settled(owed.chat, owed.id in heads and bool(heads[owed.id].free))
            for owed in settled
        ]

    async def _write(self) -> None:
        if not self._done:
            return
        by: dict[int, list[int]] = {}
        for chat, many in self._further.items():
            by.setdefault(many, []).append(chat)
        await self._statements.count(SET_ALL_SENT, (as_json(self._places),))
        await move(self._statements, MOVE_INDEX, by)
        await self._statements.count(FINISH_ALL, (as_json([*self._done]),))

    async def _look(self, sent: Sequence[Sent]) -> Mapping[DeliveryId, _Owed]:
        """A delivery that is there twice is no plain case."""
        ids = Counter(one.delivery.id for one in sent)
        once = as_json([id_ for id_ in ids if ids[id_] == 1])
        ((found,),) = await self._statements.rows(LOOK_AT_SENT, (once, self._now))
        return {owed[0]: _Owed(*owed) for owed in from_json(found)}

    def _one(self, sent: Sent, owed: _Owed | None) -> _Owed | None:
        if owed is None or owed.attempts != sent.delivery.attempts:
            return None
        index, further = sent.receipt.index, self._further.get(owed.chat, 0)
        if index != owed.next_index + further:
            return None
        self._further[owed.chat] = further + 1
        self._places[owed.message] = index
        self._done[owed.id] = owed
        return owed

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
        await statements.count(statement, (by, as_json(numbers)))


@value(frozen=True, slots=True)
class Settled:
    """A settled delivery's chat, by number; and whether what is the head behind it is anybody's to claim."""

    chat: int
    leaves: bool
