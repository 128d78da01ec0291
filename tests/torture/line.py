"""One Socket.IO connection to `/chat`, lean enough for hundreds: Engine.IO 4 on aiohttp's websocket."""

import asyncio
import itertools
import json
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import aiohttp

Payload = Any
Hear = Callable[[str, Payload], None]
Answered = Callable[[Payload], None]

_SPACE = "/chat,"
_sockets = itertools.count(1)


def _nothing(_answer: Payload) -> None:
    """Nobody wants to know at once."""


class Cut(Exception):
    """The connection is gone; what was asked may have been granted or not."""


class Unwelcome(Exception):
    """The server does not want this connection; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Line:
    """An open connection. Every line has a `number` of its own, and an `id` that the server gave it."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse, *, hear: Hear) -> None:
        self.number = next(_sockets)
        self.gone = asyncio.Event()
        self.id = ""
        self._websocket = websocket
        self._hear = hear
        self._asks: dict[int, tuple[asyncio.Future[Payload], Answered]] = {}
        self._numbers = itertools.count()
        self._reader: asyncio.Task[None] | None = None

    async def greet(self, auth: Mapping[str, object]) -> None:
        """Connect to the namespace. Raises `Unwelcome` or `Cut`."""
        self.id = str(_body((await self._receive())[1:])["sid"])
        await self._send("40" + _SPACE + json.dumps(auth))
        while not (told := await self._receive()).startswith(("40", "44")):
            await self._engine(told)
        if told.startswith("44"):
            raise Unwelcome(str((_body(told[2:]).get("data") or {}).get("code")))
        self._reader = asyncio.create_task(self._read())

    async def ask(self, name: str, payload: object, *, within: float, answered: Answered = _nothing) -> Payload:
        """Ask, and wait for the answer. Raises `Cut` or `TimeoutError`.

        `answered` gets the answer before any later news is heard, as a browser's acknowledgement does.
        """
        number = next(self._numbers)
        answer = asyncio.get_running_loop().create_future()
        self._asks[number] = (answer, answered)
        try:
            await self._send(f"42{_SPACE}{number}{json.dumps([name, payload])}")
            return await asyncio.wait_for(answer, within)
        finally:
            self._asks.pop(number, None)

    async def emit(self, name: str, payload: object) -> None:
        """Ask without wanting an answer."""
        await self._send(f"42{_SPACE}{json.dumps([name, payload])}")

    def cut(self) -> None:
        """Break the connection off, without a word."""
        connection = self._websocket.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as same:
                same.shutdown(socket.SHUT_RDWR)
        if self._reader is None or self._reader.done():
            self._end()

    def read_no_more(self) -> None:
        """From now on take nothing from the wire, as a page whose network stalls; its system keeps little of it."""
        connection = self._websocket.get_extra_info("socket")
        if connection is not None:
            with socket.socket(fileno=os.dup(connection.fileno())) as same:
                same.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        if self._reader is not None:
            self._reader.cancel()

    async def close(self) -> None:
        """Leave politely, and end the reader."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        with suppress(Exception):
            await asyncio.wait_for(self._websocket.close(), 2)
        self._end()

    async def _read(self) -> None:
        try:
            while True:
                await self._engine(await self._receive())
        except Cut:
            self._end()

    async def _engine(self, packet: str) -> None:
        match packet[:2]:
            case "42":
                name, payload = _listed(packet[2:])[1]
                self._hear(name, payload)
            case "43":
                number, answer = _listed(packet[2:])
                future, answered = self._asks.pop(-1 if number is None else number, (None, _nothing))
                if future is not None and not future.done():
                    answered(answer[0])
                    future.set_result(answer[0])
            case "41":
                raise Cut
            case _ if packet.startswith("2"):
                await self._send("3" + packet[1:])
            case _ if packet.startswith("1"):
                raise Cut

    async def _receive(self) -> str:
        message = await self._websocket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise Cut
        return str(message.data)

    async def _send(self, packet: str) -> None:
        try:
            await self._websocket.send_str(packet)
        except (ConnectionError, RuntimeError, aiohttp.ClientError) as error:
            raise Cut from error

    def _end(self) -> None:
        self.gone.set()
        for answer, _ in self._asks.values():
            if not answer.done():
                answer.set_exception(Cut())


async def dial(http: aiohttp.ClientSession, url: str, *, auth: Mapping[str, object], hear: Hear) -> Line:
    """A line to the server. Raises `Cut` when there is none to be had, or `Unwelcome`."""
    try:
        async with asyncio.timeout(10):
            websocket = await http.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket", max_msg_size=0)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Cut from error
    line = Line(websocket, hear=hear)
    try:
        async with asyncio.timeout(10):
            await line.greet(auth)
    except (Cut, TimeoutError) as error:
        await line.close()
        raise Cut from error
    except BaseException:
        await line.close()
        raise
    return line


def _body(packet: str) -> Payload:
    return json.loads(packet.removeprefix(_SPACE))


def _listed(packet: str) -> tuple[int | None, list[Payload]]:
    """An event or an answer: its number, if any, and its list."""
    rest = packet.removeprefix(_SPACE)
    start = rest.index("[")
    return (int(rest[:start]) if start else None), json.loads(rest[start:])
