"""Engine.IO, made fit for the open street. All that leans on python-engineio's insides is in this file.

What it leans on is pinned by tests/web/test_pins.py: a library that changes there is read again before it is used.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from secrets import token_urlsafe
from typing import Any

import engineio
from aiohttp import WSCloseCode, web
from engineio.async_socket import AsyncSocket
from engineio.packet import NOOP, Packet
from engineio.payload import Payload

from middleware.web.door import Door, TurnedAway
from middleware.web.line import Line, Unread, cost_of
from middleware.web.polling import Body, read_body
from middleware.web.rates import Bucket, SparingLog
from middleware.web.websocket import Websocket, is_upgrade

log = logging.getLogger(__name__)

_LINE = "middleware.line"
_ADDRESS = "middleware.address"
_PING, _PONG = b"2", "3"


class Engine(engineio.AsyncServer):  # type: ignore[misc]  # the package has no types
    """Engine.IO behind a door: every connection is a `Line` with limits, and one that breaks them ends at once."""

    def __init__(self, *, door: Door, **options: Any) -> None:
        self.limits = limits = door.limits
        super().__init__(
            async_mode="aiohttp",
            cors_allowed_origins=lambda origin, _environ: door.origin_may_come(origin),
            max_http_buffer_size=limits.frame_bytes,
            ping_interval=limits.ping_seconds,
            ping_timeout=limits.pong_seconds,
            http_compression=False,
            monitor_clients=False,
            **options,
        )
        Payload.max_decode_packets = limits.packets_per_post
        self._async: dict[str, Any] = {
            **self._async,
            "websocket": _driver,
            "translate_request": _translate(self._async),
        }
        self.lines: dict[str, Line] = {}
        self.begin_ask: Callable[[Line, str], bool] = lambda _line, _packet: False
        self._door = door
        self._refusals = SparingLog(log, seconds=limits.log_seconds, now=door.now)
        self._ending: set[asyncio.Task[None]] = set()

    def generate_id(self) -> str:
        """Whoever knows it can speak for the socket, so nobody can guess it."""
        return token_urlsafe(24)

    def create_queue(self, *args: Any, **kwargs: Any) -> Unread:
        """What a line has not taken yet."""
        del args, kwargs
        return Unread(self.limits)

    def start_background_task(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A socket's next ping would sleep in a task; it is a timer of its line."""
        socket = getattr(target, "__self__", None)
        if not isinstance(socket, AsyncSocket):
            return super().start_background_task(target, *args, **kwargs)
        line = self.lines.get(socket.sid)
        if line is not None:
            line.beat(within=self.limits.ping_seconds, then=lambda: self._ping(line, socket))
        return None

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """One request of a page: a handshake, a poll, a post, or an upgrade."""
        address = self._door.address(request)
        try:
            self._door.check_origin(request)
            line = self._line_of(request, address=address)
            return await self._answer(request, line, environ={_ADDRESS: address, _LINE: line})
        except TurnedAway as error:
            if error.worth_a_line:
                self._refusals.refused(address, str(error))
            headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
            return web.json_response({"error": str(error)}, status=error.status, headers=headers)
        except ConnectionError:
            return _refused()  # It broke off in its own handshake: nobody reads this, and nothing is wrong.

    def begin(self, sid: str, environ: dict[str, Any]) -> None:
        """The engine has opened a socket: it is a line from now on."""
        limits, unread = self.limits, self.sockets[sid].queue
        bucket = Bucket(limits.frames_at_once, limits.frames_per_second, self._door.now())
        address = environ[_ADDRESS]
        line = Line(sid, address, unread, bucket, self._door.enter(address), limits.goodbye_seconds)
        unread.overflow = lambda: self._soon(self.refuse(line, "it does not read what it is told", at_once=True))
        self.lines[sid] = environ[_LINE] = line
        self.expect_namespace(line)

    def over(self, sid: str) -> None:
        """The engine has ended a socket, which it would keep for a while."""
        self.sockets.pop(sid, None)
        line = self.lines.pop(sid, None)
        if line is not None:
            self._door.leave(line.address)
            line.hang_up()

    def expect_namespace(self, line: Line) -> None:
        """A line in no namespace is cut, unless it joins one in time."""
        line.expect(
            within=self.limits.connect_seconds,
            otherwise=lambda: self._soon(self.refuse(line, "it joined no namespace")),
        )

    async def refuse(self, line: Line, reason: str, *, at_once: bool = False) -> None:
        """End the line for what it did."""
        if not line.ended:
            self._refusals.refused(line.address, reason)
            line.refused = True
            await self.end(line, at_once=at_once)

    async def end(self, line: Line, *, at_once: bool = False) -> None:
        """End the line: its visitor's handlers hear of it now, its connection is gone soon."""
        socket = self.sockets.pop(line.sid, None)
        if socket is not None:
            await socket.close(wait=False, abort=True, reason=self.reason.SERVER_DISCONNECT)
        self.over(line.sid)
        line.hang_up(at_once=at_once)

    async def disconnect(self, sid: str | None = None) -> None:
        """End a line, or every line. The library would wait until all was read."""
        for line in list(self.lines.values()) if sid is None else filter(None, [self.lines.get(sid)]):
            await self.end(line)

    def wait(self, line: Line, cost: float) -> float:
        """How many seconds to wait until so much more may be read of the line, and of its address."""
        return self._door.wait(line, cost)

    def take_at_once(self, line: Line, frame: str) -> bool:
        """Begin an ask, if it may be read now and can be begun now; else it is read again in its turn. So is a pong."""
        if not (frame.startswith("42") or frame == _PONG):
            return False
        socket = self.sockets.get(line.sid)
        if socket is None or not self._door.spare(line, cost_of(frame)):
            return False
        if frame == _PONG:
            socket.schedule_ping()
            return True
        try:
            begun = self.begin_ask(line, frame[1:])
        except Exception:
            self.logger.exception("message handler error")
            return True
        if not begun:
            self._door.give_back(line, cost_of(frame))
        return begun

    async def take(self, line: Line, frame: str) -> None:
        """Do what a frame of a websocket asks for. One that fails as nobody foresaw ends nothing but itself."""
        socket = self.sockets.get(line.sid)
        if socket is None:
            return
        match frame[0]:
            case "4":
                try:
                    await self.handlers["message"](line.sid, frame[1:])
                except Exception:
                    self.logger.exception("message handler error")
            case "3":
                socket.schedule_ping()
            case "1":
                await self.end(line)
            case "5":
                line.unread.put_nowait(Packet(NOOP))

    async def move(self, *, within: float) -> None:
        """Let nobody in, and close every line at some time within so many seconds: not all pages come back at once."""
        self._door.close()
        lines = list(self.lines.values())
        random.shuffle(lines)
        for line in lines:
            self._soon(self._goodbye(line))
            await asyncio.sleep(within / len(lines))

    async def send_home(self) -> None:
        """Close every line; their pages come back by themselves. One that does not read is not waited for."""
        await asyncio.gather(*(self._goodbye(line) for line in list(self.lines.values())))
        await self.disconnect()  # Whoever came meanwhile.
        await asyncio.gather(*self._ending)

    async def _goodbye(self, line: Line) -> None:
        if line.websocket is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.limits.goodbye_seconds):
                    await line.websocket.close(code=WSCloseCode.GOING_AWAY)
        await self.end(line)

    def _line_of(self, request: web.Request, *, address: str) -> Line | None:
        """The line that the request is of; None for a handshake, if there is room. Raises `TurnedAway`."""
        if "j" in request.query:
            raise TurnedAway(400, "JSONP")
        if request.method not in {"GET", "POST"}:
            return None
        if "sid" in request.query:
            line = self.lines.get(request.query["sid"])
            if line is None:
                raise TurnedAway(400, "an unknown or ended socket", worth_a_line=False)
            return line
        if request.query.get("transport") == "websocket" and not is_upgrade(request):
            raise TurnedAway(400, "a websocket without an upgrade")
        self._door.check_room(address)
        return None

    async def _answer(self, request: web.Request, line: Line | None, *, environ: dict[str, Any]) -> web.StreamResponse:
        if line is None:
            return await self._handled(request, environ)
        if request.method == "POST":
            return await self._post(request, line, environ=environ)
        if not is_upgrade(request):
            return await self._poll(request, line, environ=environ)
        # Whoever upgrades a socket has it whole, so it must come from where the socket was opened.
        if environ[_ADDRESS] != line.address:
            raise TurnedAway(403, "an upgrade from another address than the handshake's")
        if line.transport is not None:
            raise TurnedAway(400, "a second websocket of one socket")
        return await self._handled(request, environ)

    async def _post(self, request: web.Request, line: Line, *, environ: dict[str, Any]) -> web.StreamResponse:
        """All packets are taken, or none."""
        try:
            body, packets = await read_body(request, limits=self.limits)
        except TurnedAway:
            await self.end(line)
            raise
        await asyncio.sleep(self.wait(line, 1 + sum(cost_of(packet) for packet in packets)))
        response = await self._handled(request, {**environ, "wsgi.input": Body(body)})
        return _refused() if line.refused else response

    async def _poll(self, request: web.Request, line: Line, *, environ: dict[str, Any]) -> web.StreamResponse:
        """A page has one poll at a time; where there are two, one is somebody else's."""
        if line.polling:
            await self.end(line)
            raise TurnedAway(400, "two polls of one socket at once")
        line.polling = True
        try:
            await asyncio.sleep(self.wait(line, 1))
            response = await self._handled(request, environ)
        finally:
            line.polling = False
        empty = isinstance(response, web.Response) and not response.body
        return _refused() if line.ended and empty else response

    async def _handled(self, request: web.Request, environ: dict[str, Any]) -> web.StreamResponse:
        response: web.StreamResponse = await super().handle_request(request, environ)
        if not response.prepared:
            response.headers["Cache-Control"] = "no-store"
        return response

    def _ping(self, line: Line, socket: AsyncSocket) -> None:
        socket.last_ping = time.time()
        line.beat(within=self.limits.pong_seconds, then=lambda: self._soon(self.end(line)))
        line.tell(_PING)

    def _soon(self, ending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(ending)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _log_error_once(self, message: str, message_key: str) -> None:
        """The library's own lines hold socket ids; the page is answered, and that is enough."""


def _refused() -> web.Response:
    return web.json_response({"error": "this socket was ended"}, status=400)


def _translate(driver: dict[str, Any]) -> Callable[[web.Request, dict[str, Any]], dict[str, Any]]:
    """The engine's environment of a request, and what we know of it."""
    translate = driver["translate_request"]
    return lambda request, more: {**translate(request), **more}


def _driver(
    handler: Callable[[Any], Awaitable[None]], engine: Engine
) -> Callable[[dict[str, Any]], Awaitable[web.StreamResponse]]:
    """How the engine gets its websockets. Its own loop, `handler`, makes three tasks and two timers of every frame."""
    del handler

    async def serve(environ: dict[str, Any]) -> web.StreamResponse:
        line: Line = environ[_LINE]
        request: web.Request = environ["aiohttp.request"]
        environ.clear()  # Its callers hold it until the websocket ends, and need nothing of it any more.
        return await Websocket(line, engine=engine).serve(request, engine.sockets[line.sid])

    return serve
