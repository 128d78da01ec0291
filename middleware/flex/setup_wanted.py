"""The things a website's chat needs in a Twilio account: each knows itself, its rivals, and what must hold of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from middleware.flex.setup import Found, Kind, Parameters, SetupImpossible, Value, same

FLOW_NAME = "Website chat"
_CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Studio:
    """The flow's chats begin in a Studio flow."""

    flow_sid: str
    retry_count: int = 3

    def parameters(self) -> Parameters:
        """As the API has them."""
        return _block("studio", flow_sid=self.flow_sid, retry_count=self.retry_count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The flow's chats become tasks at once. `timeout` is in seconds."""

    workspace_sid: str
    workflow_sid: str
    channel: str = "default"
    priority: int = 0
    timeout: int = 86400
    creation_on_message: bool = False

    def parameters(self) -> Parameters:
        """As the API has them."""
        return _block(
            "task",
            workspace_sid=self.workspace_sid,
            workflow_sid=self.workflow_sid,
            channel=self.channel,
            priority=self.priority,
            timeout=self.timeout,
            creation_on_message=self.creation_on_message,
        )


@dataclass(frozen=True, slots=True)
class External:
    """The flow's chats are told to a webhook of one's own."""

    url: str
    retry_count: int = 3

    def parameters(self) -> Parameters:
        """As the API has them."""
        return _block("external", url=self.url, retry_count=self.retry_count)


Integration: TypeAlias = Studio | Task | External


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The Flex Flow for this website. What is None is left as it is, and named by us when the flow is made."""

    kind: ClassVar[Kind] = Kind.FLOW

    chat_service_sid: str
    sid: str | None = None
    friendly_name: str | None = None
    contact_identity: str | None = None
    integration: Integration | None = None
    janitor_enabled: bool = True
    long_lived: bool = False

    def own(self, actual: Sequence[Found]) -> Found | None:
        """By its sid; or by its name; or, with neither given, the enabled one, which is what chats come to now."""
        flows = [found for found in actual if found.kind is Kind.FLOW]
        if self.sid is not None:
            return self._by_sid(flows)
        name = self.friendly_name or FLOW_NAME
        own = [flow for flow in flows if _is_custom(flow) and (flow.name == name or self._may_adopt(flow))]
        return max(own, key=lambda flow: (_is_enabled(flow), flow.name == name), default=None)

    def rivals(self, actual: Sequence[Found], *, own: Found | None) -> list[Found]:
        """Other enabled flows: an account may have one for each channel type."""
        return [
            found
            for found in actual
            if found.kind is Kind.FLOW and _is_custom(found) and _is_enabled(found) and found != own
        ]

    def parameters(self) -> Parameters:
        """Enabled, in its service, with an integration, and both flags said aloud."""
        told: dict[str, Value] = {
            "friendly_name": self.friendly_name,
            "contact_identity": self.contact_identity,
            "chat_service_sid": self.chat_service_sid,
            "enabled": True,
            "janitor_enabled": self.janitor_enabled,
            "long_lived": self.long_lived,
            **(self.integration.parameters() if self.integration else {}),
        }
        return {name: value for name, value in told.items() if value is not None}

    def at_first(self) -> Parameters:
        """The same, with its channel type and its names."""
        if self.integration is None:
            raise SetupImpossible(
                "A new Flex Flow needs to know where its chats begin: give --studio-flow, --workflow or --external-url."
            )
        names = {"friendly_name": FLOW_NAME, "contact_identity": "website", "channel_type": _CUSTOM}
        return {**names, **self.parameters()}

    def _may_adopt(self, flow: Found) -> bool:
        return self.friendly_name is None and _is_enabled(flow)

    def _by_sid(self, flows: Sequence[Found]) -> Found:
        own = next((flow for flow in flows if flow.sid == self.sid), None)
        if own is None:
            raise SetupImpossible(
                f"The account has no Flex Flow {self.sid}: mend FLEX_FLOW_SID, or unset it for a new one."
            )
        if not _is_custom(own):
            raise SetupImpossible(
                f"Flex Flow {self.sid} is for {own.get('channel_type')}: FLEX_FLOW_SID must name one for custom."
            )
        return own


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatService:
    """Flex's chat service: it keeps what was read, and asks again when a webhook of its own was not answered."""

    kind: ClassVar[Kind] = Kind.CHAT_SERVICE

    sid: str

    def own(self, actual: Sequence[Found]) -> Found | None:
        """By its sid."""
        return next((found for found in actual if found.kind is Kind.CHAT_SERVICE and found.sid == self.sid), None)

    def rivals(self, actual: Sequence[Found], *, own: Found | None) -> list[Found]:
        """None: services live side by side."""
        del actual, own
        return []

    def parameters(self) -> Parameters:
        """Retries: as many as Twilio allows; its own default is none."""
        return {"read_status_enabled": True, "post_webhook_retry_count": 3}

    def at_first(self) -> Parameters:
        """Flex makes its chat service itself; another would not be Flex's."""
        raise SetupImpossible(f"The account has no chat service {self.sid}: mend FLEX_CHAT_SERVICE_SID.")


def _is_enabled(flow: Found) -> bool:
    return same(flow.get("enabled"), True)


def _is_custom(flow: Found) -> bool:
    return flow.get("channel_type") == _CUSTOM


def _block(kind: str, **told: Value) -> Parameters:
    return {"integration_type": kind, **{f"integration_{name}": value for name, value in told.items()}}
