"""A town to travel in: the simulator and the middleware, each on a port of its own, talking over real HTTP."""

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from middleware.app import SERVER, Seams, serving
from middleware.settings import read_settings
from middleware.simulator import Seed
from middleware.web.server import Server
from tests.flex.twilio import Twilio, open_twilio
from tests.journeys.desk import Desk
from tests.journeys.page import Page

SEED = Seed()
KEY = "k" * 32
BACK_ENDS: dict[str, dict[str, Any]] = {
    "programmable_chat": {"backend": "programmable_chat", "flex_flow_sid": SEED.flow_sid},
    "webchats": {"backend": "conversations", "flex_address_sid": SEED.address_sid},
    "interactions": {"backend": "conversations", "flex_workflow_sid": SEED.workflow_sid},
    "studio": {"backend": "conversations", "flex_studio_flow_sid": SEED.studio_flow_sid},
}
"""The settings of each back end, and of each way to open a chat there."""

AS_IT_IS = Seams()


@dataclass(slots=True)
class Town(Desk):
    """The addresses, and hands at the desk."""

    url: str
    http: aiohttp.ClientSession
    pages: AsyncExitStack
    server: Server

    async def page(self, auth: Mapping[str, object] | None = None, *, namespace: str = "/chat") -> Page:
        """A page that is connected, closed with the town."""
        page = Page(self.url, namespace=namespace)
        await page.connect(auth)
        self.pages.push_async_callback(page.close)
        return page

    async def visitor(self, name: str | None = None) -> tuple[Page, Any]:
        """A new visitor's page with an open chat, and the answer to `open`."""
        page = await self.page()
        return page, await page.grant("open", {"name": name} if name else {})

    async def agent_rewords(self, channel: str, index: int, body: str) -> None:
        """The agent changes what they said there."""
        await self.twilio.desk(f"channels/{channel}/messages/{await self.sid_at(channel, index)}", {"body": body})

    async def agent_withdraws(self, channel: str, index: int) -> None:
        """The agent takes out what they said there."""
        await self.twilio.take_out(channel, await self.sid_at(channel, index))

    async def by_api(self, method: str, channel: str, index: int, *, heard: bool = True, **form: str) -> None:
        """Somebody changes or removes a message through Twilio's API; `heard`: and lets webhooks tell of it."""
        kind = "v2" if await self.is_chat(channel) else "v1"
        noun = "Channels" if kind == "v2" else "Conversations"
        sid = await self.sid_at(channel, index)
        path = f"{self.twilio.url}/{kind}/Services/{SEED.chat_service_sid}/{noun}/{channel}/Messages/{sid}"
        auth = aiohttp.encode_basic_auth(SEED.account_sid, SEED.auth_token)
        headers = {"Authorization": auth, "X-Twilio-Webhook-Enabled": "true" if heard else "false"}
        async with self.http.request(method, path, data=form, headers=headers) as answer:
            assert answer.ok, await answer.text()

    async def is_chat(self, channel: str) -> bool:
        """Whether it is a channel of Programmable Chat, not a conversation."""
        return any(
            call["path"].startswith("/v1/Channels") for call in await self.twilio.wire() if call["kind"] == "rest"
        )

    async def sid_at(self, channel: str, index: int) -> str:
        """The sid of the message of this index."""
        messages = (await self.twilio.state())["channels"][channel]["messages"]
        return str(next(message["sid"] for message in messages if message["index"] == index))

    async def agent_ends(self) -> None:
        """The agent ends the accepted chat."""
        await self.twilio.desk(f"tasks/{(await self.task('assigned'))['sid']}/end")


@asynccontextmanager
async def open_town(folder: Path, seams: Seams = AS_IT_IS, /, **settings: Any) -> AsyncIterator[Town]:
    """Both servers, up; everything they started ends with the block."""
    async with (
        open_twilio() as twilio,
        serve_app(folder, twilio, seams=seams, **settings) as (url, app),
        aiohttp.ClientSession() as http,
        AsyncExitStack() as pages,
    ):
        yield Town(twilio, url, http, pages, app[SERVER])


@asynccontextmanager
async def serve(folder: Path, twilio: Twilio, *, port: int = 0, **settings: Any) -> AsyncIterator[str]:
    """The middleware on this folder's store; its address."""
    async with serve_app(folder, twilio, port=port, **settings) as (url, _):
        yield url


@asynccontextmanager
async def serve_app(
    folder: Path, twilio: Twilio, *, port: int = 0, seams: Seams = AS_IT_IS, **settings: Any
) -> AsyncIterator[tuple[str, web.Application]]:
    """The middleware on this folder's store; its address, and its inside."""
    listener = socket.create_server(("127.0.0.1", port))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    given = {
        "public_url": url,
        "twilio_account_sid": SEED.account_sid,
        "twilio_auth_token": SEED.auth_token,
        "flex_chat_service_sid": SEED.chat_service_sid,
        "flex_workspace_sid": SEED.workspace_sid,
        "token_keys": KEY,
        "database_url": f"sqlite:///{folder / 'relay.db'}",
        "twilio_api_url": twilio.url,
    }
    wanted = read_settings({}, **{**given, **BACK_ENDS["programmable_chat"], **settings})
    async with serving(wanted, listener, seams=seams) as app:
        yield url, app
