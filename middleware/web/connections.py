"""The server's connections: each has so long to say what it wants and to take the answer; nothing tells what runs here.

A client that sends half a request and waits costs nothing but a connection, so it gets few of them and not for long.
All that leans on aiohttp's insides is in this file; tests/web/test_connections.py notices when they change.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from middleware.alarm import Alarm
from middleware.relay.subject import about
from middleware.web.refusals import refusal

log = logging.getLogger(__name__)

_Handler: TypeAlias = Callable[[Any], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long connections are waited for, in seconds, and how many may be waited for.

    `head`: until a request's head is whole. `answer`: until the answer's last byte is gone; the longest are polls,
    which wait 45 seconds for news. `idle`: between two requests, longer than proxies rest, so that they end connections
    and not we. `waiting`: connections without a whole head; of more than these, the one that waited longest is cut.
    """

    head: float = 10.0
    answer: float = 90.0
    idle: float = 75.0
    waiting: int = 1000


DEFAULT = Patience()


class Runner(web.AppRunner):
    """Runs the application behind patient, but not endlessly patient connections."""

    def __init__(self, app: web.Application, *, shutdown_timeout: float, patience: Patience = DEFAULT) -> None:
        super().__init__(
            app,
            access_log=None,
            shutdown_timeout=shutdown_timeout,
            keepalive_timeout=patience.idle,
            lingering_time=1.0,
            auto_decompress=False,
        )
        self._patience = patience

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made, self._patience)


class _Server(web.Server):
    def __init__(self, made: web.Server, patience: Patience) -> None:
        handler = _with_an_id(made.request_handler)
        super().__init__(handler, request_factory=made.request_factory, loop=made._loop, **made._kwargs)
        self.patience = patience
        self.waiting: dict[_Connection, None] = {}
        self.going = False

    def pre_shutdown(self) -> None:
        """The node goes: who comes now, out of the system's queue, is nobody whom the rest of it would close."""
        self.going = True
        super().pre_shutdown()

    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(RequestHandler):
    """One connection, with a deadline for whatever it is at."""

    def __init__(self, server: _Server, **kwargs: Any) -> None:
        super().__init__(server, **kwargs)
        self._house, self._lobby, self._patience = server, server.waiting, server.patience
        self._deadline = Alarm()
        self._answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._house.going:
            cast(asyncio.Transport, transport).abort()
        else:
            self._wait()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._rest()
        self._deadline.stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._answering and not self._deadline.is_set and self.transport is not None:
            self._wait()

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Where nothing was paused there is nothing to be read on: the library would have each body's parser look."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    async def _handle_request(self, request: Any, start_time: Any, request_handler: Any) -> Any:
        self._answering = True
        self._rest()
        if request.headers.get("Upgrade", "").lower() != "websocket":
            self._deadline.set(self._patience.answer, self._cut)
        else:
            self._deadline.stop()
        try:
            return await super()._handle_request(request, start_time, request_handler)
        finally:
            self._answering = False
            self._rest()

    def finish_response(self, request: Any, resp: Any, start_time: Any) -> Coroutine[Any, Any, tuple[Any, bool]]:
        if not self._deadline.is_set:
            self._deadline.set(self._patience.answer, self._cut)
        return super().finish_response(request, resp, start_time)

    def handle_error(
        self, request: Any, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """What is no request, or was not answered: nothing of it is repeated, neither to its sender nor to the log."""
        del message
        if request.writer.output_size > 0:
            raise ConnectionError("half of an answer is gone already")
        if status >= 500:
            log.error("A request failed in an unforeseen way.", exc_info=exc)
        words = "This is a fault of the server." if status >= 500 else "This is no HTTP request."
        with about(request=_new_id()):
            return _bare(refusal(status, words))

    def _wait(self) -> None:
        """For a head to become whole."""
        self._lobby[self] = None
        self._deadline.set(self._patience.head, self._cut)
        if len(self._lobby) > self._patience.waiting:
            next(iter(self._lobby))._cut()

    def _rest(self) -> None:
        self._lobby.pop(self, None)
        self._deadline.clear()

    def _cut(self) -> None:
        self._rest()
        if self.transport is not None:
            self.transport.abort()


class _Bare(web.Response):
    """An answer outside the application, and so without its headers."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.popall("Server", None)


def _with_an_id(handler: _Handler) -> _Handler:
    """Every line logged for a request, and its answer, say which it was; what it calls itself counts for nothing."""

    async def answer(request: Any) -> web.StreamResponse:
        number = _new_id()
        with about(request=number):
            try:
                response = await handler(request)
            except web.HTTPException as error:  # From before our own guards: an expectation, say.
                response = refusal(error.status, error.text or error.reason) if error.status >= 400 else error
        if not response.prepared:
            response.headers["X-Request-Id"] = number
        return response

    return answer


def _new_id() -> str:
    """To find lines of the log by, which need not be hard to guess: the system's own dice would cost a call each."""
    return f"{random.getrandbits(64):016x}"


def _bare(told: web.Response) -> web.Response:
    answer = _Bare(body=told.body, status=told.status, content_type=told.content_type)
    answer.force_close()
    return answer
