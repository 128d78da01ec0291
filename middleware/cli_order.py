"""What the account must contain, out of settings and options."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from middleware.cli_settings import Known
from middleware.flex.setup import Kind, Plan, SetupImpossible, Wanted
from middleware.flex.setup_account import Account
from middleware.flex.setup_conversations import Address, Binding, ConversationService, Defaults, ServiceWebhook
from middleware.flex.setup_wanted import ChatService, External, Flow, Studio, Task
from middleware.settings import WAYS_TO_OPEN, Backend, Settings


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line."""

    given: Mapping[str, Any]

    @property
    def binding(self) -> Binding | None:
        """The Studio flow or the address that chats shall be told to."""
        if self.given["studio_flow"]:
            return Studio(self.given["studio_flow"], retry_count=self.given["retries"])
        if self.given["external_url"]:
            return External(self.given["external_url"], retry_count=self.given["retries"])
        return None

    def task(self, *, workspace_sid: str) -> Task | None:
        """The tasks that chats shall become."""
        if not self.given["workflow"]:
            return None
        return Task(
            workspace_sid=workspace_sid,
            workflow_sid=self.given["workflow"],
            channel=self.given["task_channel"],
            priority=self.given["priority"],
            timeout=self.given["timeout"],
            creation_on_message=self.given["creation_on_message"],
        )


def wanted(known: Known, order: Order) -> list[Wanted]:
    """What the account must contain. Raises `SetupImpossible`."""
    if sum(bool(order.given[name]) for name in ("studio_flow", "workflow", "external_url")) > 1:
        raise SetupImpossible("Chats can begin in one place only: --studio-flow, --workflow or --external-url.")
    match known.backend:
        case Backend.PROGRAMMABLE_CHAT:
            return _flow(known, order)
        case Backend.CONVERSATIONS:
            return _conversations(known, order)
        case _:
            assert_never(known.backend)


def wanted_by_server(settings: Settings) -> list[Wanted]:
    """What the account must contain for these settings, whatever it was that made it."""
    service = settings.flex_chat_service_sid
    match settings.backend:
        case Backend.PROGRAMMABLE_CHAT:
            return [ChatService(sid=service), Flow(sid=settings.flex_flow_sid, chat_service_sid=service)]
        case Backend.CONVERSATIONS:
            address = settings.flex_address_sid
            there = [Address(sid=address, service_sid=service)] if address else []
            return [ConversationService(sid=service), Defaults(service_sid=service), *there]
        case _:
            assert_never(settings.backend)


def settings_after(known: Known, order: Order, *, plan: Plan) -> dict[str, str | None]:
    """The server's settings for the account as it is with this plan; None is not known yet."""
    own = {found.kind: found.sid for found in plan.own}
    told = {
        "BACKEND": known.backend.value,
        "TWILIO_ACCOUNT_SID": known.account_sid,
        "FLEX_CHAT_SERVICE_SID": known.must("flex_chat_service_sid"),
        "FLEX_WORKSPACE_SID": known.must("flex_workspace_sid"),
    }
    if known.backend is Backend.PROGRAMMABLE_CHAT:
        return {**told, "FLEX_FLOW_SID": own.get(Kind.FLOW)}
    way = _way(known, order)
    sids = {"flex_address_sid": own.get(Kind.ADDRESS), "flex_workflow_sid": order.given["workflow"]}
    return {**told, way.upper(): sids.get(way) or known.text(way)}


def superfluous(known: Known, order: Order) -> list[str]:
    """The settings of other ways, which the server would refuse beside the chosen one."""
    if known.backend is not Backend.CONVERSATIONS:
        return []
    return [name.upper() for name in WAYS_TO_OPEN if known.text(name) and name != _way(known, order)]


async def discovered(account: Account, known: Known) -> Known:
    """With the service and the workspace, if Flex's own can be told from the others. Raises `SetupImpossible`."""
    legacy = known.backend is Backend.PROGRAMMABLE_CHAT
    looks = {
        "flex_chat_service_sid": (account.chat_services if legacy else account.services, "Flex Chat Service"),
        "flex_workspace_sid": (account.workspaces, "Flex Task Assignment"),
    }
    found: dict[str, str] = {}
    problems: list[str] = []
    for name, (look, flex_name) in looks.items():
        if known.text(name) is not None:
            continue
        things = await look()
        own = [thing for thing in things if thing.name == flex_name] if len(things) > 1 else things
        if len(own) == 1:
            found[name] = own[0].sid
        else:
            there = ", ".join(f'{thing.sid} "{thing.name}"' for thing in things) or "none"
            problems.append(f"{name.upper()} must be set; the account has: {there}.")
    if problems:
        raise SetupImpossible("\n".join(problems))
    return Known({**known.values, **found})


def _flow(known: Known, order: Order) -> list[Wanted]:
    service = known.must("flex_chat_service_sid")
    flow = Flow(
        chat_service_sid=service,
        sid=known.text("flex_flow_sid"),
        friendly_name=order.given["name"],
        contact_identity=order.given["contact_identity"],
        integration=order.binding or order.task(workspace_sid=known.must("flex_workspace_sid")),
        janitor_enabled=order.given["janitor"],
        long_lived=order.given["long_lived"],
    )
    return [ChatService(sid=service), flow]


def _conversations(known: Known, order: Order) -> list[Wanted]:
    service = known.must("flex_chat_service_sid")
    desired: list[Wanted] = [ConversationService(sid=service), Defaults(service_sid=service)]
    if _way(known, order) == "flex_address_sid":
        address = Address(
            service_sid=service,
            sid=known.text("flex_address_sid"),
            address=order.given["address"],
            friendly_name=order.given["name"],
            binding=order.binding,
        )
        desired.append(address)
    if order.given["service_webhook"]:
        desired.append(ServiceWebhook(service_sid=service, url=_new_message(known)))
    return desired


def _way(known: Known, order: Order) -> str:
    """How chats are opened: as the options say, or else the settings, or else at an address."""
    if order.given["workflow"]:
        return "flex_workflow_sid"
    chosen = [name for name in WAYS_TO_OPEN if known.text(name)]
    if order.binding is not None or not chosen:
        return "flex_address_sid"
    if len(chosen) > 1:
        names = ", ".join(name.upper() for name in chosen)
        raise SetupImpossible(f"{names} are set: chats are opened in one way only, so unset all but one.")
    return chosen[0]


def _new_message(known: Known) -> str:
    public = known.text("public_url")
    if public is None:
        raise SetupImpossible("--service-webhook leads to this server: set PUBLIC_URL.")
    return f"{public}/new-message"
