"""What can be read, from SQLite."""

import sqlite3

from middleware.relay.model import AskId, Chat, ChatId, FlexRef, Message, VisitorId
from middleware.store import sql
from middleware.store.rows import Row, to_chat, to_message


class SqliteReading:
    """The `Reading` of one connection; its methods never suspend."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def chat(self, chat: ChatId) -> Chat | None:
        """The chat of this id."""
        row = self._first(sql.CHAT_BY_ID, (chat,))
        return None if row is None else to_chat(row)

    async def chat_at(self, ref: FlexRef) -> Chat | None:
        """The chat with this address at Flex."""
        row = self._first(sql.CHAT_AT, (ref,))
        return None if row is None else to_chat(row)

    async def last_chat_of(self, visitor: VisitorId) -> Chat | None:
        """The visitor's newest chat, open or ended."""
        row = self._first(sql.LAST_CHAT_OF, (visitor,))
        return None if row is None else to_chat(row)

    async def message_of(self, visitor: VisitorId, *, ask: AskId) -> Message | None:
        """The message this visitor's ask has already made."""
        row = self._first(sql.MESSAGE_OF, (visitor, ask))
        return None if row is None else to_message(row)

    async def messages_after(self, chat: ChatId, *, seq: int, limit: int) -> list[Message]:
        """Messages of the chat with a greater `seq`, in order, at most `limit`."""
        return [to_message(row) for row in self._execute(sql.MESSAGES_AFTER, (chat, seq, limit)).fetchall()]

    async def unsent(self, chat: ChatId) -> list[Message]:
        """The visitor's messages that are not `sent`, in order."""
        return [to_message(row) for row in self._execute(sql.UNSENT, (chat,)).fetchall()]

    async def next_due(self) -> float | None:
        """When the next delivery can be claimed."""
        return self._time(sql.NEXT_DUE)

    async def next_look(self) -> float | None:
        """When the next look is due."""
        return self._time(sql.NEXT_LOOK)

    def _execute(self, statement: str, parameters: Row = ()) -> sqlite3.Cursor:
        # After some errors (a full disk) SQLite has rolled back; what follows must not be written on its own.
        if not self._connection.in_transaction:
            raise sqlite3.OperationalError("the transaction was rolled back")
        return self._connection.execute(statement, parameters)

    def _first(self, statement: str, parameters: Row = ()) -> Row | None:
        # All rows are fetched, because a statement that has not come to its end keeps its transaction open.
        rows: list[Row] = self._execute(statement, parameters).fetchall()
        return rows[0] if rows else None

    def _time(self, statement: str) -> float | None:
        row = self._first(statement)
        return None if row is None else float(row[0])
