"""The street before the wall: raw websockets and polls, which write what no client of ours would."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from middleware.app import Seams
from middleware.web.limits import Limits
from middleware.web.server import Server
from tests.waiting import DEADLINE, until

NAMESPACE = "/chat"
HANDSHAKE = "/socket.io/?EIO=4&transport="


def with_limits(**changed: Any) -> Seams:
    """A wall with these numbers changed."""

    def change(limits: Limits) -> Limits:
        return replace(limits, **changed)

    return Seams(limits=change)


class Raw:
    """A websocket, and what came over it."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        self.websocket = websocket

    async def send(self, *frames: str | bytes) -> None:
        """Write frames as they are."""
        for frame in frames:
            await (self.websocket.send_str(frame) if isinstance(frame, str) else self.websocket.send_bytes(frame))

    async def next(self) -> str | None:
        """The next frame, None when the websocket is closed."""
        async with asyncio.timeout(DEADLINE):
            message = await self.websocket.receive()
        return message.data if message.type is aiohttp.WSMsgType.TEXT else None

    async def hears(self, start: str) -> str:
        """Wait for a frame that begins like this."""
        while (frame := await self.next()) is not None:
            if frame.startswith(start):
                return frame
        raise AssertionError(f"the websocket ended before `{start}` came")

    async def join(self, auth: Mapping[str, object] | None = None) -> "Raw":
        """Connect to the namespace."""
        await self.send(f"40{NAMESPACE}," + json.dumps(dict(auth or {})))
        await self.hears(f"40{NAMESPACE}")
        return self

    async def ask(self, name: str, payload: object = None, *, number: int = 7) -> Any:
        """Ask, and wait for the answer."""
        await self.send(f"42{NAMESPACE},{number}" + json.dumps([name, payload]))
        answer = await self.hears(f"43{NAMESPACE},{number}[")
        return json.loads(answer[len(f"43{NAMESPACE},{number}") :])[0]

    async def ends(self) -> None:
        """Wait until the other side has closed it."""
        while await self.next() is not None:
            pass


async def websocket(http: aiohttp.ClientSession, url: str, **headers: str) -> Raw:
    """A websocket that has shaken hands with the engine, and has joined no namespace."""
    raw = Raw(await http.ws_connect(url + HANDSHAKE + "websocket", headers=headers, max_msg_size=0))
    await raw.hears("0{")
    return raw


@dataclass(slots=True)
class Poller:
    """A page without websockets."""

    http: aiohttp.ClientSession
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    sid: str = ""

    async def shake_hands(self) -> int:
        """Open a session; the status of the answer."""
        async with self.http.get(self.url + HANDSHAKE + "polling", headers=self.headers) as answer:
            if answer.ok:
                self.sid = json.loads((await answer.text())[1:])["sid"]
            return answer.status

    async def get(self) -> tuple[int, str]:
        """Poll once."""
        async with self.http.get(self.address, headers=self.headers) as answer:
            return answer.status, await answer.text()

    async def post(self, body: str | bytes, **headers: str) -> tuple[int, str]:
        """Post packets."""
        async with self.http.post(self.address, data=body, headers={**self.headers, **headers}) as answer:
            return answer.status, await answer.text()

    async def join(self) -> "Poller":
        """A session that has joined the namespace."""
        assert 200 == await self.shake_hands()
        assert (200, "OK") == await self.post(f"40{NAMESPACE},{{}}")
        status, told = await self.get()
        assert (200, True) == (status, told.startswith(f"40{NAMESPACE}")), told
        return self

    @property
    def address(self) -> str:
        """The session's own."""
        return f"{self.url}{HANDSHAKE}polling&sid={self.sid}"


def inside(server: Server) -> int:
    """How many sockets are in a namespace."""
    spaces = (NAMESPACE, "/")
    return sum(1 for space in spaces for _ in server.manager.get_participants(space, None))


async def nobody_is_left(server: Server) -> None:
    """Wait until no socket is anywhere, nor anything kept for one: far below the time of a ping."""
    kept = (server.eio.sockets, server.eio.lines, server.environ)
    await until(lambda: not (inside(server) or any(kept)), what="the end of every socket")
