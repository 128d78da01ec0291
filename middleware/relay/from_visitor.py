"""From the visitor: check, write, owe a delivery, ring. One transaction an ask, or for all that is said together."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import partial

from middleware.relay.errors import AskRefused, NotOpen
from middleware.relay.hands import NO_HANDS, Hands
from middleware.relay.model import (
    Chat,
    ChatEnded,
    ChatId,
    ChatOpened,
    ChatState,
    DeliveryKind,
    Ender,
    Message,
    MessageSaid,
    VisitorId,
    new_id,
)
from middleware.relay.outbox import Saying, Words, Written
from middleware.relay.ports import Clock, Outcome, Part, Store, Then, Transaction, Wake
from middleware.relay.saying import NOT_OPEN, say_together
from middleware.relay.to_visitor import ToVisitor
from middleware.relay.units import taking, tell_future
from middleware.relay.values import value


@value(frozen=True, slots=True)
class About:
    """What the page tells of the visitor and the visit, for the agent; `verified` is proved, not told."""

    name: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    verified: Mapping[str, str] = field(default_factory=dict)


_NOTHING = About()


class FromVisitor:
    """The visitor's asks. Each is safe to repeat."""

    def __init__(
        self, store: Store, *, to_visitor: ToVisitor, wake: Wake, clock: Clock, hands: Hands = NO_HANDS
    ) -> None:
        self._store = store
        self._take = taking(store)
        self._hands = hands
        self._to_visitor = to_visitor
        self._wake = wake
        self._clock = clock

    async def open(self, visitor: VisitorId, about: About = _NOTHING) -> Chat:
        """The visitor's open chat, opened now if there is none."""
        now = self._clock.now()
        fresh = Chat(
            ChatId(new_id()),
            visitor,
            opened_at=now,
            visitor_name=about.name,
            context=about.context,
            verified=about.verified,
        )

        async def unit(tx: Transaction) -> Chat:
            last = await tx.last_chat_of(visitor)
            if last is not None and last.state is ChatState.OPEN:
                return last
            await tx.add_chat(fresh)
            await tx.owe(fresh.id, DeliveryKind.OPEN, due=now)
            return fresh

        chat = await self._store.write(unit)
        if chat is fresh:
            self._to_visitor.tell(chat, [ChatOpened(chat)])
            self._wake()
        return chat

    async def say(self, visitor: VisitorId, words: Words) -> Message:
        """Write the words into the visitor's open chat and owe them to Flex.

        Asked again, it gives back the first message. Raises `NotOpen` or `AlreadyEnded`.
        """
        (said,) = await self.say_all(visitor, [words])
        if isinstance(said, Message):
            return said
        try:
            raise said
        finally:
            del said  # It holds this frame.

    async def say_all(self, visitor: VisitorId, words: Sequence[Words]) -> Sequence[Message | AskRefused]:
        """The same for several, in one transaction and in their order: for each its message, or what `say` raises."""
        said = asyncio.get_running_loop().create_future()
        self.begin_to_say(visitor, words, partial(tell_future, said))
        answers: Sequence[Message | AskRefused] = await said
        return answers

    def begin_to_say(self, visitor: VisitorId, words: Sequence[Words], then: Then) -> None:
        """As `say_all`, whose answers or error `then` is told, once and later."""
        until = self._hands.claiming()
        saying = Saying(visitor, words, self._clock.now(), until)
        self._take(Part(say_together, saying), partial(self._said, until, then))

    def _said(self, until: float | None, then: Then, outcome: Outcome) -> None:
        if outcome.error is not None:
            self._hands.unknown(until=until)
            then(outcome)
            return
        said: Written = outcome.value
        try:
            self._hands.claimed(said.claimed, until=until, behind=said.behind)
            if said.chat is not None:
                self._to_visitor.tell(said.chat, [*map(MessageSaid, said.messages)])
                if until is None:
                    self._wake()
        finally:
            then(Outcome(said.answers))

    async def end(self, visitor: VisitorId) -> None:
        """End the visitor's chat behind what was said before; ended already, nothing happens. Raises `NotOpen`."""
        now = self._clock.now()

        async def unit(tx: Transaction) -> Chat | None:
            chat = await tx.last_chat_of(visitor)
            if chat is None:
                raise NotOpen(NOT_OPEN)
            if not await tx.end_chat(chat.id, by=Ender.VISITOR, at=now):
                return None
            await tx.owe(chat.id, DeliveryKind.END, due=now)
            return chat

        chat = await self._store.write(unit)
        if chat is not None:
            self._to_visitor.tell(chat, [ChatEnded(Ender.VISITOR)])
            self._wake()
