"""What can be written, whatever engine takes it."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence

from middleware.relay.inbox import Drafting, Heard
from middleware.relay.model import (
    Agent,
    AskId,
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
    Said,
    VisitorId,
)
from middleware.relay.outbox import Onward, Saying, Sent, Written
from middleware.relay.ports import Turn
from middleware.store import sql
from middleware.store.badges import SqlBadges
from middleware.store.errors import RuleBroken
from middleware.store.events import about_of, from_text, place_of, to_text
from middleware.store.new_messages import message_of, throw_dice
from middleware.store.rows import (
    Row,
    from_chat,
    from_message,
    from_rewritten,
    to_chat,
    to_delivery,
    to_message,
)


class SqlTransaction(SqlBadges, ABC):
    """The `Transaction` of one engine's statements."""

    # --- chats and messages

    async def add_chat(self, chat: Chat) -> None:
        """Write a new chat; a visitor has at most one open chat."""
        await self._count(sql.ADD_CHAT, from_chat(chat))

    async def chat_for_ask(self, visitor: VisitorId, *, ask: AskId) -> tuple[Chat | None, bool]:
        """The visitor's newest chat, and whether this ask has already made a message."""
        row = await self._first(sql.CHAT_FOR_ASK, (visitor, ask))
        return (None, False) if row is None else (to_chat(row[1:]), bool(row[0]))

    async def add_message(self, draft: Draft) -> Message:
        """Give the draft an id and the chat's next `seq`, and write it; the chat waits for its place no longer."""
        place = None if draft.place is None else draft.place.index
        row = await self._first(sql.NEXT_SEQ, (draft.chat, place))
        if row is None:
            raise RuleBroken("A message needs a chat that is in the store.")
        number, seq, visitor = row
        message = message_of(draft, seq=seq, dice=throw_dice(1)[0])
        asker = None if draft.ask is None else visitor
        await self._count(sql.ADD_MESSAGE, from_message(message, chat=number, asker=asker))
        return message

    async def set_status(self, message: MessageId, status: MessageStatus) -> Message | None:
        """Change how far a message has come; the changed message, or None if nothing changed."""
        if not await self._count(sql.SET_STATUS, (message, status.value)):
            return None
        return await self.message(message)

    async def message(self, message: MessageId) -> Message | None:
        """The message of this id."""
        row = await self._first(sql.MESSAGE_BY_ID, (message,))
        return None if row is None else to_message(row)

    async def message_at(self, chat: ChatId, *, index: int) -> Message | None:
        """The message of the chat that lies at this index at Flex."""
        row = await self._first(sql.MESSAGE_AT, (chat, index))
        return None if row is None else to_message(row)

    async def rewrite(self, message: Message) -> None:
        """Write the message's text, what was done to it, and its place at Flex, as they are here."""
        await self._count(sql.REWRITE, from_rewritten(message))

    async def set_ref(self, chat: ChatId, ref: FlexRef) -> None:
        """Write the chat's address at Flex."""
        await self._count(sql.SET_REF, (chat, ref))

    async def set_agent(self, chat: ChatId, agent: Agent | None) -> None:
        """Write who is in the chat."""
        await self._count(sql.SET_AGENT, (chat, agent and agent.id, agent and agent.name))

    async def advance(self, chat: ChatId, *, index: int) -> Turn | None:
        """If this Flex index is the next one of the chat, the one behind it is now; the chat's turn as it then is."""
        row = await self._first(sql.ADVANCE, (chat, index))
        return None if row is None else Turn(row[0], bool(row[1]))

    async def set_sent(self, message: Message, *, index: int) -> bool:
        """Write that Flex has the message; False if it was sent before."""
        return await self._count(sql.SET_SENT, (message.id, index)) > 0

    async def set_next_index(self, chat: ChatId, index: int) -> None:
        """Write which Flex index comes next."""
        await self._count(sql.SET_NEXT_INDEX, (chat, index))

    async def end_chat(self, chat: ChatId, *, by: Ender, at: float) -> bool:
        """Mark the chat ended; False if it was already."""
        return await self._count(sql.END_CHAT, (chat, by.value, at)) > 0

    # --- outbox

    async def owe(
        self,
        chat: ChatId,
        kind: DeliveryKind,
        *,
        due: float,
        until: float | None = None,
        message: MessageId | None = None,
    ) -> DeliveryId | None:
        """Add a delivery behind the others of its chat; with `until`, claim it if it is the head."""
        owed = await self._owe(chat, kind, due=due, until=until, message=message)
        if owed is None:
            raise RuleBroken("A delivery needs a chat that is in the store.")
        delivery, claimed = owed
        return DeliveryId(delivery) if claimed else None

    async def say_plain(self, sayings: Sequence[Saying]) -> Sequence[Written | None]:
        """Nothing is written by a short cut here."""
        return [None] * len(sayings)

    async def settle_plain(self, sent: Sequence[Sent], *, now: float) -> Sequence[Onward | None]:
        """Nothing is written by a short cut here."""
        del now
        return [None] * len(sent)

    async def settle(self, delivery: DeliveryId, *, now: float) -> None:
        """Finish the delivery, whoever has claimed it; the next of its chat becomes the head, due now."""
        await self._finish(delivery, None, now=now)

    async def finish(self, claimed: Delivery, *, now: float) -> bool:
        """Settle the delivery, if this claim is its last."""
        return await self._finish(claimed.id, claimed.attempts, now=now) is not None

    async def finish_and_claim(self, claimed: Delivery, *, now: float, until: float) -> Onward:
        """Settle the delivery, if this claim is its last, and claim the next; whether one may be left unclaimed."""
        chat = await self._finish(claimed.id, claimed.attempts, now=now)
        if not chat:
            return Onward(more=chat is None)
        following = await self._claim_of(chat, now=now, until=until)
        return (
            Onward(following[0])
            if following
            else Onward(more=await self._first(sql.HEAD_UNCLAIMED, (chat,)) is not None)
        )

    async def postpone(self, claimed: Delivery, *, due: float, unsure: bool) -> bool:
        """Give the claim back, if it is the last, to be claimed again from `due`."""
        return await self._count(sql.POSTPONE, (claimed.id, claimed.attempts, due, int(unsure))) > 0

    @abstractmethod
    async def give_back_behind(self, claimed: Delivery, *, due: float, but: Collection[DeliveryId] = ()) -> None:
        """Give back what is claimed of the chat behind this delivery, but for these."""

    async def bury(self, claimed: Delivery, *, reason: str, now: float) -> bool:
        """Give the delivery up, if this claim is its last, and keep it and the reason on record."""
        if not await self._count(sql.BURY, (claimed.id, claimed.attempts, reason, now)):
            return False
        return await self.finish(claimed, now=now)

    async def owed_for(self, message: MessageId) -> DeliveryId | None:
        """The unfinished delivery of this message."""
        row = await self._first(sql.OWED_FOR, (message,))
        return None if row is None else DeliveryId(row[0])

    async def owed_to(self, chat: ChatId) -> list[Delivery]:
        """Every unfinished delivery of the chat, in order."""
        return [to_delivery(row) for row in await self._rows(sql.OWED_TO, (chat,))]

    # --- inbox

    async def hear_plain(self, said: Sequence[Said], *, drafting: Drafting) -> Sequence[Heard | None]:
        """Nothing is written by a short cut here."""
        del drafting
        return [None] * len(said)

    async def remember(self, key: EventKey, *, ref: FlexRef, at: float) -> bool:
        """Write that the event was accepted; False if it had been before."""
        return await self._count(sql.REMEMBER, (key, ref, at)) > 0

    async def hold(self, event: Event) -> None:
        """Keep a remembered event until its turn."""
        if not await self._count(sql.HOLD, (event.key, to_text(event), place_of(event), about_of(event))):
            raise RuleBroken("Only a remembered event can be held.")
        await self._count(sql.HOLDS, (event.ref,))

    async def take_held(self, ref: FlexRef) -> list[Event]:
        """Take every held event of this address: utterances by index, then the others as they came."""
        return await self._take(await self._rows(sql.HELD, (ref,)), ref)

    async def take_held_below(self, ref: FlexRef, index: int) -> list[Event]:
        """Take the held utterances below this index, in order."""
        return await self._take(await self._rows(sql.HELD_BELOW, (ref, index)), ref)

    async def take_changes(self, ref: FlexRef, index: int) -> list[Event]:
        """Take the held changes to the message of this index, as they came."""
        return await self._take(await self._rows(sql.HELD_CHANGES, (ref, index)), ref)

    async def take_held_at(self, ref: FlexRef, index: int) -> Event | None:
        """Take the held utterance of this index."""
        row = await self._first(sql.HELD_AT, (ref, index))
        if row is None:
            return None
        return (await self._take([row], ref))[0]

    async def held_since(self, ref: FlexRef) -> float | None:
        """When the oldest event that is still held for its turn came; None if none is."""
        row = await self._first(sql.HELD_SINCE, (ref,))
        return None if row is None else row[0]

    async def opens_owed(self) -> bool:
        """Whether some chat still waits to be opened at Flex."""
        row = await self._first(sql.OPENS_OWED)
        return row is not None and bool(row[0])

    # --- looking back at Flex's own list

    async def watch(self, chat: ChatId, *, at: float | None) -> None:
        """Look at this chat's history at that time, if no earlier look is planned; None: never again."""
        if at is None:
            await self._count(sql.UNWATCH, (chat,))
        else:
            await self._count(sql.WATCH, (chat, at))

    async def watch_open(self, *, at: float) -> int:
        """Look at every open chat that has a place at Flex at that time, if no earlier look is planned. How many."""
        return await self._count(sql.WATCH_OPEN, (at,))

    async def chats_to_look_at(self, *, now: float, until: float, limit: int) -> list[Chat]:
        """Chats whose look is due, longest due first; their next look is moved to `until`."""
        chats = [to_chat(row) for row in await self._rows(sql.DUE_LOOKS, (now, limit))]
        for chat in chats:
            await self._count(sql.MOVE_LOOK, (chat.id, until))
        return chats

    async def _take(self, rows: list[Row], ref: FlexRef) -> list[Event]:
        for number, _ in rows:
            await self._count(sql.TAKE, (number,))
        if rows:
            await self._count(sql.HOLDS_STILL, (ref,))
        return [from_text(held) for _, held in rows]

    @abstractmethod
    async def _owe(
        self, chat: ChatId, kind: DeliveryKind, *, due: float, until: float | None, message: MessageId | None
    ) -> tuple[int, bool] | None:
        """The delivery's number, and whether it is claimed; None without the chat."""

    async def _finish(self, delivery: DeliveryId, attempts: int | None, *, now: float) -> int | None:
        """None if it is finished or another's; else the chat's number if something stands behind it, or 0."""
        row = await self._first(sql.FINISH, (delivery, attempts))
        if row is None:
            return None
        chat, head, behind = row
        return chat if head and behind and await self._count(sql.PROMOTE, (chat, now)) else 0

    @abstractmethod
    async def _claim_of(self, chat: int, *, now: float, until: float) -> list[Delivery]:
        """The head of the chat of this number, if it is due."""
