"""Every noun and event of the house, as values. Times are seconds since the Unix epoch; only makers read ids."""

import uuid
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import NewType, TypeAlias

from middleware.relay.values import value

VisitorId = NewType("VisitorId", str)
ChatId = NewType("ChatId", str)
MessageId = NewType("MessageId", str)
AskId = NewType("AskId", str)
DeliveryId = NewType("DeliveryId", int)
FlexRef = NewType("FlexRef", str)
EventKey = NewType("EventKey", str)


def new_id() -> str:
    """A fresh id: 32 hexadecimal digits that nobody can guess."""
    return uuid.uuid4().hex


class Author(StrEnum):
    """Who speaks a message."""

    VISITOR = "visitor"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


class ChatState(StrEnum):
    """A chat is open once, then ended for good."""

    OPEN = "open"
    ENDED = "ended"


class Ender(StrEnum):
    """Who ended a chat: the visitor, Flex (an agent or its flow), or this house (it could not be opened)."""

    VISITOR = "visitor"
    FLEX = "flex"
    HOUSE = "house"


class MessageStatus(StrEnum):
    """How far a visitor's message has come; words from Flex are `sent` from the start."""

    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class Edited(StrEnum):
    """What was done at Flex to a message after it had taken its place here."""

    REWORDED = "reworded"
    WITHDRAWN = "withdrawn"


class DeliveryKind(StrEnum):
    """What can be owed to Flex. `meet` asks who an agent is; the others do what they say."""

    OPEN = "open"
    SAY = "say"
    END = "end"
    MEET = "meet"


@value(frozen=True, slots=True)
class Agent:
    """The agent inside a chat; `name` is None until Flex has told it, and empty if Flex knows none."""

    id: str
    name: str | None = None


@value(frozen=True, slots=True)
class Chat:
    """One visit, from open to ended.

    `last_seq`: of its newest message (0: none); `next_index`: Flex's that comes next; `context`: what the page told of
    the visit; `verified`: what the company's own server has proved of the visitor; `holds`: events of it are held.
    """

    id: ChatId
    visitor: VisitorId
    opened_at: float
    visitor_name: str | None = None
    state: ChatState = ChatState.OPEN
    ended_by: Ender | None = None
    ref: FlexRef | None = None
    agent: Agent | None = None
    last_seq: int = 0
    next_index: int = 0
    context: Mapping[str, str] = field(default_factory=dict)
    verified: Mapping[str, str] = field(default_factory=dict)
    holds: bool = False


@value(frozen=True, slots=True)
class Place:
    """Where a message lies at Flex; when its newest wording was made there and learned here (0: it is the first)."""

    index: int
    worded_at: float = 0.0
    learned_at: float = 0.0


@value(frozen=True, slots=True)
class Draft:
    """A message before the store has given it its place."""

    chat: ChatId
    author: Author
    text: str
    at: float
    status: MessageStatus = MessageStatus.SENT
    name: str | None = None
    ask: AskId | None = None
    place: Place | None = None


@value(frozen=True, slots=True)
class Message:
    """One utterance; `seq` (1, 2, 3 …) is its place in the chat. A withdrawn one has no text."""

    id: MessageId
    chat: ChatId
    seq: int
    author: Author
    text: str
    at: float
    status: MessageStatus = MessageStatus.SENT
    name: str | None = None
    ask: AskId | None = None
    edited: Edited | None = None
    place: Place | None = None


@value(frozen=True, slots=True)
class Delivery:
    """One thing owed to Flex, claimed; `chat` and `message` are as they were at the claim, which `attempts` counts too.

    `unsure` says that an earlier attempt may have reached Flex: look before sending.
    """

    id: DeliveryId
    kind: DeliveryKind
    chat: Chat
    message: Message | None
    attempts: int
    unsure: bool


@value(frozen=True, slots=True)
class Receipt:
    """Flex has the message: under this key, at this index."""

    key: EventKey
    index: int


# --- events: what Flex has told, verified ----------------------------------------------------------


@value(frozen=True, slots=True)
class Said:
    """Somebody on Flex's side spoke; `author_id` is their identity there, `at` None if Flex did not say when.

    `worded_at` is when Flex changed the text to this one, 0 if it never did.
    """

    ref: FlexRef
    key: EventKey
    index: int
    author: Author
    author_id: str
    text: str
    at: float | None = None
    worded_at: float = 0.0


@value(frozen=True, slots=True)
class Echoed:
    """Flex has a message of ours: the echo of what we sent."""

    ref: FlexRef
    key: EventKey
    index: int
    message: MessageId


@value(frozen=True, slots=True)
class Reworded:
    """A message was changed at Flex, to this, at that time (None: Flex did not say). `ours`: it is this one of ours."""

    ref: FlexRef
    key: EventKey
    index: int
    text: str
    at: float | None = None
    ours: MessageId | None = None


@value(frozen=True, slots=True)
class Withdrawn:
    """A message was removed at Flex. `ours`: it was this one of ours."""

    ref: FlexRef
    key: EventKey
    index: int
    ours: MessageId | None = None


@value(frozen=True, slots=True)
class Ended:
    """The chat is over at Flex."""

    ref: FlexRef
    key: EventKey


@value(frozen=True, slots=True)
class AgentJoined:
    """An agent came into the chat."""

    ref: FlexRef
    key: EventKey
    agent: str


@value(frozen=True, slots=True)
class AgentLeft:
    """An agent went out of the chat; `coming` is the key of the `AgentJoined` that this ends: it may be told later."""

    ref: FlexRef
    key: EventKey
    agent: str
    coming: EventKey | None = None


Uttered: TypeAlias = Said | Echoed
Change: TypeAlias = Reworded | Withdrawn
Event: TypeAlias = Uttered | Change | Ended | AgentJoined | AgentLeft


# --- news: what a visitor's sockets are told ---------------------------------------------------------


@value(frozen=True, slots=True)
class ChatOpened:
    """The visitor has a new chat."""

    chat: Chat


@value(frozen=True, slots=True)
class MessageSaid:
    """A message took its place in the chat."""

    message: Message


@value(frozen=True, slots=True)
class MessageChanged:
    """A message was reworded or withdrawn; as it is now."""

    message: Message


@value(frozen=True, slots=True)
class StatusChanged:
    """A message of the visitor's, said at that time, was sent, or failed."""

    seq: int
    status: MessageStatus
    said_at: float = field(default=0.0, compare=False)
    message: MessageId = field(default=MessageId(""), compare=False)


@value(frozen=True, slots=True)
class AgentChanged:
    """Who is in the chat now; None when the agent left."""

    agent: Agent | None


@value(frozen=True, slots=True)
class ChatEnded:
    """The chat is over."""

    by: Ender


News: TypeAlias = ChatOpened | MessageSaid | MessageChanged | StatusChanged | AgentChanged | ChatEnded
