"""What Flex tells in its turn, for many chats at once: one look, then each kind of row in one go."""

# ruff: noqa: S608 — statements are put together from the column lists of `sql` and nothing else

import json
from collections.abc import Sequence

from middleware.relay.inbox import Drafting, Heard
from middleware.relay.model import Chat, Draft, FlexRef, Message, Place, Said
from middleware.store.new_messages import message_of, throw_dice
from middleware.store.rows import Row
from middleware.store.sqlite_json import CHAT_AS_JSON, as_json, chat_of_json
from middleware.store.sqlite_statements import SqliteStatements

LOOK_AT_CHATS = f"""
SELECT {CHAT_AS_JSON.format("chat.number")} FROM json_each(?1) AS told CROSS JOIN chat ON chat.ref = told.value"""
MOVE_ON = """
UPDATE chat SET last_seq = last_seq + 1, next_index = next_index + 1
WHERE number IN (SELECT value FROM json_each(?1))"""
# Agents' names are few, and to bind a NULL costs ten times as much as a text.
ADD_HEARD = "INSERT INTO message (id, chat, seq, author, text, at, status, place, worded_at, learned_at) VALUES"
ADD_NAMED = "INSERT INTO message (id, chat, seq, author, text, at, status, place, worded_at, learned_at, name) VALUES"
_HEARD, _NAMED = (f"({', '.join('?' * columns)})" for columns in (10, 11))


class PlainHearing:
    """Adds messages for many chats; made anew for each time."""

    def __init__(self, statements: SqliteStatements, *, drafting: Drafting) -> None:
        self._statements = statements
        self._drafting = drafting
        self._chats: list[int] = []
        self._heard: list[Row] = []
        self._named: list[Row] = []

    async def hear(self, said: Sequence[Said]) -> Sequence[Heard | None]:
        """What was written of each; None for one that is not plain. Only the first of a chat can be."""
        chats = await self._look([event.ref for event in said])
        dice = throw_dice(len(said))
        heard = [self._one(event, chats.pop(event.ref, None), dice[place]) for place, event in enumerate(said)]
        if self._chats:
            await self._statements.count(MOVE_ON, (as_json(self._chats),))
        await self._statements.add(ADD_HEARD, _HEARD, self._heard)
        await self._statements.add(ADD_NAMED, _NAMED, self._named)
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
        if draft is None or draft.place is None:
            return None
        self._chats.append(number)
        return Heard(chat, self._add(draft, draft.place, number, seq=chat.last_seq + 1, dice=dice))

    def _add(self, draft: Draft, place: Place, number: int, *, seq: int, dice: str) -> Message:
        message = message_of(draft, seq=seq, dice=dice)
        said = (message.id, number, seq, message.author.value, message.text, message.at, message.status.value)
        row = (*said, place.index, place.worded_at, place.learned_at)
        if message.name is None:
            self._heard.append(row)
        else:
            self._named.append((*row, message.name))
        return message
