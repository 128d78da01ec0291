"""The account itself: looks at what it contains, and does what a plan says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

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

    async def workspaces(self) -> list[Found]:
        """Every TaskRouter workspace."""
        spaces = await self._client.taskrouter.v1.workspaces.list_async()
        return [
            Found(kind=Kind.WORKSPACE, sid=space.sid, parameters={"friendly_name": space.friendly_name})
            for space in spaces
        ]

    async def do(self, step: Step) -> Found:
        """Make or change one thing; as it is afterwards."""
        match step:
            case Create(Kind.FLOW, parameters):
                return _flow(await self._client.flex_api.v1.flex_flow.create_async(**parameters))
            case Change(Found(kind=Kind.FLOW, sid=sid), parameters):
                return _flow(await self._client.flex_api.v1.flex_flow(sid).update_async(**parameters))
            case Change(Found(kind=Kind.CHAT_SERVICE, sid=sid), parameters):
                return _chat_service(await self._client.chat.v2.services(sid).update_async(**parameters))
            case _:
                raise SetupImpossible(f"Nobody knows how to do this: {step}.")


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


def _read(thing: Any, names: Sequence[str]) -> Parameters:
    return {name: _value(getattr(thing, name)) for name in names}


def _flat(block: str, told: Mapping[str, Any] | None) -> Parameters:
    return {f"{block}_{name}": _value(value) for name, value in (told or {}).items()}


def _value(told: Any) -> Value:
    if isinstance(told, list):
        return tuple(map(str, told))
    return told if told is None or isinstance(told, str | int | bool) else str(told)
