"""HTTP/1.1 lines to Twilio: kept open, one request at a time on each, and never in doubt about what was written.

The call to Twilio is the dearest step of a visitor's message, so this is lean: it knows requests with a body of bytes
and answers that are read whole, and nothing of cookies, redirects or proxies. httptools parses.
"""

import asyncio
import ssl
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from math import inf
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import httptools
from multidict import CIMultiDict

from middleware.alarm import Alarm
from middleware.flex.room import Room

MOST_BYTES = 16_000_000
"""A longer answer is none of Twilio's: its lists come in pages of a few hundred kilobytes at most."""
_IDLE_SECONDS = 30.0
"""How long a line is kept that nobody uses: less than servers keep theirs, so that it is seldom cut under a request."""


class NotReached(Exception):
    """There was no line, so nothing was sent."""


class Broken(Exception):
    """No whole answer came; the request may have been read."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: for a line, for anything to be heard, and for the whole answer since the line was there."""

    connect: float
    read: float
    total: float


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int = 0
    body: bytes = b""
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)

    @property
    def headers(self) -> CIMultiDict[str]:
        """Headers and trailers. Read when they are wanted, which is seldom."""
        return CIMultiDict((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.fields)


class Place(NamedTuple):
    """Where a line leads; `name` is what HTTP calls it."""

    host: str
    port: int
    secure: bool
    name: str


def head_of(headers: Mapping[str, str]) -> str:
    """Headers as they are sent. Raises `ValueError` for a line break where one would make another request of it."""
    head = "".join(f"\r\n{name}: {value}" for name, value in headers.items())
    if not head.count("\r") == head.count("\n") == len(headers):
        raise ValueError("A line break cannot be sent in a header.")
    return head


class Lines:
    """At most so many lines, to wherever they are asked to lead."""

    def __init__(self, *, most: int, patience: Patience) -> None:
        self._patience = patience
        self._room = Room(most)
        self._idle: dict[Place, deque[_Line]] = defaultdict(deque)
        self._secure = ssl.create_default_context()

    @property
    def idle(self) -> int:
        """How many lines are open and wait for a request."""
        return sum(line.fit() for lines in self._idle.values() for line in lines)

    async def ask(self, method: str, url: str, *, head: str, body: bytes) -> Answer:
        """Send one request and read its whole answer; `head`: see `head_of`. Raises `NotReached` or `Broken`."""
        if "\r" in url or "\n" in url:
            raise ValueError("A line break cannot be sent in an address.")
        place, target = _read(url)
        begin = f"{method} {target} HTTP/1.1\r\nHost: {place.name}"
        request = f"{begin}{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1") + body
        if not self._room.take():
            await self._wait_for_room()
        try:
            line = self._kept(place) or await self._connected(place)
            try:
                answer = await line.ask(request)
            except BaseException:
                line.cut()
                raise
            self._keep(place, line)
            return answer
        finally:
            self._room.leave()

    async def close(self) -> None:
        """Hang up; lines in use end with their request."""
        gone = [line for lines in self._idle.values() for line in lines]
        self._idle.clear()
        for line in gone:
            line.cut()
        await asyncio.gather(*(line.gone.wait() for line in gone))

    async def _wait_for_room(self) -> None:
        try:
            await self._room.wait(self._patience.connect)
        except TimeoutError:
            raise NotReached("every line is busy") from None

    def _kept(self, place: Place) -> "_Line | None":
        """The line that was used last is the surest to be alive."""
        lines = self._idle[place]
        while lines:
            line = lines.pop()
            if line.fit(idle=_IDLE_SECONDS):
                return line
            line.cut()
        return None

    def _keep(self, place: Place, line: "_Line") -> None:
        if line.fit():
            self._idle[place].append(line)
        else:
            line.cut()

    async def _connected(self, place: Place) -> "_Line":
        made = asyncio.get_running_loop().create_connection(
            partial(_Line, self._patience), place.host, place.port, ssl=self._secure if place.secure else None
        )
        try:
            async with asyncio.timeout(self._patience.connect):
                _, line = await made
        except (OSError, TimeoutError) as error:
            raise NotReached(type(error).__name__) from error
        return line


class _Line(asyncio.Protocol):
    """One connection, and the request that is under way on it."""

    def __init__(self, patience: Patience) -> None:
        self.gone = asyncio.Event()
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._answer = Answer()
        self._waiting: asyncio.Future[Answer] | None = None  # None: nothing is asked, or all was answered.
        self._kept_alive = True
        self._used = self._began = 0.0
        self._alarm = Alarm()

    def fit(self, *, idle: float = inf) -> bool:
        """Whether it can carry another request, and was idle for so many seconds at most."""
        return self._kept_alive and self._loop.time() - self._used <= idle and not self._transport.is_closing()

    def cut(self) -> None:
        """Hang up at once."""
        self._kept_alive = False
        self._transport.abort()

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        """Send; the whole answer, or `Broken`."""
        self._waiting = waiting = self._loop.create_future()
        self._began = self._loop.time()
        self._transport.write(request)
        self._alarm.set_at(self._began + min(self._patience.read, self._patience.total), self._late)
        return waiting

    def _late(self) -> None:
        self._fail("no answer in time")

    def _fail(self, why: str, cause: BaseException | None = None) -> None:
        self._kept_alive = False
        waiting = self._over()
        if waiting is not None and not waiting.done():
            broken = Broken(why)
            broken.__cause__ = cause
            waiting.set_exception(broken)

    def _over(self) -> "asyncio.Future[Answer] | None":
        """Nothing is asked any more; who waited for it."""
        waiting, self._waiting = self._waiting, None
        self._alarm.clear()
        return waiting

    # --- asyncio's and httptools' calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The line is there."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are none by inheritance

    def connection_lost(self, exc: Exception | None) -> None:
        """The line is gone."""
        self._alarm.stop()
        self._fail("the line was cut", exc)
        self.gone.set()

    def data_received(self, data: bytes) -> None:
        """A piece of the answer."""
        if self._waiting is None:
            self.cut()  # Nothing was asked.
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail("not HTTP", error)
        if self._waiting is not None:
            left = self._began + self._patience.total - self._loop.time()
            self._alarm.set(min(self._patience.read, left), self._late)

    def on_message_begin(self) -> None:
        """An answer begins. One that nobody asked for is the last of the line."""
        self._answer = Answer()
        self._kept_alive = self._waiting is not None

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        self._answer.fields.append((name, value))

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._answer.body += body
        if len(self._answer.body) > MOST_BYTES:
            self._fail("the answer is too long")

    def on_message_complete(self) -> None:
        """The answer is whole; 100 to 199 only announce it."""
        self._answer.status = self._parser.get_status_code()
        waiting = self._over() if self._answer.status >= 200 else None
        if waiting is None:
            return
        self._kept_alive = self._parser.should_keep_alive()
        self._used = self._loop.time()
        if not waiting.done():
            waiting.set_result(self._answer)


def _read(url: str) -> tuple[Place, str]:
    scheme, _, rest = url.partition("://")
    authority, _, target = rest.partition("/")
    return _place(scheme, authority), f"/{target}"


@lru_cache(maxsize=16)
def _place(scheme: str, authority: str) -> Place:
    parts = urlsplit(f"{scheme}://{authority}")
    secure = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    name = f"[{host}]" if ":" in host else host
    return Place(host, port, secure, name if port in {80, 443} else f"{name}:{port}")
