"""Applies events to one chat in one transaction: utterances in the order of Flex's own index, the others at once."""

from dataclasses import replace
from enum import StrEnum
from typing import assert_never

from middleware.relay.changes import changed, compared, drafted, is_doubtful
from middleware.relay.model import (
    Agent,
    AgentChanged,
    AgentJoined,
    AgentLeft,
    Author,
    Change,
    Chat,
    ChatEnded,
    DeliveryKind,
    Draft,
    Echoed,
    Ended,
    Ender,
    Event,
    FlexRef,
    Message,
    MessageChanged,
    MessageId,
    MessageSaid,
    MessageStatus,
    News,
    Place,
    Reworded,
    Said,
    StatusChanged,
    Uttered,
    Withdrawn,
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


class Applying:
    """One chat in one transaction; gathers the news, and whether the outbox has changed (`owing`)."""

    def __init__(self, tx: Transaction, chat: Chat, *, now: float) -> None:
        self._tx = tx
        self._chat = chat
        self._next_index, self._holds = chat.next_index, chat.holds
        self._now = now
        self.news: list[News] = []
        self.owing = False

    @property
    def chat(self) -> Chat:
        """The chat, with what has become of it, but for its turn."""
        return self._chat

    async def accept(self, event: Event) -> Fate:
        """Apply the event, unless that was done before."""
        return Fate.REPEATED if await self._was_before(event) else await self.apply(event)

    async def apply(self, event: Event) -> Fate:
        """Apply an event that is new; held means that it waits for its turn or its message."""
        match event:
            case Said():
                return await self._utter(event)
            case Echoed():
                await self._settle(event.message, index=event.index)
                return await self._utter(event)
            case Reworded() | Withdrawn():
                return await self._change(event)
            case Ended():
                await self._end()
            case AgentJoined():
                await self._meet(event.agent)
            case AgentLeft():
                await self._part(event)
            case _:
                assert_never(event)
        return Fate.APPLIED

    async def skip_to(self, index: int) -> None:
        """Nothing is waited for below this index. What is held there, the next look decides on."""
        if index >= self._next_index:
            await self._advance(index)

    async def say_held(self, *, below: int) -> None:
        """Say what came although the list had passed over it, unless a second look has shown that it is gone."""
        for held in await self._tx.take_held_below(ref_of(self._chat), below):
            await self._write(held)

    async def compare(self, listed: Reworded, *, began: float) -> None:
        """A wording in Flex's list, read since `began`, beside the one that is known here."""
        message = await self._tx.message_at(self._chat.id, index=listed.index)
        if message is not None:
            await self._turn(message, compared(message, listed, began=began, now=self._now))

    async def _was_before(self, event: Event) -> bool:
        """Whatever came in its turn has moved the turn on and left a message in its place; all else is remembered."""
        if isinstance(event, Said | Echoed):
            if event.index == self._next_index:
                return False
            if event.index < self._next_index and await self._stands(event):
                return True
        return not await self._tx.remember(event.key, ref=event.ref, at=self._now)

    async def _stands(self, event: Uttered) -> bool:
        """Whether a message is in the event's place; for an echo, ours and no other."""
        message = await self._tx.message_at(self._chat.id, index=event.index)
        return message is not None and (isinstance(event, Said) or event.message == message.id)

    async def _utter(self, event: Uttered) -> Fate:
        passed_over = isinstance(event, Said) and event.index < self._next_index
        if passed_over or event.index > self._next_index:
            await self._hold(event)
            await self._tx.watch(self._chat.id, at=self._now + GAP_PATIENCE)
            return Fate.HELD
        in_turn = event.index == self._next_index
        await self._write(event)
        if in_turn:
            await self._advance(event.index + 1)
        return Fate.APPLIED

    async def _advance(self, index: int) -> None:
        """The next index is this one, or the one behind the held events that follow."""
        while self._holds and (held := await self._tx.take_held_at(ref_of(self._chat), index)):
            await self._write(held)
            index += 1
        if index != self._next_index:
            self._next_index = index
            await self._tx.set_next_index(self._chat.id, index)

    async def _write(self, event: Event) -> None:
        """An echo stands in the chat since the visitor said it; only its index was waited for."""
        if not isinstance(event, Said):
            return
        if event.author is Author.AGENT and self._chat.agent is None:
            await self._meet(event.author_id)  # Who speaks as an agent is in the chat.
        draft = _draft_of(self._chat, event, now=self._now)
        if _is_nameless(self._chat, draft, event):
            await self._owe_meeting()  # It could not be asked for when they came.
        newest = drafted(draft, await self._held_changes(event.index), now=self._now)
        if newest is None:
            await self._tx.remember(event.key, ref=event.ref, at=self._now)  # It leaves no message in its place.
        else:
            self.news.append(MessageSaid(await self._tx.add_message(newest)))
            self._next_index += event.index == self._next_index

    async def _change(self, change: Change) -> Fate:
        """A message that is not here yet may be under way, or lost: then Flex's list has it, if it is not removed."""
        if change.ours is not None:
            await self._settle(change.ours, index=change.index)
        message = await self._tx.message_at(self._chat.id, index=change.index)
        if message is None:
            await self._hold(change)
            await self._await(change)
            return Fate.HELD
        await self._apply_to(message, change)
        return Fate.APPLIED

    async def _hold(self, event: Event) -> None:
        await self._tx.hold(event)
        self._holds = True

    async def _await(self, change: Change) -> None:
        """A removed message is not waited for; one that was reworded is."""
        if isinstance(change, Withdrawn) and change.index == self._next_index:
            await self._advance(change.index + 1)
        elif change.index >= self._next_index:
            await self._tx.watch(self._chat.id, at=self._now + GAP_PATIENCE)

    async def _apply_to(self, message: Message, change: Change) -> Message:
        after = changed(message, change, now=self._now)
        if after == message and is_doubtful(message, change, now=self._now):
            await self._tx.watch(self._chat.id, at=self._now + GAP_PATIENCE)
        return await self._turn(message, after)

    async def _turn(self, message: Message, after: Message) -> Message:
        """An update that changes no word is written and told to nobody."""
        if after != message:
            await self._tx.rewrite(after)
        if (after.text, after.edited) != (message.text, message.edited):
            self.news.append(MessageChanged(after))
        return after

    async def _held_changes(self, index: int) -> list[Change]:
        held = await self._tx.take_changes(ref_of(self._chat), index) if self._holds else []
        return [change for change in held if isinstance(change, Reworded | Withdrawn)]

    async def _owe_meeting(self) -> None:
        self.owing = True
        if all(owed.kind is not DeliveryKind.MEET for owed in await self._tx.owed_to(self._chat.id)):
            await self._tx.owe(self._chat.id, DeliveryKind.MEET, due=self._now)

    async def _settle(self, ours: MessageId, *, index: int) -> None:
        """Flex has this message of ours, at this index."""
        delivery = await self._tx.owed_for(ours)
        if delivery is not None:
            await self._tx.settle(delivery, now=self._now)
            self.owing = True
        sent = await self._tx.set_status(ours, MessageStatus.SENT)
        if sent is not None:
            self.news.append(StatusChanged(sent.seq, sent.status, said_at=sent.at, message=sent.id))
        await self._place(ours, index=index)

    async def _place(self, ours: MessageId, *, index: int) -> None:
        message = await self._tx.message(ours)
        if message is None or message.chat != self._chat.id or message.place is not None:
            return
        message = replace(message, place=Place(index))
        await self._tx.rewrite(message)
        for change in await self._held_changes(index):
            message = await self._apply_to(message, change)

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

    async def _part(self, event: AgentLeft) -> None:
        if event.coming is not None:
            await self._tx.remember(event.coming, ref=event.ref, at=self._now)
        if self._chat.agent is not None and self._chat.agent.id == event.agent:
            await self._now_with(None)

    async def _now_with(self, agent: Agent | None) -> None:
        self._chat = replace(self._chat, agent=agent)
        await self._tx.set_agent(self._chat.id, agent)
        self.news.append(AgentChanged(agent))


def plain_draft(chat: Chat, event: Said, *, now: float) -> Draft | None:
    """The message that an utterance makes where it only has to be written, in its turn: nobody is to be met for it."""
    if event.author is Author.AGENT and chat.agent is None:
        return None
    draft = _draft_of(chat, event, now=now)
    return None if _is_nameless(chat, draft, event) else draft


def _draft_of(chat: Chat, event: Said, *, now: float) -> Draft:
    """Words posted in an agent's name are an agent's, with that name if it is known."""
    known = chat.agent is not None and chat.agent.id == event.author_id
    author = Author.AGENT if known and event.author is Author.BOT else event.author
    name = chat.agent.name or None if known and chat.agent is not None and author is Author.AGENT else None
    at, place = now if event.at is None else event.at, Place(event.index, event.worded_at)
    return Draft(chat=chat.id, author=author, text=event.text, at=at, name=name, place=place)


def _is_nameless(chat: Chat, draft: Draft, event: Said) -> bool:
    """Whether it is said by the chat's agent, whose name Flex has not told yet."""
    agent = chat.agent
    return draft.author is Author.AGENT and agent is not None and agent == Agent(event.author_id)


def ref_of(chat: Chat) -> FlexRef:
    """The chat's address at Flex."""
    if chat.ref is None:
        raise ValueError("A chat without an address at Flex has no events.")
    return chat.ref
