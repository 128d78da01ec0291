"""What can be read, whatever engine answers."""

import json
from collections.abc import Collection
from typing import Protocol

from middleware.relay.badge import Badge, BadgeId
from middleware.relay.meters import Load
from middleware.relay.model import AskId, Chat, ChatId, FlexRef, Message, VisitorId
from middleware.store import sql
from middleware.store.rows import Row, to_badge, to_chat, to_message


class Statements(Protocol):
    """How an engine runs the statements of `sql` inside one transaction."""

    async def rows(self, statement: str, parameters: Row = ()) -> list[Row]:
        """Every row it gives."""

    async def count(self, statement: str, parameters: Row = ()) -> int:
        """How many rows it wrote."""


class SqlReading:
    """The `Reading` of one transaction."""

    def __init__(self, statements: Statements) -> None:
        self._rows = statements.rows
        self._count = statements.count

    async def chat(self, chat: ChatId) -> Chat | None:
        """The chat of this id."""
        row = await self._first(sql.CHAT_BY_ID, (chat,))
        return None if row is None else to_chat(row)

    async def chat_at(self, ref: FlexRef) -> Chat | None:
        """The chat with this address at Flex."""
        row = await self._first(sql.CHAT_AT, (ref,))
        return None if row is None else to_chat(row)

    async def last_chat_of(self, visitor: VisitorId) -> Chat | None:
        """The visitor's newest chat, open or ended."""
        row = await self._first(sql.LAST_CHAT_OF, (visitor,))
        return None if row is None else to_chat(row)

    async def message_of(self, visitor: VisitorId, *, ask: AskId) -> Message | None:
        """The message this visitor's ask has already made."""
        row = await self._first(sql.MESSAGE_OF, (visitor, ask))
        return None if row is None else to_message(row)

    async def messages_after(self, chat: ChatId, *, seq: int, limit: int) -> list[Message]:
        """Messages of the chat with a greater `seq`, in order, at most `limit`."""
        return [to_message(row) for row in await self._rows(sql.MESSAGES_AFTER, (chat, seq, limit))]

    async def unsent(self, chat: ChatId) -> list[Message]:
        """The visitor's messages that are not `sent`, in order."""
        return [to_message(row) for row in await self._rows(sql.UNSENT, (chat,))]

    async def changed(self, chat: ChatId, *, upto: int, limit: int) -> list[Message]:
        """Messages of the chat up to this `seq` that were reworded or withdrawn, in order, at most `limit`."""
        return [to_message(row) for row in await self._rows(sql.CHANGED, (chat, upto, limit))]

    async def badge(self, badge: BadgeId) -> Badge | None:
        """The badge of this id, unless it was taken away."""
        row = await self._first(sql.BADGE, (badge,))
        return None if row is None else to_badge(row)

    async def badges_among(self, badges: Collection[BadgeId]) -> set[BadgeId]:
        """Those of these badges that were not taken away."""
        return {found for (found,) in await self._rows(sql.BADGES_AMONG, (json.dumps(list(badges)),))}

    async def next_due(self) -> float | None:
        """When the next delivery can be claimed."""
        return await self._time(sql.NEXT_DUE)

    async def next_look(self) -> float | None:
        """When the next look is due."""
        return await self._time(sql.NEXT_LOOK)

    async def load(self) -> Load:
        """How many chats are open and deliveries owed."""
        (chats_open,), (owed,) = *await self._rows(sql.CHATS_OPEN), *await self._rows(sql.OWED)
        return Load(chats_open, owed)

    async def oldest_owed(self) -> float | None:
        """Since when the oldest delivery is owed."""
        return await self._time(sql.OLDEST_OWED)

    async def _first(self, statement: str, parameters: Row = ()) -> Row | None:
        rows = await self._rows(statement, parameters)
        return rows[0] if rows else None

    async def _time(self, statement: str) -> float | None:
        row = await self._first(statement)
        return None if row is None else float(row[0])
