"""Applies what Flex has told to its chat, once and in the order of Flex's own index.

Webhooks, receipts of our own messages and Flex's message list all come through here, so whichever is first wins and
the others change nothing. An utterance that comes too early is held; the look back at Flex's list fills the hole.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from middleware.relay.model import (
    Agent,
    AgentChanged,
    AgentJoined,
    AgentLeft,
    Author,
    Chat,
    ChatEnded,
    ChatId,
    Delivery,
    DeliveryKind,
    Draft,
    Echoed,
    Ended,
    Ender,
    Event,
    FlexRef,
    MessageSaid,
    MessageStatus,
    News,
    Receipt,
    Said,
    StatusChanged,
    Uttered,
)
from middleware.relay.ports import Transaction

GAP_PATIENCE = 1.0
"""Seconds a hole in the indexes, or the tail of an ended chat, waits before Flex's list is read."""


class Fate(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    HELD = "held"
    REPEATED = "repeated"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event's fate, and the news it makes for the chat."""

    fate: Fate
    chat: Chat | None = None
    news: tuple[News, ...] = ()


async def accept(tx: Transaction, event: Event, *, now: float) -> Accepted:
    """Remember and apply the event; one that outran its chat's opening is held, one of a strange chat is left."""
    chat = await tx.chat_at(event.ref)
    if chat is None and not await tx.opens_owed():
        return Accepted(Fate.STRANGER)
    if not await tx.remember(event.key, ref=event.ref, at=now):
        return Accepted(Fate.REPEATED, chat)
    if chat is None:
        await tx.hold(event)
        return Accepted(Fate.HELD)
    applying = _Applying(tx, chat, now=now)
    fate = await applying.apply(event)
    return Accepted(fate, chat, tuple(applying.news))


async def accept_receipt(tx: Transaction, delivery: Delivery, *, receipt: Receipt, now: float) -> Accepted:
    """Apply Flex's answer to a message of ours: the same as its echo, whichever comes first."""
    chat = await tx.chat(delivery.chat.id)
    if chat is None or delivery.message is None:
        return Accepted(Fate.STRANGER)
    echo = Echoed(_ref(chat), receipt.key, receipt.index, delivery.message.id)
    return await accept(tx, echo, now=now)


async def accept_held(tx: Transaction, ref: FlexRef, *, now: float) -> Accepted:
    """Apply what came for this address before it was known whose it is."""
    chat = await tx.chat_at(ref)
    if chat is None:
        return Accepted(Fate.STRANGER)
    applying = _Applying(tx, chat, now=now)
    for event in await tx.take_held(ref):
        await applying.apply(event)
    return Accepted(Fate.APPLIED, chat, tuple(applying.news))


async def accept_history(tx: Transaction, chat_id: ChatId, *, events: list[Event], now: float) -> Accepted:
    """Apply Flex's own list, from the chat's next index on: a hole in the list itself is waited for no longer."""
    chat = await tx.chat(chat_id)
    if chat is None:
        return Accepted(Fate.STRANGER)
    applying = _Applying(tx, chat, now=now)
    for event in events:
        if isinstance(event, Said | Echoed):
            await applying.skip_to(event.index)
        if await tx.remember(event.key, ref=event.ref, at=now):
            await applying.apply(event)
    return Accepted(Fate.APPLIED, chat, tuple(applying.news))


class _Applying:
    """One chat in one transaction; gathers the news."""

    def __init__(self, tx: Transaction, chat: Chat, *, now: float) -> None:
        self._tx = tx
        self._chat = chat
        self._now = now
        self.news: list[News] = []

    async def apply(self, event: Event) -> Fate:
        match event:
            case Said():
                return await self._utter(event)
            case Echoed():
                await self._settle(event)
                return await self._utter(event)
            case Ended():
                await self._end()
            case AgentJoined():
                await self._meet(event.agent)
            case AgentLeft():
                await self._part(event.agent)
            case _:
                assert_never(event)
        return Fate.APPLIED

    async def skip_to(self, index: int) -> None:
        """Nothing is waited for below this index."""
        if index >= self._chat.next_index:
            await self._advance(index)

    async def _utter(self, event: Uttered) -> Fate:
        if event.index > self._chat.next_index:
            await self._tx.hold(event)
            await self._tx.watch(self._chat.id, at=self._now + GAP_PATIENCE)
            return Fate.HELD
        await self._write(event)
        if event.index == self._chat.next_index:
            await self._advance(event.index + 1)
        return Fate.APPLIED

    async def _advance(self, index: int) -> None:
        """The next index is this one, or the one behind the held events that follow."""
        while isinstance(held := await self._tx.take_held_at(_ref(self._chat), index), Said | Echoed):
            await self._write(held)
            index = held.index + 1
        self._chat = replace(self._chat, next_index=index)
        await self._tx.set_next_index(self._chat.id, index)

    async def _write(self, event: Uttered) -> None:
        if isinstance(event, Echoed):
            return  # It stands in the chat since the visitor said it; only its index was waited for.
        author = await self._author(event)
        name = await self._name(event.author_id) if author is Author.AGENT else None
        at = self._now if event.at is None else event.at
        draft = Draft(chat=self._chat.id, author=author, text=event.text, at=at, name=name)
        self.news.append(MessageSaid(await self._tx.add_message(draft)))

    async def _author(self, event: Said) -> Author:
        """Words posted in an agent's name are an agent's; who speaks as an agent is in the chat."""
        agent = self._chat.agent
        if event.author is Author.AGENT and agent is None:
            await self._meet(event.author_id)
        if event.author is Author.BOT and agent is not None and agent.id == event.author_id:
            return Author.AGENT
        return event.author

    async def _name(self, agent_id: str) -> str | None:
        """The agent's, if it is known. If it could not be asked for when they came, their words ask again."""
        agent = self._chat.agent
        if agent is None or agent.id != agent_id:
            return None
        if agent.name is None:
            await self._owe_meeting()
        return agent.name

    async def _owe_meeting(self) -> None:
        if all(owed.kind is not DeliveryKind.MEET for owed in await self._tx.owed_to(self._chat.id)):
            await self._tx.owe(self._chat.id, DeliveryKind.MEET, due=self._now)

    async def _settle(self, echo: Echoed) -> None:
        delivery = await self._tx.owed_for(echo.message)
        if delivery is not None:
            await self._tx.settle(delivery, now=self._now)
        message = await self._tx.set_status(echo.message, MessageStatus.SENT)
        if message is not None:
            self.news.append(StatusChanged(message.seq, message.status))

    async def _end(self) -> None:
        """The words just before the end may still be under way, so the list is read once more."""
        if await self._tx.end_chat(self._chat.id, by=Ender.FLEX, at=self._now):
            await self._tx.watch(self._chat.id, at=self._now + GAP_PATIENCE)
            self.news.append(ChatEnded(Ender.FLEX))

    async def _meet(self, agent_id: str) -> None:
        if self._chat.agent is not None and self._chat.agent.id == agent_id:
            return
        await self._owe_meeting()
        await self._now_with(Agent(agent_id))

    async def _part(self, agent_id: str) -> None:
        if self._chat.agent is not None and self._chat.agent.id == agent_id:
            await self._now_with(None)

    async def _now_with(self, agent: Agent | None) -> None:
        self._chat = replace(self._chat, agent=agent)
        await self._tx.set_agent(self._chat.id, agent)
        self.news.append(AgentChanged(agent))


def _ref(chat: Chat) -> FlexRef:
    if chat.ref is None:
        raise ValueError("A chat without an address at Flex has no events.")
    return chat.ref
