"""What can be written, to SQLite."""

import secrets

from middleware.relay.model import (
    Agent,
    Chat,
    ChatId,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Draft,
    Ender,
    Event,
    EventKey,
    FlexRef,
    Message,
    MessageId,
    MessageStatus,
)
from middleware.store import sql
from middleware.store.errors import RuleBroken
from middleware.store.events import from_text, place_of, to_text
from middleware.store.rows import from_chat, from_message, to_chat, to_delivery, to_message
from middleware.store.sqlite_reading import SqliteReading


class SqliteTransaction(SqliteReading):
    """The `Transaction` of the writing connection; its methods never suspend."""

    # --- chats and messages

    async def add_chat(self, chat: Chat) -> None:
        """Write a new chat; a visitor has at most one open chat."""
        self._execute(sql.ADD_CHAT, from_chat(chat))

    async def add_message(self, draft: Draft) -> Message:
        """Give the draft an id and the chat's next `seq`, and write it."""
        row = self._first(sql.NEXT_SEQ, (draft.chat,))
        if row is None:
            raise RuleBroken("A message needs a chat that is in the store.")
        number, seq, visitor = row
        message = Message(
            _message_id(draft.at),
            draft.chat,
            seq,
            draft.author,
            draft.text,
            draft.at,
            draft.status,
            draft.name,
            draft.ask,
        )
        asker = None if draft.ask is None else visitor
        self._execute(sql.ADD_MESSAGE, from_message(message, chat=number, asker=asker))
        return message

    async def set_status(self, message: MessageId, status: MessageStatus) -> Message | None:
        """Change how far a message has come; the changed message, or None if nothing changed."""
        if not self._execute(sql.SET_STATUS, (message, status.value)).rowcount:
            return None
        row = self._first(sql.MESSAGE_BY_ID, (message,))
        return None if row is None else to_message(row)

    async def set_ref(self, chat: ChatId, ref: FlexRef) -> None:
        """Write the chat's address at Flex."""
        self._execute(sql.SET_REF, (chat, ref))

    async def set_agent(self, chat: ChatId, agent: Agent | None) -> None:
        """Write who is in the chat."""
        self._execute(sql.SET_AGENT, (chat, agent and agent.id, agent and agent.name))

    async def set_next_index(self, chat: ChatId, index: int) -> None:
        """Write which Flex index comes next."""
        self._execute(sql.SET_NEXT_INDEX, (chat, index))

    async def end_chat(self, chat: ChatId, *, by: Ender, at: float) -> bool:
        """Mark the chat ended; False if it was already."""
        return self._execute(sql.END_CHAT, (chat, by.value, at)).rowcount > 0

    # --- outbox

    async def owe(self, chat: ChatId, kind: DeliveryKind, *, due: float, message: MessageId | None = None) -> None:
        """Add a delivery behind the others of its chat."""
        if not self._execute(sql.OWE, (chat, kind.value, message, due)).rowcount:
            raise RuleBroken("A delivery needs a chat that is in the store.")

    async def claim(self, *, now: float, until: float, limit: int) -> list[Delivery]:
        """Lease, until then, the due heads of at most `limit` chats, longest due first."""
        rows = self._execute(sql.CLAIMABLE, (now, limit)).fetchall()
        claimed = []
        for row in rows:
            id_, kind, attempts, *rest = row
            self._execute(sql.CLAIM, (id_, until))
            claimed.append(to_delivery((id_, kind, attempts + 1, *rest)))
        return claimed

    async def settle(self, delivery: DeliveryId, *, now: float) -> None:
        """Finish the delivery; the next of its chat becomes the head, due now."""
        row = self._first(sql.FINISH, (delivery,))
        if row is not None and row[1]:
            self._execute(sql.PROMOTE, (row[0], now))

    async def postpone(self, delivery: DeliveryId, *, due: float, unsure: bool) -> None:
        """Give the claim back, to be claimed again from `due`."""
        self._execute(sql.POSTPONE, (delivery, due, unsure))

    async def bury(self, delivery: DeliveryId, *, reason: str, now: float) -> bool:
        """Give the delivery up, keep it and the reason on record; False if it was finished already."""
        owed = self._execute(sql.BURY, (delivery, reason, now)).rowcount > 0
        await self.settle(delivery, now=now)
        return owed

    async def owed_for(self, message: MessageId) -> DeliveryId | None:
        """The unfinished delivery of this message."""
        row = self._first(sql.OWED_FOR, (message,))
        return None if row is None else DeliveryId(row[0])

    async def owed_to(self, chat: ChatId) -> list[Delivery]:
        """Every unfinished delivery of the chat, in order."""
        return [to_delivery(row) for row in self._execute(sql.OWED_TO, (chat,)).fetchall()]

    async def release_claims(self, *, now: float) -> int:
        """Make every claimed delivery due now and unsure: its claimer is gone. How many."""
        return self._execute(sql.RELEASE_CLAIMS, (now,)).rowcount

    # --- inbox

    async def remember(self, key: EventKey, *, ref: FlexRef, at: float) -> bool:
        """Write that the event was accepted; False if it had been before."""
        return self._execute(sql.REMEMBER, (key, ref, at)).rowcount > 0

    async def hold(self, event: Event) -> None:
        """Keep a remembered event until its turn."""
        if not self._execute(sql.HOLD, (event.key, to_text(event), place_of(event))).rowcount:
            raise RuleBroken("Only a remembered event can be held.")

    async def take_held(self, ref: FlexRef) -> list[Event]:
        """Take every held event of this address: by index, those without an index last, as they came."""
        rows = self._execute(sql.HELD, (ref,)).fetchall()
        for number, _ in rows:
            self._execute(sql.TAKE, (number,))
        return [from_text(held) for _, held in rows]

    async def take_held_at(self, ref: FlexRef, index: int) -> Event | None:
        """Take the held event of this index."""
        row = self._first(sql.HELD_AT, (ref, index))
        if row is None:
            return None
        self._execute(sql.TAKE, (row[0],))
        return from_text(row[1])

    async def held_since(self, ref: FlexRef) -> float | None:
        """When the oldest event that is still held for this address came; None if none is."""
        row = self._first(sql.HELD_SINCE, (ref,))
        return None if row is None else row[0]

    async def opens_owed(self) -> bool:
        """Whether some chat still waits to be opened at Flex."""
        row = self._first(sql.OPENS_OWED)
        return row is not None and bool(row[0])

    # --- looking back at Flex's own list

    async def watch(self, chat: ChatId, *, at: float | None) -> None:
        """Look at this chat's history at that time, if no earlier look is planned; None: never again."""
        if at is None:
            self._execute(sql.UNWATCH, (chat,))
        else:
            self._execute(sql.WATCH, (chat, at))

    async def watch_open(self, *, at: float) -> int:
        """Look at every open chat that has a place at Flex at that time, if no earlier look is planned. How many."""
        return self._execute(sql.WATCH_OPEN, (at,)).rowcount

    async def chats_to_look_at(self, *, now: float, until: float, limit: int) -> list[Chat]:
        """Chats whose look is due, longest due first; their next look is moved to `until`."""
        chats = [to_chat(row) for row in self._execute(sql.DUE_LOOKS, (now, limit)).fetchall()]
        for chat in chats:
            self._execute(sql.MOVE_LOOK, (chat.id, until))
        return chats


def _message_id(at: float) -> MessageId:
    """32 hexadecimal digits nobody can guess, that begin with the time so that the newest lie together."""
    return MessageId(f"{int(at * 1000) & 0xFFFFFFFFFFFF:012x}{secrets.token_hex(10)}")
