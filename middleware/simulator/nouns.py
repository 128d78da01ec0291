"""The things an account holds, as values; a change makes a new value under the same sid."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


def new_sid(prefix: str) -> str:
    """A sid nobody has had before: the prefix and 32 hexadecimal digits."""
    return prefix + uuid.uuid4().hex


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class IntegrationType(StrEnum):
    """Where a flow sends a new channel."""

    STUDIO = "studio"
    EXTERNAL = "external"
    TASK = "task"


class ChannelKind(StrEnum):
    """The contact channels a flow can be for."""

    WEB = "web"
    SMS = "sms"
    FACEBOOK = "facebook"
    WHATSAPP = "whatsapp"
    LINE = "line"
    CUSTOM = "custom"


class WebhookKind(StrEnum):
    """The three kinds of webhook a channel can have."""

    WEBHOOK = "webhook"
    TRIGGER = "trigger"
    STUDIO = "studio"


class TaskStatus(StrEnum):
    """How far a task has come."""

    PENDING = "pending"
    RESERVED = "reserved"
    ASSIGNED = "assigned"
    WRAPPING = "wrapping"
    COMPLETED = "completed"
    CANCELED = "canceled"


OVER = frozenset({TaskStatus.WRAPPING, TaskStatus.COMPLETED, TaskStatus.CANCELED})
"""Where a task stands whose chat has ended."""


class ReservationStatus(StrEnum):
    """How far the offer of a task to a worker has come."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TIMEOUT = "timeout"
    CANCELED = "canceled"
    RESCINDED = "rescinded"
    WRAPPING = "wrapping"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A Flex Flow: what becomes of the channels opened with it."""

    sid: str = field(default_factory=lambda: new_sid("FO"))
    friendly_name: str
    chat_service_sid: str
    channel_type: ChannelKind
    contact_identity: str | None = None
    enabled: bool = True
    integration_type: IntegrationType = IntegrationType.STUDIO
    integration: Mapping[str, str | int | bool] = field(default_factory=dict)
    long_lived: bool = False
    janitor_enabled: bool = False
    created: datetime = field(default_factory=now)
    updated: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexChannel:
    """What Flex knows of a channel; the chat itself is the ChatChannel of the same sid."""

    sid: str
    flow_sid: str
    user_sid: str
    identity: str
    customer_name: str
    target: str | None
    long_lived: bool
    task_sid: str | None = None
    created: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatService:
    """The settings of the chat service that a person can change."""

    sid: str
    friendly_name: str = "Flex Chat Service"
    pre_webhook_url: str | None = None
    post_webhook_url: str | None = None
    webhook_method: str = "POST"
    webhook_filters: tuple[str, ...] = ()
    pre_webhook_retry_count: int = 0
    post_webhook_retry_count: int = 0
    read_status_enabled: bool = True
    reachability_enabled: bool = False
    typing_indicator_timeout: int = 5
    consumption_report_interval: int = 10
    channel_members: int = 100
    user_channels: int = 250
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatChannel:
    """A chat; `next_index` is the place of its next message and never goes back."""

    sid: str = field(default_factory=lambda: new_sid("CH"))
    friendly_name: str | None = None
    unique_name: str | None = None
    attributes: str = "{}"
    type: str = "public"
    created_by: str = "system"
    next_index: int = 0
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file that a message carries."""

    sid: str = field(default_factory=lambda: new_sid("ME"))
    filename: str | None = None
    content_type: str = "application/octet-stream"
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; `index` is its place in the channel or conversation, from 0 without holes."""

    sid: str = field(default_factory=lambda: new_sid("IM"))
    channel_sid: str
    index: int = -1
    sender: str = "system"
    body: str = ""
    attributes: str = "{}"
    media: Media | None = None
    last_updated_by: str | None = None
    was_edited: bool = False
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user's place in a channel."""

    sid: str = field(default_factory=lambda: new_sid("MB"))
    channel_sid: str
    identity: str
    role_sid: str
    attributes: str = "{}"
    last_consumed_message_index: int | None = None
    last_consumption_timestamp: datetime | None = None
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who can be a member of channels."""

    sid: str = field(default_factory=lambda: new_sid("US"))
    identity: str
    role_sid: str
    friendly_name: str | None = None
    attributes: str = "{}"
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook of one channel or conversation. For a `trigger`, `filters` holds the words it listens for."""

    sid: str = field(default_factory=lambda: new_sid("WH"))
    channel_sid: str
    type: WebhookKind
    url: str | None = None
    method: str = "POST"
    filters: tuple[str, ...] = ()
    flow_sid: str | None = None
    retry_count: int = 0
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Work for an agent."""

    sid: str = field(default_factory=lambda: new_sid("WT"))
    attributes: str = "{}"
    status: TaskStatus = TaskStatus.PENDING
    reason: str | None = None
    priority: int = 0
    timeout: int = 86400
    channel: str = "default"
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """The offer of a task to a worker."""

    sid: str = field(default_factory=lambda: new_sid("WR"))
    task_sid: str
    worker_sid: str
    status: ReservationStatus = ReservationStatus.PENDING
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """An agent, as TaskRouter knows them."""

    sid: str
    friendly_name: str
    activity_sid: str
    attributes: str
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    status_changed: datetime = field(default_factory=now)


class Turn(StrEnum):
    """What can happen in a chat beside words."""

    JOINED = "joined"
    LEFT = "left"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Somebody came or went, or the chat ended; `who` is an identity, None for a request of the API."""

    turn: Turn
    who: str | None
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What a worker can be doing; only an available one is offered tasks."""

    sid: str
    friendly_name: str
    available: bool
    created: datetime = field(default_factory=now)
