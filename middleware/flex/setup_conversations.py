"""The things a website's chat needs in an account on Flex Conversations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from middleware.flex.setup import Found, Kind, Parameters, SetupImpossible, Value
from middleware.flex.setup_wanted import FLOW_NAME, External, Studio

ADDRESS = "website"
_CHAT = "chat"

Binding: TypeAlias = Studio | External


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationService:
    """Flex's chat service, as Conversations shows it. It has nothing to set; it has to be there."""

    kind: ClassVar[Kind] = Kind.SERVICE

    sid: str

    def own(self, actual: Sequence[Found]) -> Found | None:
        """By its sid."""
        return next((found for found in actual if found.kind is Kind.SERVICE and found.sid == self.sid), None)

    def rivals(self, actual: Sequence[Found], *, own: Found | None) -> list[Found]:
        """None: services live side by side."""
        del actual, own
        return []

    def parameters(self) -> Parameters:
        """None."""
        return {}

    def at_first(self) -> Parameters:
        """Flex makes it itself; another would not be Flex's."""
        raise SetupImpossible(f"The account has no service {self.sid}: mend FLEX_CHAT_SERVICE_SID.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """The account's defaults: Flex works only with the default service.

    https://www.twilio.com/docs/flex/developer/conversations/best-practices
    """

    kind: ClassVar[Kind] = Kind.DEFAULTS

    service_sid: str

    def own(self, actual: Sequence[Found]) -> Found | None:
        """An account has one set of them."""
        return next((found for found in actual if found.kind is Kind.DEFAULTS), None)

    def rivals(self, actual: Sequence[Found], *, own: Found | None) -> list[Found]:
        """None."""
        del actual, own
        return []

    def parameters(self) -> Parameters:
        """The service; timers are somebody else's choice."""
        return {"default_chat_service_sid": self.service_sid}

    def at_first(self) -> Parameters:
        """They are always there."""
        raise SetupImpossible("The account has no Conversations: it cannot be used for BACKEND=conversations.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The chat address where the website's conversations begin, bound to a Studio flow or to a webhook."""

    kind: ClassVar[Kind] = Kind.ADDRESS

    service_sid: str
    sid: str | None = None
    address: str | None = None
    friendly_name: str | None = None
    binding: Binding | None = None

    def own(self, actual: Sequence[Found]) -> Found | None:
        """By its sid; or by its address; or, with neither given, the only chat address there is."""
        chats = [found for found in actual if found.kind is Kind.ADDRESS and found.get("type") == _CHAT]
        if self.sid is not None:
            return self._by_sid(chats)
        own = [found for found in chats if found.get("address") == (self.address or ADDRESS)]
        return next(iter(own or (chats if self.address is None and len(chats) == 1 else [])), None)

    def rivals(self, actual: Sequence[Found], *, own: Found | None) -> list[Found]:
        """None: each address has its own conversations."""
        del actual, own
        return []

    def parameters(self) -> Parameters:
        """On, in its service, and bound."""
        told: dict[str, Value] = {
            "friendly_name": self.friendly_name,
            "auto_creation_enabled": True,
            "auto_creation_conversation_service_sid": self.service_sid,
            **(_bound(self.binding) if self.binding else {}),
        }
        return {name: value for name, value in told.items() if value is not None}

    def at_first(self) -> Parameters:
        """The same, with its type, its address and its name."""
        if self.binding is None:
            raise SetupImpossible(
                "A new address needs to know where its chats begin: give --studio-flow or --external-url;"
                " or --workflow, which needs no address."
            )
        names = {"type": _CHAT, "address": self.address or ADDRESS, "friendly_name": FLOW_NAME}
        return {**names, **self.parameters()}

    def _by_sid(self, chats: Sequence[Found]) -> Found:
        own = next((chat for chat in chats if chat.sid == self.sid), None)
        if own is None:
            raise SetupImpossible(
                f"The account has no chat address {self.sid}: mend FLEX_ADDRESS_SID, or unset it for a new one."
            )
        return own


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceWebhook:
    """The service's webhook, for words that no conversation's own webhook tells: some of Studio's.

    It tells of every conversation of the service, so it is wanted only by those who ask for it.
    """

    kind: ClassVar[Kind] = Kind.WEBHOOK

    service_sid: str
    url: str

    def own(self, actual: Sequence[Found]) -> Found | None:
        """A service has one."""
        return next((found for found in actual if found.kind is Kind.WEBHOOK and found.sid == self.service_sid), None)

    def rivals(self, actual: Sequence[Found], *, own: Found | None) -> list[Found]:
        """None: what it takes the place of is in the difference."""
        del actual, own
        return []

    def parameters(self) -> Parameters:
        """What is said, and the end."""
        return {
            "post_webhook_url": self.url,
            "method": "POST",
            "filters": ("onMessageAdded", "onConversationStateUpdated"),
        }

    def at_first(self) -> Parameters:
        """It is always there, empty at first."""
        raise SetupImpossible(f"The account has no service {self.service_sid}: mend FLEX_CHAT_SERVICE_SID.")


def _bound(binding: Binding) -> Parameters:
    match binding:
        case Studio(flow_sid, retry_count):
            told: dict[str, Value] = {
                "type": "studio",
                "studio_flow_sid": flow_sid,
                "studio_retry_count": retry_count,
            }
        case External(url):
            told = {
                "type": "webhook",
                "webhook_url": url,
                "webhook_method": "post",
                "webhook_filters": ("onMessageAdded",),
            }
    return {f"auto_creation_{name}": value for name, value in told.items()}
