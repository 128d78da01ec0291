"""The state of the pretend account: tables of values, and two bells for those who watch it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from middleware.simulator.events import Actor, Event
from middleware.simulator.nouns import (
    Activity,
    ChannelKind,
    ChatChannel,
    ChatService,
    FlexChannel,
    Flow,
    IntegrationType,
    Media,
    Member,
    Message,
    Moment,
    Reservation,
    Task,
    User,
    Webhook,
    Worker,
)
from middleware.simulator.nouns_conversations import (
    Address,
    AddressKind,
    Autopilot,
    Conversation,
    Defaults,
    Interaction,
    Participant,
    PostHook,
)
from middleware.simulator.rates import Bucket
from middleware.simulator.seed import Seed

WEBCHATS_A_SECOND = 5


@dataclass(slots=True)
class Tables:
    """Everything by sid; what lives inside a channel, or a conversation, is by its sid first.

    Messages and webhooks of both lie in the same tables; `told` keeps what webhooks were told of each message, and
    `moments` who came and went.
    """

    service: ChatService
    flows: dict[str, Flow] = field(default_factory=dict)
    flex_channels: dict[str, FlexChannel] = field(default_factory=dict)
    by_target: dict[tuple[str, str], str] = field(default_factory=dict)
    channels: dict[str, ChatChannel] = field(default_factory=dict)
    by_unique_name: dict[str, str] = field(default_factory=dict)
    messages: dict[str, dict[str, Message]] = field(default_factory=dict)
    members: dict[str, dict[str, Member]] = field(default_factory=dict)
    webhooks: dict[str, dict[str, Webhook]] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    by_identity: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    reservations: dict[str, dict[str, Reservation]] = field(default_factory=dict)
    workers: dict[str, Worker] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    by_conversation_name: dict[str, str] = field(default_factory=dict)
    participants: dict[str, dict[str, Participant]] = field(default_factory=dict)
    told: dict[str, Event] = field(default_factory=dict)
    moments: dict[str, list[Moment]] = field(default_factory=dict)
    addresses: dict[str, Address] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    account_hook: PostHook = field(default_factory=PostHook)
    service_hook: PostHook = field(default_factory=PostHook)
    defaults: Defaults = field(default_factory=Defaults)


class Account:
    """One account. `on_change` hears that something changed; `on_event` hears what webhooks would tell."""

    def __init__(self, seed: Seed, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.seed = seed
        self.tables = sown(seed)
        self.webchats = Bucket(WEBCHATS_A_SECOND, clock)
        self.on_change: list[Callable[[], None]] = []
        self.on_event: list[Callable[[Event], None]] = []

    def reset(self) -> None:
        """Make the account as it was at first."""
        self.tables = sown(self.seed)
        self.webchats.fill()
        self.changed()

    def changed(self) -> None:
        """Tell the watchers to look again."""
        for hear in self.on_change:
            hear()

    def publish(self, event: Event, by: Actor) -> None:
        """Tell an event to those it concerns, unless its doer is not heard."""
        self.changed()
        if by.heard:
            for hear in self.on_event:
                hear(event)

    def tell_again(self, event: Event, *, only: str) -> None:
        """Tell an event once more, to one webhook alone, as an event of its own."""
        again = Event(event.type, event.fields, event.channel_sid, only)
        for hear in self.on_event:
            hear(again)


def sown(seed: Seed) -> Tables:
    """The tables of an account that nobody has used yet."""
    tables = Tables(ChatService(sid=seed.chat_service_sid))
    tables.flows[seed.flow_sid] = _flow(seed)
    tables.workers[seed.worker_sid] = _worker(seed)
    tables.addresses[seed.address_sid] = _address(seed)
    for sid, name, available in (
        (seed.available_activity_sid, "Available", True),
        (seed.offline_activity_sid, "Offline", False),
    ):
        tables.activities[sid] = Activity(sid=sid, friendly_name=name, available=available)
    return tables


def _flow(seed: Seed) -> Flow:
    return Flow(
        sid=seed.flow_sid,
        friendly_name="Website chat",
        chat_service_sid=seed.chat_service_sid,
        channel_type=ChannelKind.CUSTOM,
        contact_identity="website",
        integration_type=IntegrationType.STUDIO,
        integration={"flow_sid": seed.studio_flow_sid, "retry_count": 3},
        janitor_enabled=True,
    )


def _address(seed: Seed) -> Address:
    return Address(
        sid=seed.address_sid,
        kind=AddressKind.CHAT,
        address="website",
        friendly_name="Website chat",
        autopilot=Autopilot.STUDIO,
        flow_sid=seed.studio_flow_sid,
    )


def _worker(seed: Seed) -> Worker:
    attributes = {"contact_uri": f"client:{seed.agent_identity}", "full_name": seed.agent_name, "roles": ["agent"]}
    return Worker(
        sid=seed.worker_sid,
        friendly_name=seed.agent_identity,
        activity_sid=seed.available_activity_sid,
        attributes=json.dumps(attributes, separators=(",", ":")),
    )
