"""One websocket: hands the engine the frames that may pass, at the pace they may have, and carries what it is told.

A frame goes straight to the connection while that has room. What does not fit waits in the line's queue, where it is
counted, for a task that lives only as long as anything waits.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import Any, Protocol

from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web
from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader
from engineio.async_socket import AsyncSocket
from engineio.packet import NOOP, Packet

from middleware.web.frames import BadFrame, check_frame
from middleware.web.limits import Limits
from middleware.web.line import Line, cost_of

PROBE, PROBED, UPGRADE = "2probe", "3probe", "5"
_TEXT = WSMsgType.TEXT
_QUEUED_BYTES = 65_536
"""Of more frames than this that wait for the reader, the connection is read no further."""


class Engine(Protocol):
    """What a websocket needs of its engine."""

    limits: Limits

    def wait(self, line: Line, cost: float) -> float:
        """How many seconds to wait until so much more may be read."""

    def take_at_once(self, line: Line, frame: str) -> bool:
        """Do what the frame asks for, if it may be read now and nothing need be waited for."""

    async def take(self, line: Line, frame: str) -> None:
        """Do what the frame asks for."""

    async def refuse(self, line: Line, reason: str) -> None:
        """End the line for what it did."""

    async def end(self, line: Line) -> None:
        """End the line."""


class Websocket:
    """A websocket of a line: the whole line, or one that tries to become it."""

    __slots__ = ("_context", "_engine", "_line", "_protocol", "_response", "_stream", "_writing")

    def __init__(self, line: Line, *, engine: Engine) -> None:
        self._line = line
        self._engine = engine
        self._writing: asyncio.Task[None] | None = None
        self._response = _Response(
            self._take_at_once, max_msg_size=engine.limits.frame_bytes, timeout=engine.limits.goodbye_seconds
        )
        self._context = copy_context()

    async def serve(self, request: web.Request, peer: AsyncSocket) -> web.StreamResponse:
        """Serve it until it ends; `peer` is the record of it in the engine. With it ends the line that it became."""
        self._line.transport = request.transport
        self._protocol = request.protocol
        try:
            _keep_little(request, self._engine.limits.unsent_bytes)
            self._stream = await self._response.prepare(request)
            if not self._line.ended and (self._opened(peer) or await self._upgraded(peer)):
                await self._read()
        finally:
            if self._is_the_line or not peer.connected:
                await self._engine.end(self._line)
            if self._writing is not None:
                await asyncio.wait({self._writing})
            self._line.let_go(self)
            self._response.over()
        return self._response

    def carry(self, frame: bytes) -> bool:
        """Carry a frame before which nothing waits, never masked, never compressed; False if there is no room.

        https://www.rfc-editor.org/rfc/rfc6455#section-5.2
        """
        if self._protocol.writing_paused:
            return False
        transport = self._line.transport
        if transport is None or transport.is_closing() or self._response._closed:
            return True  # Whoever is gone is told when they come back.
        size = len(frame)
        if size < 126:
            head = bytes((0x81, size))
        elif size < 65_536:
            head = b"\x81\x7e" + size.to_bytes(2, "big")
        else:
            head = b"\x81\x7f" + size.to_bytes(8, "big")
        transport.write(head + frame)
        return True

    def pump(self) -> None:
        """Carry what waits, as far as the connection has room; a task waits for more, and for the goodbye."""
        if self._writing is None:
            self._flush()
            if self._line.unread or self._line.unread.closed:
                self._writing = asyncio.create_task(self._write_on())

    async def close(self, *, code: int | None = None) -> None:
        """Close the websocket; a page that does not answer is not waited for."""
        said = WSCloseCode.POLICY_VIOLATION if self._line.refused else WSCloseCode.OK
        await self._response.close(code=code or said)

    @property
    def _is_the_line(self) -> bool:
        return self._line.websocket is self

    def _opened(self, peer: AsyncSocket) -> bool:
        """Whether it is the line from the start."""
        if peer.connected:
            return False
        peer.connected = True
        self._become_the_line(peer)
        return True

    async def _upgraded(self, peer: AsyncSocket) -> bool:
        """Whether it has become the line: tried first, so that nothing is lost where something in between lets none by.

        https://socket.io/docs/v4/engine-io-protocol/#upgrade
        """
        peer.upgrading = True
        try:
            async with asyncio.timeout(self._engine.limits.connect_seconds):
                if await self._next() != PROBE:
                    return False
                await self._response.send_str(PROBED)
                self._line.unread.put_nowait(Packet(NOOP))  # ends the poll that is under way
                if await self._next() != UPGRADE:
                    return False
        except TimeoutError:
            return False
        finally:
            peer.upgrading = False
        self._become_the_line(peer)
        return True

    def _become_the_line(self, peer: AsyncSocket) -> None:
        peer.upgraded = True
        self._line.websocket = self
        self._line.unread.arrived = self.pump
        self.pump()

    def _take_at_once(self, frame: str) -> bool:
        line = self._line
        return line.websocket is self and self._context.run(self._engine.take_at_once, line, frame)

    async def _read(self) -> None:
        while (frame := await self._next()) is not None:
            await self._engine.take(self._line, frame)

    async def _next(self) -> str | None:
        """The next frame that may pass; None at the end."""
        try:
            frame = await self._receive()
        except BadFrame as bad:
            await self._engine.refuse(self._line, f"a bad frame: {bad}")
            return None
        if frame is not None and (wait := self._engine.wait(self._line, cost_of(frame))):
            await asyncio.sleep(wait)
            if not self._protocol.connected:
                return None  # A flooder that is gone: what it left would be read for minutes, and its pongs believed.
        return frame

    async def _receive(self) -> str | None:
        message: Any = await self._response.receive()
        if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
            return check_frame(message.data)
        if isinstance(message.data, WebSocketError):
            raise BadFrame("too large, or no websocket frame")
        return None

    def _flush(self) -> None:
        unread = self._line.unread
        while unread and not self._protocol.writing_paused:
            packet = unread.get_nowait()
            if packet is not None:
                self.carry(packet.encode().encode())

    async def _write_on(self) -> None:
        """Until nothing waits, or nobody is there any more."""
        with suppress(ConnectionError):
            while self._line.unread and self._protocol.connected:
                await self._stream.drain()
                self._flush()
        self._writing = None
        if self._line.unread.closed:
            await self.close()


class _Response(web.WebSocketResponse):
    """Tries to have each text taken at once. Only what is not goes through the queue and wakes its reader."""

    __slots__ = ("takes",)

    def __init__(self, takes: Callable[[str], bool], **options: Any) -> None:
        super().__init__(compress=False, **options)
        self.takes = takes

    def over(self) -> None:
        """Nothing is taken any more, and nothing holds in a circle what is no longer needed."""
        self.takes = _not_now
        if isinstance(self._reader, _Frames):
            self._reader.response = None

    def _post_start(self, request: Any, protocol: str | None, writer: Any) -> None:
        """As the library's own, but for the queue."""
        self._ws_protocol, self._writer = protocol, writer
        self._reader = _Frames(request.protocol, self)
        self._parser = WebSocketReader(self._reader, self._max_msg_size, compress=False, decode_text=True)
        request.protocol.set_parser(self._parser)
        request.protocol.keep_alive(False)


class _Frames(WebSocketDataQueue):
    """The frames of a websocket that wait for its reader. While that waits for them, nothing is left to be done."""

    __slots__ = ("_awaited", "response")

    def __init__(self, protocol: Any, response: _Response) -> None:
        super().__init__(protocol, _QUEUED_BYTES, loop=asyncio.get_running_loop())
        self.response: _Response | None = response
        self._awaited = False

    def feed_data(self, data: Any, size: int) -> None:
        """A message that came: to be taken at once, or kept."""
        response = self.response if self._awaited and data.type is _TEXT else None
        if response is None or response._closing or not response.takes(data.data):
            self._awaited = False  # What follows is kept too, also what comes while the reader takes this out.
            super().feed_data(data, size)

    async def read(self) -> Any:
        """The next frame that was kept."""
        self._awaited = not self._buffer
        try:
            return await super().read()
        finally:
            self._awaited = False


def is_upgrade(request: web.Request) -> bool:
    """Whether it asks for a websocket, as the engine decides it."""
    connection = {word.strip() for word in request.headers.get("Connection", "").lower().split(",")}
    return "upgrade" in connection and request.headers.get("Upgrade", "").lower() == "websocket"


def _not_now(_frame: str) -> bool:
    return False


def _keep_little(request: web.Request, size: int) -> None:
    """Let the system hold so much of what is not sent yet, where it can be told (Linux, macOS)."""
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    connection = None if request.transport is None else request.transport.get_extra_info("socket")
    if option is not None and connection is not None:
        with suppress(OSError):  # The connection is gone already: there is nothing to keep.
            connection.setsockopt(socket.IPPROTO_TCP, option, size)
