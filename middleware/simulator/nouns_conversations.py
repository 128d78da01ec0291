"""The things of Flex Conversations, as values. Messages, media, users and webhooks are those of `nouns`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from middleware.simulator.nouns import WebhookKind, new_sid, now


class State(StrEnum):
    """How far a conversation has come; `closed` is final."""

    INITIALIZING = "initializing"
    INACTIVE = "inactive"
    ACTIVE = "active"
    CLOSED = "closed"


class InteractionState(StrEnum):
    """How far an Interaction's channel has come."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    CLOSED = "closed"


class MediaKind(StrEnum):
    """The kinds of channel an Interaction can be about."""

    VOICE = "voice"
    SMS = "sms"
    EMAIL = "email"
    WEB = "web"
    WHATSAPP = "whatsapp"
    CHAT = "chat"
    MESSENGER = "messenger"
    GBM = "gbm"


class AddressKind(StrEnum):
    """The kinds of address that conversations can begin at."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    MESSENGER = "messenger"
    GBM = "gbm"
    EMAIL = "email"
    RCS = "rcs"
    APPLE = "apple"
    CHAT = "chat"


class Autopilot(StrEnum):
    """Who gets the conversations that an address makes."""

    WEBHOOK = "webhook"
    STUDIO = "studio"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation; `next_index` is the place of its next message, and its timers run from `stirred`."""

    sid: str = field(default_factory=lambda: new_sid("CH"))
    friendly_name: str | None = None
    unique_name: str | None = None
    attributes: str = "{}"
    state: State = State.ACTIVE
    inactive_after: timedelta | None = None
    closed_after: timedelta | None = None
    created_by: str = "system"
    next_index: int = 0
    stirred: datetime = field(default_factory=now)
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Somebody's place in a conversation."""

    sid: str = field(default_factory=lambda: new_sid("MB"))
    conversation_sid: str
    identity: str
    role_sid: str
    attributes: str = "{}"
    last_read_message_index: int | None = None
    last_read_timestamp: datetime | None = None
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostHook:
    """The one webhook that an account has, or a service, for all its conversations."""

    url: str | None = None
    pre_url: str | None = None
    method: str = "POST"
    filters: tuple[str, ...] = ()
    target: str = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a conversation gets when it asks for nothing."""

    inactive_after: timedelta | None = None
    closed_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where conversations begin, and who gets the new ones."""

    sid: str = field(default_factory=lambda: new_sid("IG"))
    kind: AddressKind
    address: str
    friendly_name: str | None = None
    country: str | None = None
    enabled: bool = True
    autopilot: Autopilot = Autopilot.DEFAULT
    url: str | None = None
    method: str = "POST"
    filters: tuple[str, ...] = ()
    flow_sid: str | None = None
    retry_count: int = 0
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Somebody in an Interaction's channel: the customer, or an agent with their reservation."""

    sid: str = field(default_factory=lambda: new_sid("UT"))
    type: str
    routing: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """An Interaction with its one channel (UO) and its one invite (KG), about a conversation and a task."""

    sid: str = field(default_factory=lambda: new_sid("KD"))
    channel_sid: str = field(default_factory=lambda: new_sid("UO"))
    invite_sid: str = field(default_factory=lambda: new_sid("KG"))
    kind: MediaKind
    conversation_sid: str
    task_sid: str
    state: InteractionState = InteractionState.ACTIVE
    seats: tuple[Seat, ...] = ()
    context_sid: str | None = None
    webhook_ttid: str | None = None


KIND_OF: Mapping[Autopilot, WebhookKind] = MappingProxyType(
    {Autopilot.WEBHOOK: WebhookKind.WEBHOOK, Autopilot.STUDIO: WebhookKind.STUDIO}
)
