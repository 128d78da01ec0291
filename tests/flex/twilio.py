"""The back end, pointed at the simulator over real HTTP."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from middleware.flex.conversation_opening import Interactions, Studio, Way, WebChats
from middleware.flex.conversations import Conversations, Service
from middleware.flex.programmable_chat import FlexFlow, ProgrammableChat
from middleware.flex.rest import Credentials, Transport, twilio_client
from middleware.flex.webhook import Verifier
from middleware.simulator import Seed, serve_simulator

SEED = Seed()


@dataclass(frozen=True, slots=True)
class Twilio:
    """The simulator's address, and hands to act at its desk."""

    url: str
    http: aiohttp.ClientSession

    async def desk(self, path: str, body: object = None) -> Any:
        """Do something at the desk; what it answered."""
        async with self.http.post(f"{self.url}/desk/api/{path}", json=body) as answer:
            told = await answer.json()
            assert answer.ok, told
            return told

    async def take_out(self, channel: str, message: str) -> None:
        """Let the agent remove what they said."""
        async with self.http.delete(f"{self.url}/desk/api/channels/{channel}/messages/{message}") as answer:
            assert answer.status == 204, await answer.text()

    async def state(self) -> Any:
        """What the desk shows."""
        async with self.http.get(f"{self.url}/desk/api/state") as answer:
            return await answer.json()

    async def wire(self) -> list[dict[str, Any]]:
        """What went over the wire."""
        async with self.http.get(f"{self.url}/desk/api/wire") as answer:
            entries: list[dict[str, Any]] = await answer.json()
            return entries

    async def calls(self) -> list[str]:
        """Method and last part of the path of every REST call; sids left out."""
        paths = [(entry["method"], entry["path"].split("/")) for entry in await self.wire() if entry["kind"] == "rest"]
        return [f"{method} {next(part for part in reversed(path) if len(part) != 34)}" for method, path in paths]


@asynccontextmanager
async def open_twilio() -> AsyncIterator[Twilio]:
    """A simulator of its own, on a free port."""
    async with serve_simulator(SEED) as url, aiohttp.ClientSession() as http:
        yield Twilio(url, http)


@asynccontextmanager
async def open_back_end(
    url: str, *, public_url: str = "http://127.0.0.1:9", **changed: str
) -> AsyncIterator[ProgrammableChat]:
    """The back end `programmable_chat`. Its webhooks lead nowhere unless `public_url` says where."""
    async with _open_client(url, **changed) as client:
        yield ProgrammableChat(
            client,
            flow=FlexFlow(
                flow_sid=changed.get("flow_sid", SEED.flow_sid),
                service_sid=SEED.chat_service_sid,
                workspace_sid=SEED.workspace_sid,
                public_url=public_url,
            ),
            verifier=_verifier(public_url, **changed),
        )


WAYS: dict[str, Callable[[Any], Way]] = {
    "webchats": lambda client: WebChats(client, address_sid=SEED.address_sid),
    "interactions": lambda client: Interactions(
        client,
        service_sid=SEED.chat_service_sid,
        workspace_sid=SEED.workspace_sid,
        workflow_sid=SEED.workflow_sid,
    ),
    "studio": lambda client: Studio(client, service_sid=SEED.chat_service_sid, studio_flow_sid=SEED.studio_flow_sid),
}
"""The ways to open a chat in Flex Conversations."""


@asynccontextmanager
async def open_conversations(
    url: str, *, way: str = "webchats", public_url: str = "http://127.0.0.1:9", welcome: str | None = None
) -> AsyncIterator[Conversations]:
    """The back end `conversations`."""
    service = Service(
        service_sid=SEED.chat_service_sid, workspace_sid=SEED.workspace_sid, public_url=public_url, welcome=welcome
    )
    async with _open_client(url) as client:
        yield Conversations(client, way=WAYS[way](client), service=service, verifier=_verifier(public_url))


@asynccontextmanager
async def _open_client(url: str, **changed: str) -> AsyncIterator[Any]:
    async with Transport() as transport:
        yield twilio_client(Credentials(SEED.account_sid, _token(**changed), api_url=url), transport)


def _verifier(public_url: str, **changed: str) -> Verifier:
    return Verifier(auth_tokens=[_token(**changed)], account_sid=SEED.account_sid, public_url=public_url)


def _token(**changed: str) -> str:
    return changed.get("auth_token", SEED.auth_token)
