"""What Flex tells in its turn, for many chats at once: one look, then each kind of row in one go."""

# ruff: noqa: S608 — statements are put together from the column lists of `sql` and nothing else

import json
from collections.abc import Sequence

from middleware.relay.inbox import Drafting, Heard
from middleware.relay.model import Chat, Draft, FlexRef, Message, Said
from middleware.store import sql
from middleware.store.new_messages import message_of, throw_dice
from middleware.store.rows import Row, from_message
from middleware.store.sqlite_json import CHAT_AS_JSON, chat_of_json
from middleware.store.sqlite_plain import move
from middleware.store.sqlite_statements import SqliteStatements

LOOK_AT_CHATS = f"""
SELECT {CHAT_AS_JSON.format("chat.number")} FROM json_each(?1) AS told CROSS JOIN chat ON chat.ref = told.value"""
MOVE_ON = """
UPDATE chat SET last_seq = last_seq + ?1, next_index = next_index + ?1
WHERE number IN (SELECT value FROM json_each(?2))"""
_MESSAGE = f"({', '.join('?' * 14)})"


class PlainHearing:
    """Adds messages for many chats; made anew for each time."""

    def __init__(self, statements: SqliteStatements, *, drafting: Drafting) -> None:
        self._statements = statements
        self._drafting = drafting
        self._chats: list[int] = []
        self._messages: list[Row] = []

    async def hear(self, said: Sequence[Said]) -> Sequence[Heard | None]:
        """What was written of each; None for one that is not plain. Only the first of a chat can be."""
        chats = await self._look([event.ref for event in said])
        dice = throw_dice(len(said))
        heard = [self._one(event, chats.pop(event.ref, None), dice[place]) for place, event in enumerate(said)]
        await move(self._statements, MOVE_ON, {1: self._chats} if self._chats else {})
        await self._statements.add(sql.ADD_MESSAGES, _MESSAGE, self._messages)
        return heard

    async def _look(self, refs: Sequence[FlexRef]) -> dict[FlexRef | None, tuple[int, Chat]]:
        rows = await self._statements.rows(LOOK_AT_CHATS, (json.dumps(list(dict.fromkeys(refs))),))
        chats = [chat_of_json(*row) for row in rows]
        return {chat.ref: (number, chat) for chat, (number,) in chats}

    def _one(self, event: Said, found: tuple[int, Chat] | None, dice: str) -> Heard | None:
        if found is None:
            return None
        number, chat = found
        draft = self._drafting(chat, event) if event.index == chat.next_index and not chat.holds else None
        return None if draft is None else Heard(chat, self._add(draft, chat, number, dice))

    def _add(self, draft: Draft, chat: Chat, number: int, dice: str) -> Message:
        message = message_of(draft, seq=chat.last_seq + 1, dice=dice)
        self._chats.append(number)
        self._messages.append(from_message(message, chat=number, asker=None))
        return message
