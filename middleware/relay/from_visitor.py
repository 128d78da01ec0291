"""From the visitor: check, write, owe a delivery, ring. One transaction an ask, or for all that is said together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from middleware.relay.errors import AlreadyEnded, AskRefused, NotOpen
from middleware.relay.hands import NO_HANDS, Hands
from middleware.relay.model import (
    AskId,
    Author,
    Chat,
    ChatEnded,
    ChatId,
    ChatOpened,
    ChatState,
    Delivery,
    DeliveryKind,
    Draft,
    Ender,
    Message,
    MessageSaid,
    MessageStatus,
    VisitorId,
    new_id,
)
from middleware.relay.ports import Clock, Store, Transaction, Wake
from middleware.relay.to_visitor import ToVisitor


@dataclass(frozen=True, slots=True)
class Words:
    """What a visitor wants to say; `ask` is the same however often it is asked."""

    ask: AskId
    text: str


@dataclass(frozen=True, slots=True)
class About:
    """What the page tells of the visitor and the visit, for the agent; `verified` is proved, not told."""

    name: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    verified: Mapping[str, str] = field(default_factory=dict)


class FromVisitor:
    """The visitor's asks. Each is safe to repeat."""

    def __init__(
        self, store: Store, *, to_visitor: ToVisitor, wake: Wake, clock: Clock, hands: Hands = NO_HANDS
    ) -> None:
        self._store = store
        self._hands = hands
        self._to_visitor = to_visitor
        self._wake = wake
        self._clock = clock

    async def open(self, visitor: VisitorId, about: About = About()) -> Chat:
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
        with self._hands.claiming() as claim:
            said = await self._store.write(partial(self._say_all, visitor, words, claim.until))
            claim.delivery = said.claimed
        if said.chat is not None:
            self._to_visitor.tell(said.chat, [MessageSaid(message) for message in said.fresh])
            if claim.until is None:
                self._wake()
        return said.answers

    async def end(self, visitor: VisitorId) -> None:
        """End the visitor's chat behind what was said before; ended already, nothing happens. Raises `NotOpen`."""
        now = self._clock.now()

        async def unit(tx: Transaction) -> Chat | None:
            chat = await tx.last_chat_of(visitor)
            if chat is None:
                raise NotOpen(_NOT_OPEN)
            if not await tx.end_chat(chat.id, by=Ender.VISITOR, at=now):
                return None
            await tx.owe(chat.id, DeliveryKind.END, due=now)
            return chat

        chat = await self._store.write(unit)
        if chat is not None:
            self._to_visitor.tell(chat, [ChatEnded(Ender.VISITOR)])
            self._wake()

    async def _say_all(
        self, visitor: VisitorId, words: Sequence[Words], until: float | None, tx: Transaction
    ) -> "_Said":
        said = _Said([], [])
        for one in words:
            try:
                said.answers.append(await self._say(visitor, one, said, until, tx))
            except AskRefused as refused:  # Before anything of it was written.
                said.answers.append(refused.with_traceback(None))
        return said

    async def _say(
        self, visitor: VisitorId, words: Words, said: "_Said", until: float | None, tx: Transaction
    ) -> Message:
        last, repeated = await tx.chat_for_ask(visitor, ask=words.ask)
        over = last is not None and last.state is ChatState.ENDED  # perhaps while this unit waited, behind the same ask
        known = await tx.message_of(visitor, ask=words.ask) if repeated or over else None
        if known is not None:
            return known
        now, chat = self._clock.now(), _open_one(last)
        draft = Draft(chat.id, Author.VISITOR, words.text, at=now, status=MessageStatus.SENDING, ask=words.ask)
        message = await tx.add_message(draft)
        said.chat = chat
        said.fresh.append(message)
        claimed = await tx.owe(chat.id, DeliveryKind.SAY, due=now, until=until, message=message.id)
        if claimed is not None:
            said.claimed = Delivery(claimed, DeliveryKind.SAY, chat, message, attempts=1, unsure=False)
        return message


@dataclass(slots=True)
class _Said:
    """What came of words: the answers, which of them are new, in which chat, and the delivery that was claimed."""

    answers: list[Message | AskRefused]
    fresh: list[Message]
    chat: Chat | None = None
    claimed: Delivery | None = None


_NOT_OPEN = "There is no chat yet: ask `open` first."


def _open_one(chat: Chat | None) -> Chat:
    if chat is None:
        raise NotOpen(_NOT_OPEN)
    if chat.state is ChatState.ENDED:
        raise AlreadyEnded("This chat is over: ask `open` for a new one, then say it again.")
    return chat
