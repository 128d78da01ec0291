"""What the heart asks of the world, as protocols: Store, Flex, Bell, Clock."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable

from middleware.relay.badge import BadgeReading, BadgeWriting
from middleware.relay.inbox import Inbox
from middleware.relay.meters import LoadReading
from middleware.relay.model import (
    Agent,
    AskId,
    Chat,
    ChatId,
    Draft,
    Ender,
    Event,
    FlexRef,
    Message,
    MessageId,
    MessageStatus,
    News,
    Receipt,
    VisitorId,
)
from middleware.relay.outbox import Outbox
from middleware.relay.values import value

Item = TypeVar("Item")
T = TypeVar("T")


class Reading(BadgeReading, LoadReading, Protocol):
    """One consistent view of the store."""

    async def chat(self, chat: ChatId) -> Chat | None:
        """The chat of this id."""

    async def chat_at(self, ref: FlexRef) -> Chat | None:
        """The chat with this address at Flex."""

    async def last_chat_of(self, visitor: VisitorId) -> Chat | None:
        """The visitor's newest chat, open or ended."""

    async def message_of(self, visitor: VisitorId, *, ask: AskId) -> Message | None:
        """The message this visitor's ask has already made."""

    async def messages_after(self, chat: ChatId, *, seq: int, limit: int) -> list[Message]:
        """Messages of the chat with a greater `seq`, in order, at most `limit`."""

    async def unsent(self, chat: ChatId) -> list[Message]:
        """The visitor's messages that are not `sent`, in order."""

    async def changed(self, chat: ChatId, *, upto: int, limit: int) -> list[Message]:
        """Messages of the chat up to this `seq` that were reworded or withdrawn, in order, at most `limit`."""

    async def next_due(self) -> float | None:
        """When the next delivery can be claimed (a lease that runs out counts), None if nothing is owed."""

    async def next_look(self) -> float | None:
        """When the next look is due."""


class Turn(NamedTuple):
    """Which index of Flex a chat waits for, and whether events of it are held."""

    next_index: int
    holds: bool


class Transaction(Reading, Outbox, Inbox, BadgeWriting, Protocol):
    """One unit of work: all of it is committed, or none."""

    # --- chats and messages
    async def chat_for_ask(self, visitor: VisitorId, *, ask: AskId) -> tuple[Chat | None, bool]:
        """The visitor's newest chat, open or ended, and whether this ask has already made a message."""

    async def add_chat(self, chat: Chat) -> None:
        """Write a new chat; a visitor has at most one open chat."""

    async def add_message(self, draft: Draft) -> Message:
        """Give the draft an id and the chat's next `seq`, and write it.

        If its place is the Flex index that the chat waits for, the one behind it is waited for now.
        """

    async def set_status(self, message: MessageId, status: MessageStatus) -> Message | None:
        """Change how far a message has come; the changed message, or None if nothing changed."""

    async def message(self, message: MessageId) -> Message | None:
        """The message of this id."""

    async def message_at(self, chat: ChatId, *, index: int) -> Message | None:
        """The message of the chat that lies at this index at Flex."""

    async def rewrite(self, message: Message) -> None:
        """Write the message's text, what was done to it, and its place at Flex, as they are here."""

    async def set_ref(self, chat: ChatId, ref: FlexRef) -> None:
        """Write the chat's address at Flex."""

    async def set_agent(self, chat: ChatId, agent: Agent | None) -> None:
        """Write who is in the chat."""

    async def advance(self, chat: ChatId, *, index: int) -> Turn | None:
        """If this Flex index is the next one of the chat, the one behind it is now; the chat's turn as it then is."""

    async def set_sent(self, message: Message, *, index: int) -> bool:
        """Write that Flex has the message, at this index if none was known; False if it was sent before."""

    async def set_next_index(self, chat: ChatId, index: int) -> None:
        """Write which Flex index comes next."""

    async def end_chat(self, chat: ChatId, *, by: Ender, at: float) -> bool:
        """Mark the chat ended; False if it was already."""

    # --- looking back at Flex's own list
    async def watch(self, chat: ChatId, *, at: float | None) -> None:
        """Look at this chat's history at that time, if no earlier look is planned; None: never again."""

    async def watch_open(self, *, at: float) -> int:
        """Look at every open chat that has a place at Flex at that time, if no earlier look is planned. How many."""

    async def chats_to_look_at(self, *, now: float, until: float, limit: int) -> list[Chat]:
        """Chats whose look is due, longest due first; their next look is moved to `until`."""


Unit: TypeAlias = Callable[[Transaction], Awaitable[T]]
View: TypeAlias = Callable[[Reading], Awaitable[T]]


@value(frozen=True, slots=True)
class Part(Generic[Item, T]):
    """A unit that can be done together with others of its kind: a store may do `together` for the items of many.

    What comes of each, in their order. It fails for all or for none; then each is done as a unit of its own.
    """

    together: Callable[[Transaction, Sequence[Item]], Awaitable[Sequence[T]]]
    item: Item

    async def __call__(self, tx: Transaction) -> T:
        """Do it alone."""
        (done,) = await self.together(tx, [self.item])
        return done


class Store(Protocol):
    """The truth.

    A unit of work is a coroutine function over a transaction and awaits nothing else; it may be run again.
    """

    async def write(self, unit: Unit[T]) -> T:
        """Run the unit in one transaction; its result comes only once it is durable.

        Raises what the unit raises (and writes nothing of it), or `StoreUnavailable`.
        """

    async def read(self, view: View[T]) -> T:
        """Run the view on one consistent state that holds every finished write."""


@value(frozen=True, slots=True)
class Outcome:
    """What a unit or view gave back, or the error it raised."""

    value: Any = None
    error: BaseException | None = None


Then: TypeAlias = Callable[[Outcome], None]
"""Is told, on the event loop, what came of something that was asked for."""


@runtime_checkable
class TakesUnits(Protocol):
    """A store that needs no task to wait for each of its writes."""

    def take(self, unit: Unit[Any], then: Then) -> None:
        """As `write`; what comes of it is told to `then`, once, later, and in the context of whoever asks."""


@value(frozen=True, slots=True)
class WebhookRequest:
    """A request to a webhook route, raw. `path_qs` is path and query exactly as they were sent."""

    method: str
    path_qs: str
    headers: Mapping[str, str]
    body: bytes


class Flex(Protocol):
    """A back end. Every call may raise `NotSent`, `OutcomeUnknown`, `Refused` or `ChatGone`."""

    async def open(self, chat: Chat) -> FlexRef:
        """Make the chat's place at Flex, or finish making it: asked twice, there is still one."""

    async def say(self, ref: FlexRef, message: Message) -> Receipt:
        """Post the visitor's message."""

    async def end(self, ref: FlexRef) -> None:
        """End the chat at Flex, as the visitor; asked twice, it is ended once."""

    async def history(self, ref: FlexRef, *, after_index: int) -> list[Event]:
        """What Flex holds of the chat: who is in, the utterances above the index in order, and whether it ended.

        Also, by the way, which of the newest messages were changed or removed, as far as one look shows.
        """

    def read_webhook(self, request: WebhookRequest) -> Event | None:
        """The verified event, or None when it is not for us. Raises `Forged` or `BadWebhook`."""


@runtime_checkable
class LooksForSent(Protocol):
    """A back end that can find a message of ours by its id."""

    async def find_sent(self, ref: FlexRef, message: Message) -> Receipt | None:
        """The receipt of the message if Flex has it."""


@runtime_checkable
class NamesAgents(Protocol):
    """A back end that can tell the name an agent wants to be shown by."""

    async def agent_name(self, agent: str) -> str | None:
        """The agent's name, or None if Flex does not know it."""


class Bell(Protocol):
    """The lossy "look again" signal towards the visitor's sockets."""

    def ring(self, chat: Chat, news: Sequence[News]) -> None:
        """Say that the chat has news; never fails, never waits. Called after commit, in order of commit."""


class Clock(Protocol):
    """The only clock."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""


Wake: TypeAlias = Callable[[], None]
