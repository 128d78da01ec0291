"""One websocket: hands the engine the frames that may pass, at the pace they may have, and tells what was taken."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web

from middleware.web.frames import BadFrame, check_frame
from middleware.web.limits import Limits
from middleware.web.line import Line, cost_of, weigh

UPGRADE = "5"


class Engine(Protocol):
    """What a websocket needs of its engine."""

    limits: Limits

    async def pace(self, line: Line, cost: float) -> None:
        """Wait until so much more may be read."""

    async def refuse(self, line: Line, reason: str) -> None:
        """End the line for what it did."""

    async def end(self, line: Line) -> None:
        """End the line."""


class Websocket:
    """A websocket of a line: the whole line, or one that tries to become it (`opening` is False)."""

    def __init__(self, line: Line, *, engine: Engine) -> None:
        self._line = line
        self._engine = engine
        self._response = web.WebSocketResponse(
            compress=False, max_msg_size=engine.limits.frame_bytes, timeout=engine.limits.goodbye_seconds
        )

    async def serve(
        self, request: web.Request, handler: Callable[["Websocket"], Awaitable[None]], *, opening: bool
    ) -> web.StreamResponse:
        """Serve it until it ends. With it ends the line, unless it never became it."""
        self._line.transport = request.transport
        if opening:
            self._become_the_line()
        try:
            _keep_little(request, self._engine.limits.unsent_bytes)
            await self._response.prepare(request)
            if not self._line.ended:
                await handler(self)
        finally:
            self._line.transport = None
            if self._line.websocket is self._response:
                await self._engine.end(self._line)
        return self._response

    async def wait(self) -> str | None:
        """The next frame that may pass; None at the end."""
        try:
            async with asyncio.timeout(None if self._is_the_line else self._engine.limits.connect_seconds):
                frame = await self._receive()
        except TimeoutError:
            return None
        except BadFrame as bad:
            await self._engine.refuse(self._line, f"a bad frame: {bad}")
            return None
        if frame is not None:
            await self._engine.pace(self._line, cost_of(frame))
        if frame == UPGRADE and not self._is_the_line:
            self._become_the_line()
        return frame

    async def send(self, frame: str) -> None:
        """Send a frame; it counts as taken when the connection has room for more."""
        await self._response.send_str(frame)
        if self._is_the_line:
            self._line.unread.taken(weigh(frame))

    async def close(self) -> None:
        """Close the websocket; a page that does not answer is not waited for."""
        await self._response.close(code=WSCloseCode.POLICY_VIOLATION if self._line.refused else WSCloseCode.OK)

    @property
    def _is_the_line(self) -> bool:
        return self._line.websocket is self._response

    def _become_the_line(self) -> None:
        self._line.websocket = self._response
        self._line.unread.by_hand = True

    async def _receive(self) -> str | None:
        message: Any = await self._response.receive()
        if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
            return check_frame(message.data)
        if isinstance(message.data, WebSocketError):
            raise BadFrame("too large, or no websocket frame")
        return None


def _keep_little(request: web.Request, size: int) -> None:
    """Let the system hold so much of what is not sent yet, where it can be told (Linux, macOS)."""
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    connection = None if request.transport is None else request.transport.get_extra_info("socket")
    if option is not None and connection is not None:
        with suppress(OSError):  # The connection is gone already: there is nothing to keep.
            connection.setsockopt(socket.IPPROTO_TCP, option, size)
