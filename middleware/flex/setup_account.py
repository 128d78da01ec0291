"""The account itself: looks at what it contains, and does what a plan says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, assert_never

from twilio.http.response import Response
from twilio.rest import Client

from middleware.flex.rest import Credentials, NotLetIn, Transport, twilio_client
from middleware.flex.setup import Change, Create, Found, Kind, Parameters, Plan, SetupImpossible, Step, Value, Wanted

_FLOW = (
    "friendly_name",
    "chat_service_sid",
    "channel_type",
    "contact_identity",
    "enabled",
    "integration_type",
    "janitor_enabled",
    "long_lived",
)
_ADDRESS = ("type", "address", "friendly_name")
_WEBHOOK = ("post_webhook_url", "method", "filters")
_CHAT_SERVICE = ("friendly_name", "read_status_enabled", "post_webhook_retry_count")


class Account:
    """A Twilio account, seen as a list of things. Every call raises the `FlexError`s of the transport."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def knock(self) -> Response:
        """A small question that both back ends may ask; the answer with its headers."""
        url = f"{self._client.taskrouter.base_url}/v1/Workspaces"
        answer: Response = await self._client.request_async("GET", url, params={"PageSize": 1})
        return answer

    async def look(self, desired: Sequence[Wanted]) -> list[Found]:
        """What the account has of the kinds that are wanted."""
        looks: dict[Kind, Callable[[], Awaitable[list[Found]]]] = {
            Kind.FLOW: self.flows,
            Kind.CHAT_SERVICE: self.chat_services,
            Kind.SERVICE: self.services,
            Kind.DEFAULTS: self._defaults,
            Kind.ADDRESS: self.addresses,
            Kind.WEBHOOK: self._webhooks,
        }
        kinds = {wanted.kind for wanted in desired}
        found = await asyncio.gather(*(look() for kind, look in looks.items() if kind in kinds))
        return [thing for things in found for thing in things]

    async def flows(self) -> list[Found]:
        """Every Flex Flow."""
        return [_flow(flow) for flow in await self._client.flex_api.v1.flex_flow.list_async()]

    async def chat_services(self) -> list[Found]:
        """Every chat service."""
        return [_chat_service(service) for service in await self._client.chat.v2.services.list_async()]

    async def services(self) -> list[Found]:
        """Every service of Conversations."""
        services = await self._conversations().services.list_async()
        return [_named(Kind.SERVICE, service) for service in services]

    async def addresses(self) -> list[Found]:
        """Every address where conversations begin."""
        return [_address(address) for address in await self._conversations().address_configurations.list_async()]

    async def workspaces(self) -> list[Found]:
        """Every TaskRouter workspace."""
        return [_named(Kind.WORKSPACE, space) for space in await self._client.taskrouter.v1.workspaces.list_async()]

    async def do(self, step: Step) -> Found:
        """Make or change one thing; as it is afterwards."""
        told: dict[str, Any] = {
            name: list(value) if isinstance(value, tuple) else value for name, value in step.parameters.items()
        }
        match step:
            case Create(Kind.FLOW):
                return _flow(await self._client.flex_api.v1.flex_flow.create_async(**told))
            case Create(Kind.ADDRESS):
                return _address(await self._conversations().address_configurations.create_async(**told))
            case Change(Found(kind=kind, sid=sid)):
                return await self._change(kind, sid, told)
            case _:
                raise SetupImpossible(f"A {step.kind} cannot be made from here.")

    async def _change(self, kind: Kind, sid: str, told: Mapping[str, Any]) -> Found:
        match kind:
            case Kind.FLOW:
                return _flow(await self._client.flex_api.v1.flex_flow(sid).update_async(**told))
            case Kind.CHAT_SERVICE:
                return _chat_service(await self._client.chat.v2.services(sid).update_async(**told))
            case Kind.ADDRESS:
                return _address(await self._conversations().address_configurations(sid).update_async(**told))
            case Kind.DEFAULTS:
                return _defaults(await self._conversations().configuration().update_async(**told))
            case Kind.WEBHOOK:
                return _webhook(await self._webhook(sid).update_async(**told))
            case Kind.SERVICE | Kind.WORKSPACE:
                raise SetupImpossible(f"The {kind} {sid} cannot be changed from here.")
            case _:
                assert_never(kind)

    async def _defaults(self) -> list[Found]:
        return [_defaults(await self._conversations().configuration().fetch_async())]

    async def _webhooks(self) -> list[Found]:
        services = await self._conversations().services.list_async()
        return list(await asyncio.gather(*(self._fetched_webhook(service.sid) for service in services)))

    async def _fetched_webhook(self, service_sid: str) -> Found:
        return _webhook(await self._webhook(service_sid).fetch_async())

    def _webhook(self, service_sid: str) -> Any:
        return self._conversations().services(service_sid).configuration.webhooks()

    def _conversations(self) -> Any:
        return self._client.conversations.v1


@asynccontextmanager
async def open_account(account_sid: str, auth_token: str, *, api_url: str | None) -> AsyncIterator[Account]:
    """The account behind these credentials, while the block runs."""
    async with Transport() as transport:
        yield Account(twilio_client(Credentials(account_sid, auth_token, api_url=api_url), transport))


async def apply(plan: Plan, account: Account) -> AsyncIterator[tuple[Step, Found]]:
    """Do the plan's steps one after another, telling each that is done. Stopped anywhere, it can be made anew."""
    for step in plan.steps:
        yield step, await account.do(step)


def is_locked_out(error: Exception) -> bool:
    """Whether Twilio refused the credentials themselves."""
    return isinstance(error, NotLetIn) and error.status == 401


def _flow(flow: Any) -> Found:
    parameters = {**_read(flow, _FLOW), **_flat("integration", flow.integration)}
    return Found(kind=Kind.FLOW, sid=str(flow.sid), parameters=parameters)


def _chat_service(service: Any) -> Found:
    return Found(kind=Kind.CHAT_SERVICE, sid=str(service.sid), parameters=_read(service, _CHAT_SERVICE))


def _address(address: Any) -> Found:
    parameters = {**_read(address, _ADDRESS), **_flat("auto_creation", address.auto_creation)}
    return Found(kind=Kind.ADDRESS, sid=str(address.sid), parameters=parameters)


def _defaults(configuration: Any) -> Found:
    parameters = _read(configuration, ("default_chat_service_sid",))
    return Found(kind=Kind.DEFAULTS, sid="", parameters=parameters)


def _webhook(webhook: Any) -> Found:
    return Found(kind=Kind.WEBHOOK, sid=str(webhook.chat_service_sid), parameters=_read(webhook, _WEBHOOK))


def _named(kind: Kind, thing: Any) -> Found:
    return Found(kind=kind, sid=str(thing.sid), parameters=_read(thing, ("friendly_name",)))


def _read(thing: Any, names: Sequence[str]) -> Parameters:
    return {name: _value(getattr(thing, name)) for name in names}


def _flat(block: str, told: Mapping[str, Any] | None) -> Parameters:
    return {f"{block}_{name}": _value(value) for name, value in (told or {}).items()}


def _value(told: Any) -> Value:
    if isinstance(told, list):
        return tuple(map(str, told))
    return told if told is None or isinstance(told, str | int | bool) else str(told)
