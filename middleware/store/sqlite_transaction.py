"""What can be written to SQLite, where nobody else writes meanwhile: a statement may rely on what the last one read."""

import json
from collections.abc import Collection, Sequence

from middleware.relay.inbox import Drafting, Heard
from middleware.relay.model import ChatId, Delivery, DeliveryId, DeliveryKind, MessageId, Said
from middleware.relay.outbox import Onward, Saying, Sent, Written
from middleware.store import sql
from middleware.store.rows import Row, to_delivery
from middleware.store.sqlite_hearing import PlainHearing
from middleware.store.sqlite_plain import PlainSaying, PlainSettling, Settled
from middleware.store.sqlite_statements import SqliteStatements
from middleware.store.transaction import SqlTransaction

OWED_AT = """
SELECT chat.number, (SELECT number FROM message WHERE id = ?2),
    EXISTS (SELECT 1 FROM delivery WHERE delivery.chat = chat.number)
FROM chat WHERE id = ?1"""
OWE_AT = """
INSERT INTO delivery (chat, kind, message, due, head, attempts, claimed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)"""
"""Two statements cost half of what one costs that reads the table it writes: that is put together in memory first."""

_NOBODYS = -1
"""No message has this number, and none can be owed by it."""


_NOTHING = Onward()
"""Nothing stands behind it, or what does is claimed."""


class SqliteTransaction(SqlTransaction):
    """The `Transaction` of one batch of units."""

    def __init__(self, statements: SqliteStatements) -> None:
        super().__init__(statements)
        self._statements = statements
        self._insert = statements.insert

    async def say_plain(self, sayings: Sequence[Saying]) -> Sequence[Written | None]:
        """Add the messages of sayings and owe them to Flex, many at once; None for one that is not plain."""
        return await PlainSaying(self._statements).say(sayings)

    async def settle_plain(self, sent: Sequence[Sent], *, now: float) -> Sequence[Onward | None]:
        """Finish deliveries whose receipts are what is waited for, many at once; None for one that is not plain."""
        settled = await PlainSettling(self._statements, now=now).settle(sent)
        return [
            None if plain is None else await self._onward(plain, until=one.until, now=now) if plain.leaves else _NOTHING
            for one, plain in zip(sent, settled, strict=True)
        ]

    async def hear_plain(self, said: Sequence[Said], *, drafting: Drafting) -> Sequence[Heard | None]:
        """Add the messages that come in their chats' turn, many at once; None for one that is not plain."""
        return await PlainHearing(self._statements, drafting=drafting).hear(said)

    async def _onward(self, settled: Settled, *, until: float | None, now: float) -> Onward:
        if until is None:
            return Onward(more=True)
        following = await self._claim_of(settled.chat, now=now, until=until)
        return Onward(following[0]) if following else Onward(more=True)

    async def claim(self, *, now: float, until: float, limit: int) -> list[Delivery]:
        """Lease, until then, the due heads of at most `limit` chats, longest due first."""
        return await self._claim(await self._rows(sql.CLAIMABLE, (now, limit)), until=until)

    async def release_claims(self, *, now: float, but: Collection[DeliveryId] = ()) -> int:
        """Make every claim of this node, but for these, due now and unsure. How many."""
        return await self._count(sql.RELEASE_CLAIMS, (now, json.dumps([*but])))

    async def give_back_behind(self, claimed: Delivery, *, due: float, but: Collection[DeliveryId] = ()) -> None:
        """Give back what is claimed of the chat behind this delivery, but for these."""
        await self._count(sql.GIVE_BACK_BEHIND, (claimed.chat.id, claimed.id, due, json.dumps([*but])))

    async def _owe(
        self, chat: ChatId, kind: DeliveryKind, *, due: float, until: float | None, message: MessageId | None
    ) -> tuple[int, bool] | None:
        row = await self._first(OWED_AT, (chat, message))
        if row is None:
            return None
        number, words, behind = row
        if message is not None and words is None:
            words = _NOBODYS
        claimed = until is not None and not behind
        time = until if claimed else due
        return await self._insert(OWE_AT, (number, kind.value, words, time, 1 - behind, int(claimed))), claimed

    async def _claim_of(self, chat: int, *, now: float, until: float) -> list[Delivery]:
        """The head of the chat of this number, if it is due."""
        return await self._claim(await self._rows(sql.CLAIMABLE_OF, (chat, now)), until=until)

    async def _claim(self, rows: list[Row], *, until: float) -> list[Delivery]:
        claimed = []
        for row in rows:
            id_, kind, attempts, *rest = row
            await self._count(sql.CLAIM, (id_, until))
            claimed.append(to_delivery((id_, kind, attempts + 1, *rest)))
        return claimed
